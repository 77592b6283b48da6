/* SPDX-License-Identifier: BSD-3-Clause */
/* opcodes.h - the table of commands: all that is known of each before it is decoded. Pure. */
#ifndef VIOS_STORAGE_OPCODES_H
#define VIOS_STORAGE_OPCODES_H

#include "storage/scsi_private.h"

#define OPCODE_CDB_MAX 16
#define OPCODE_NO_ACTION 0xFF /* the operation code is the command */

enum opcode_flags {
	/* which logical units have it */
	OPCODE_DISK = 0x001,
	OPCODE_OPTICAL = 0x002,
	OPCODE_WELL_KNOWN = 0x004, /* the REPORT LUNS well known logical unit */
	OPCODE_NO_LUN = 0x008,	   /* answered although there is none */
	/* when it is executed */
	OPCODE_UNATTENDED = 0x010, /* while a unit attention is pending, which it leaves alone */
	OPCODE_STANDBY = 0x020,	   /* in these ALUA states; any in the active ones */
	OPCODE_UNAVAILABLE = 0x040,
	OPCODE_TRANSITIONING = 0x080,
	OPCODE_READY = 0x100,	 /* only with a medium */
	OPCODE_MODIFIES = 0x200, /* not on a protected medium */
	/* where a service action is in the CDB */
	OPCODE_ACTION = 0x400, /* byte 1, bits 4 to 0 */
};

struct opcode {
	uint8_t code;
	uint8_t action; /* OPCODE_NO_ACTION, or with OPCODE_ACTION its number */
	uint8_t cdb_len;
	uint16_t flags;
	enum reservation_class class; /* PREVENT ALLOW, START STOP UNIT: opcode_class() */
	scsi_handler *decode;
	scsi_parameter_handler *parameters;
	/* CDB USAGE DATA (SPC-5, REPORT SUPPORTED OPERATION CODES): 1 for each bit that is read */
	uint8_t usage[OPCODE_CDB_MAX];
};

extern const struct opcode opcode_table[]; /* in the order of code, action */
extern const unsigned opcode_count;

/* NULL: no such command. */
const struct opcode *opcode_get(uint8_t code, uint8_t action);
const struct opcode *opcode_of_cdb(const uint8_t *cdb);
/* The first row with this code, NULL: none. */
const struct opcode *opcode_first(uint8_t code);
/* Does this call's logical unit have it? */
bool opcode_supported(const struct scsi_call *call, const struct opcode *opcode);
/* The class of one CDB: that of its row, but for those where a field decides. */
enum reservation_class opcode_class(const struct opcode *opcode, const uint8_t *cdb);

#endif
