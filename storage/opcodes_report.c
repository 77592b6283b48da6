/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opcodes_report.c - REPORT SUPPORTED OPERATION CODES and TASK MANAGEMENT FUNCTIONS (SPC-5), out of
 * the same table that decodes. Pure.
 */
#include "storage/opcodes.h"

enum { ALL = 0, CODE_ONLY = 1, WITH_ACTION = 2, ANY = 3 }; /* REPORTING OPTIONS */
#define CTDP 0x02 /* a command timeouts descriptor is present */

/* Command timeouts descriptor: no timeouts are told (SPC-5, Command timeouts descriptor). */
static void no_timeouts(struct bytes_out *out)
{
	bytes_16(out, 10);
	bytes_zero(out, 10);
}

static void describe(struct bytes_out *out, const struct opcode *row, bool timeouts)
{
	bool action = row->flags & OPCODE_ACTION;

	bytes_8(out, row->code);
	bytes_8(out, 0);
	bytes_16(out, action ? row->action : 0);
	bytes_8(out, 0);
	bytes_8(out, (uint8_t)((timeouts ? CTDP : 0) | action)); /* SERVACTV */
	bytes_16(out, row->cdb_len);
	if (timeouts)
		no_timeouts(out);
}

static void report_all(struct scsi_call *call, bool timeouts, struct bytes_out *out)
{
	bytes_32(out, 0); /* COMMAND DATA LENGTH */
	for (unsigned i = 0; i < opcode_count; i++)
		if (opcode_supported(call, &opcode_table[i]))
			describe(out, &opcode_table[i], timeouts);
	bytes_patch_len(out, 0, 4);
}

static void report_one(const struct opcode *row, bool timeouts, struct bytes_out *out)
{
	bytes_8(out, 0);
	/* SUPPORT: 011b as the standard has it, 001b not supported */
	bytes_8(out, (uint8_t)((row && timeouts ? 0x80 : 0) | (row ? 3 : 1)));
	bytes_16(out, row ? row->cdb_len : 0);
	if (!row)
		return;
	bytes_copy(out, row->usage, row->cdb_len);
	if (timeouts)
		no_timeouts(out);
}

void opcodes_report(struct scsi_call *call)
{
	const uint8_t *cdb = call->cdb;
	unsigned options = cdb[2] & 0x07, action = bytes_get16(cdb + 4);
	bool timeouts = cdb[2] & 0x80; /* RCTD */
	const struct opcode *row = opcode_first(cdb[3]);
	bool has_actions = row && (row->flags & OPCODE_ACTION);
	struct bytes_out out;

	if (options > ANY) {
		scsi_bad_cdb(call, 2, 2);
		return;
	}
	/* SPC-5: to ask for a service action of a command that has none, or for none of one that
	 * has, is an error; ANY does neither */
	if ((options == CODE_ONLY && has_actions) ||
		(options == WITH_ACTION && row && !has_actions)) {
		scsi_bad_cdb(call, 2, 2);
		return;
	}
	if (has_actions)
		row = action <= 0x1F ? opcode_get(cdb[3], (uint8_t)action) : NULL;
	else if (options == ANY && action)
		row = NULL;
	if (row && !opcode_supported(call, row))
		row = NULL;
	scsi_data_start(call, &out);
	if (options == ALL)
		report_all(call, timeouts, &out);
	else
		report_one(row, timeouts, &out);
	scsi_data_end(call, &out, bytes_get32(cdb + 6));
}

void opcodes_report_tmf(struct scsi_call *call)
{
	bool extended = call->cdb[2] & 0x80; /* REPD */
	struct bytes_out out;

	scsi_data_start(call, &out);
	/* what virtio 1.2 5.6.6.2 has, but for CLEAR ACA: ATS, ATSS, CTSS, LURS, QTS; QTSS, ITNRS
	 */
	bytes_8(&out, 0x80 | 0x40 | 0x10 | 0x08 | 0x04);
	bytes_8(&out, 0x02 | 0x01);
	bytes_8(&out, 0);
	bytes_8(&out, extended ? 12 : 0);
	if (extended)
		bytes_zero(&out, 12); /* no timeouts are told */
	scsi_data_end(call, &out, bytes_get32(call->cdb + 6));
}
