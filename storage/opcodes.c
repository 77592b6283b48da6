/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opcodes.c - the table of commands, and looking up in it. Classes are from the tables "Commands
 * that are allowed in the presence of various reservations" of SPC-5, SBC-4 and MMC-6, and of
 * SPC-2 for those that only RESERVE stops; states from SPC-5, Target port group access states.
 * Pure.
 */
#include "storage/opcodes.h"

#define DISK OPCODE_DISK
#define BOTH (OPCODE_DISK | OPCODE_OPTICAL)
#define OPTICAL OPCODE_OPTICAL
#define ALWAYS (OPCODE_STANDBY | OPCODE_UNAVAILABLE | OPCODE_TRANSITIONING)
#define STANDBY OPCODE_STANDBY
#define FREE OPCODE_UNATTENDED
#define READY OPCODE_READY
#define CHANGES (OPCODE_READY | OPCODE_MODIFIES)
#define SA OPCODE_ACTION
#define NONE OPCODE_NO_ACTION
#define EVERYONE (BOTH | OPCODE_WELL_KNOWN | OPCODE_NO_LUN | FREE | ALWAYS)

#define PASSES RESERVATION_PASSES
#define PASSES_PR RESERVATION_PASSES_PR
#define READS RESERVATION_READS
#define WRITES RESERVATION_WRITES
#define PR_ITSELF RESERVATION_PR_ITSELF
#define SPC2_ITSELF RESERVATION_SPC2_ITSELF

/* clang-format off */
#define LBA4 255, 255, 255, 255
#define LBA8 LBA4, LBA4
#define CONTROL 0x04 /* NACA */

const struct opcode opcode_table[] = {
	/* TEST UNIT READY */
	{0x00, NONE, 6, BOTH | READY | OPCODE_WELL_KNOWN, PASSES_PR, inquiry_test_unit_ready, NULL,
		{0x00, 0, 0, 0, 0, CONTROL}},
	/* REQUEST SENSE */
	{0x03, NONE, 6, EVERYONE, PASSES, inquiry_request_sense, NULL,
		{0x03, 0x01, 0, 0, 255, CONTROL}},
	/* READ(6) */
	{0x08, NONE, 6, BOTH | READY, READS, rw_read, NULL, {0x08, 0x1F, 255, 255, 255, CONTROL}},
	/* WRITE(6) */
	{0x0A, NONE, 6, DISK | CHANGES, WRITES, rw_write, NULL, {0x0A, 0x1F, 255, 255, 255, CONTROL}},
	/* INQUIRY */
	{0x12, NONE, 6, EVERYONE, PASSES, inquiry_command, NULL,
		{0x12, 0x01, 255, 255, 255, CONTROL}},
	/* MODE SELECT(6) */
	{0x15, NONE, 6, BOTH | STANDBY, WRITES, modes_select, modes_select_list,
		{0x15, 0x11, 0, 0, 255, CONTROL}},
	/* RESERVE(6), RELEASE(6) */
	{0x16, NONE, 6, DISK, SPC2_ITSELF, pr_spc2, NULL, {0x16, 0x1F, 0, 0, 0, CONTROL}},
	{0x17, NONE, 6, DISK, SPC2_ITSELF, pr_spc2, NULL, {0x17, 0x1F, 0, 0, 0, CONTROL}},
	/* MODE SENSE(6) */
	{0x1A, NONE, 6, BOTH | STANDBY, READS, modes_sense, NULL,
		{0x1A, 0x08, 255, 255, 255, CONTROL}},
	/* START STOP UNIT: opcode_class() */
	{0x1B, NONE, 6, BOTH, WRITES, medium_start_stop, NULL,
		{0x1B, 0x01, 0, 0x0F, 0xF7, CONTROL}},
	/* PREVENT ALLOW MEDIUM REMOVAL: opcode_class() */
	{0x1E, NONE, 6, BOTH, WRITES, medium_prevent_allow, NULL, {0x1E, 0, 0, 0, 0x03, CONTROL}},
	/* READ CAPACITY(10) */
	{0x25, NONE, 10, BOTH | READY, PASSES, capacity_read_10, NULL,
		{0x25, 0, 0, 0, 0, 0, 0, 0, 0, CONTROL}},
	/* READ(10) */
	{0x28, NONE, 10, BOTH | READY, READS, rw_read, NULL,
		{0x28, 0xF8, LBA4, 0, 255, 255, CONTROL}},
	/* WRITE(10) */
	{0x2A, NONE, 10, DISK | CHANGES, WRITES, rw_write, NULL,
		{0x2A, 0xF8, LBA4, 0, 255, 255, CONTROL}},
	/* WRITE AND VERIFY(10) */
	{0x2E, NONE, 10, DISK | CHANGES, WRITES, rw_write_verify, NULL,
		{0x2E, 0xF6, LBA4, 0, 255, 255, CONTROL}},
	/* VERIFY(10) */
	{0x2F, NONE, 10, BOTH | READY, READS, rw_verify, NULL,
		{0x2F, 0xF6, LBA4, 0, 255, 255, CONTROL}},
	/* PRE-FETCH(10) */
	{0x34, NONE, 10, DISK | READY, READS, rw_prefetch, NULL,
		{0x34, 0x02, LBA4, 0, 255, 255, CONTROL}},
	/* SYNCHRONIZE CACHE(10) */
	{0x35, NONE, 10, DISK | READY, WRITES, rw_synchronize, NULL,
		{0x35, 0x02, LBA4, 0, 255, 255, CONTROL}},
	/* WRITE SAME(10) */
	{0x41, NONE, 10, DISK | CHANGES, WRITES, provision_write_same, NULL,
		{0x41, 0xF8, LBA4, 0, 255, 255, CONTROL}},
	/* UNMAP */
	{0x42, NONE, 10, DISK | CHANGES, WRITES, provision_unmap, provision_unmap_list,
		{0x42, 0x01, 0, 0, 0, 0, 0, 255, 255, CONTROL}},
	/* READ TOC/PMA/ATIP */
	{0x43, NONE, 10, OPTICAL | READY, READS, optical_read_toc, NULL,
		{0x43, 0x02, 0x0F, 0, 0, 0, 255, 255, 255, CONTROL}},
	/* GET CONFIGURATION */
	{0x46, NONE, 10, OPTICAL | FREE, PASSES, optical_configuration, NULL,
		{0x46, 0x03, 255, 255, 0, 0, 0, 255, 255, CONTROL}},
	/* GET EVENT STATUS NOTIFICATION */
	{0x4A, NONE, 10, OPTICAL | FREE, PASSES, optical_event_status, NULL,
		{0x4A, 0x01, 0, 0, 255, 0, 0, 255, 255, CONTROL}},
	/* READ DISC INFORMATION */
	{0x51, NONE, 10, OPTICAL | READY, READS, optical_disc_information, NULL,
		{0x51, 0x07, 0, 0, 0, 0, 0, 255, 255, CONTROL}},
	/* MODE SELECT(10) */
	{0x55, NONE, 10, BOTH | STANDBY, WRITES, modes_select, modes_select_list,
		{0x55, 0x11, 0, 0, 0, 0, 0, 255, 255, CONTROL}},
	/* RESERVE(10), RELEASE(10) */
	{0x56, NONE, 10, DISK, SPC2_ITSELF, pr_spc2, NULL, {0x56, 0x1F, 0, 0, 0, 0, 0, 0, 0, CONTROL}},
	{0x57, NONE, 10, DISK, SPC2_ITSELF, pr_spc2, NULL, {0x57, 0x1F, 0, 0, 0, 0, 0, 0, 0, CONTROL}},
	/* MODE SENSE(10) */
	{0x5A, NONE, 10, BOTH | STANDBY, READS, modes_sense, NULL,
		{0x5A, 0x18, 255, 255, 0, 0, 0, 255, 255, CONTROL}},
	/* PERSISTENT RESERVE IN: READ KEYS, READ RESERVATION, REPORT CAPABILITIES, READ FULL STATUS */
#define PR_IN(action) {0x5E, action, 10, DISK | SA | STANDBY, PR_ITSELF, pr_in, NULL, \
		{0x5E, action, 0, 0, 0, 0, 0, 255, 255, CONTROL}}
	PR_IN(0x00), PR_IN(0x01), PR_IN(0x02), PR_IN(0x03),
	/* PERSISTENT RESERVE OUT: the actions of enum reservation_action, without REGISTER AND MOVE */
#define PR_OUT(action) {0x5F, action, 10, DISK | SA | STANDBY, PR_ITSELF, pr_out, pr_out_list, \
		{0x5F, action, 0xFF, 0, 0, 255, 255, 255, 255, CONTROL}}
	PR_OUT(0x00), PR_OUT(0x01), PR_OUT(0x02), PR_OUT(0x03),
	PR_OUT(0x04), PR_OUT(0x05), PR_OUT(0x06),
	/* READ(16) */
	{0x88, NONE, 16, BOTH | READY, READS, rw_read, NULL,
		{0x88, 0xF8, LBA8, LBA4, 0, CONTROL}},
	/* COMPARE AND WRITE */
	{0x89, NONE, 16, DISK | CHANGES, WRITES, provision_compare_and_write, NULL,
		{0x89, 0xF8, LBA8, 0, 0, 0, 255, 0, CONTROL}},
	/* WRITE(16) */
	{0x8A, NONE, 16, DISK | CHANGES, WRITES, rw_write, NULL,
		{0x8A, 0xF8, LBA8, LBA4, 0, CONTROL}},
	/* ORWRITE(16) */
	{0x8B, NONE, 16, DISK | CHANGES, WRITES, rw_orwrite, NULL,
		{0x8B, 0xF8, LBA8, LBA4, 0, CONTROL}},
	/* WRITE AND VERIFY(16) */
	{0x8E, NONE, 16, DISK | CHANGES, WRITES, rw_write_verify, NULL,
		{0x8E, 0xF6, LBA8, LBA4, 0, CONTROL}},
	/* VERIFY(16) */
	{0x8F, NONE, 16, BOTH | READY, READS, rw_verify, NULL,
		{0x8F, 0xF6, LBA8, LBA4, 0, CONTROL}},
	/* PRE-FETCH(16) */
	{0x90, NONE, 16, DISK | READY, READS, rw_prefetch, NULL,
		{0x90, 0x02, LBA8, LBA4, 0, CONTROL}},
	/* SYNCHRONIZE CACHE(16) */
	{0x91, NONE, 16, DISK | READY, WRITES, rw_synchronize, NULL,
		{0x91, 0x02, LBA8, LBA4, 0, CONTROL}},
	/* WRITE SAME(16) */
	{0x93, NONE, 16, DISK | CHANGES, WRITES, provision_write_same, NULL,
		{0x93, 0xF9, LBA8, LBA4, 0, CONTROL}},
	/* READ CAPACITY(16) */
	{0x9E, 0x10, 16, BOTH | READY | SA, PASSES, capacity_read_16, NULL,
		{0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, LBA4, 0, CONTROL}},
	/* REPORT LUNS */
	{0xA0, NONE, 12, EVERYONE, PASSES, inquiry_report_luns, NULL,
		{0xA0, 0, 255, 0, 0, 0, LBA4, 0, CONTROL}},
	/* REPORT TARGET PORT GROUPS; it tells a client the way, so a RESERVE does not stop it */
	{0xA3, 0x0A, 12, DISK | SA | ALWAYS, PASSES, alua_report, NULL,
		{0xA3, 0xEA, 0, 0, 0, 0, LBA4, 0, CONTROL}},
	/* REPORT SUPPORTED OPERATION CODES */
	{0xA3, 0x0C, 12, BOTH | SA | ALWAYS, READS, opcodes_report, NULL,
		{0xA3, 0x0C, 0x87, 255, 255, 255, LBA4, 0, CONTROL}},
	/* REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS */
	{0xA3, 0x0D, 12, BOTH | SA | ALWAYS, READS, opcodes_report_tmf, NULL,
		{0xA3, 0x0D, 0x80, 0, 0, 0, LBA4, 0, CONTROL}},
	/* SET TARGET PORT GROUPS */
	{0xA4, 0x0A, 12, DISK | SA | STANDBY | OPCODE_UNAVAILABLE, WRITES, alua_set, alua_set_list,
		{0xA4, 0x0A, 0, 0, 0, 0, LBA4, 0, CONTROL}},
	/* READ(12) */
	{0xA8, NONE, 12, BOTH | READY, READS, rw_read, NULL,
		{0xA8, 0xF8, LBA4, LBA4, 0, CONTROL}},
	/* WRITE(12) */
	{0xAA, NONE, 12, DISK | CHANGES, WRITES, rw_write, NULL,
		{0xAA, 0xF8, LBA4, LBA4, 0, CONTROL}},
	/* WRITE AND VERIFY(12) */
	{0xAE, NONE, 12, DISK | CHANGES, WRITES, rw_write_verify, NULL,
		{0xAE, 0xF6, LBA4, LBA4, 0, CONTROL}},
	/* VERIFY(12) */
	{0xAF, NONE, 12, BOTH | READY, READS, rw_verify, NULL,
		{0xAF, 0xF6, LBA4, LBA4, 0, CONTROL}},
	/* MECHANISM STATUS */
	{0xBD, NONE, 12, OPTICAL, READS, optical_mechanism_status, NULL,
		{0xBD, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, CONTROL}},
};
/* clang-format on */
const unsigned opcode_count = sizeof(opcode_table) / sizeof(opcode_table[0]);

const struct opcode *opcode_first(uint8_t code)
{
	unsigned low = 0, high = opcode_count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (opcode_table[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < opcode_count && opcode_table[low].code == code ? &opcode_table[low] : NULL;
}

const struct opcode *opcode_get(uint8_t code, uint8_t action)
{
	const struct opcode *row = opcode_first(code);

	for (; row && row < opcode_table + opcode_count && row->code == code; row++)
		if (row->action == action)
			return row;
	return NULL;
}

const struct opcode *opcode_of_cdb(const uint8_t *cdb)
{
	const struct opcode *row = opcode_first(cdb[0]);

	return row && (row->flags & OPCODE_ACTION) ? opcode_get(cdb[0], cdb[1] & 0x1F) : row;
}

bool opcode_supported(const struct scsi_call *call, const struct opcode *opcode)
{
	const struct scsi_lun_config *config;

	if (call->well_known)
		return opcode->flags & OPCODE_WELL_KNOWN;
	if (!call->lun)
		return opcode->flags & OPCODE_NO_LUN;
	config = &call->lun->config;
	if (!(opcode->flags & (config->type == SCSI_OPTICAL ? OPCODE_OPTICAL : OPCODE_DISK)))
		return false;
	if (opcode->decode == provision_unmap)
		return config->unmap;
	if (opcode->decode == provision_compare_and_write)
		return config->max_compare_and_write_blocks;
	if (opcode->decode == alua_set)
		return config->explicit_alua;
	return true;
}

enum reservation_class opcode_class(const struct opcode *opcode, const uint8_t *cdb)
{
	/* SBC-4: START STOP UNIT with START set and POWER CONDITION 0 starts only */
	if (opcode->decode == medium_start_stop && (cdb[4] & 0x01) && !(cdb[4] & 0xF0))
		return RESERVATION_PASSES;
	/* SPC-5: PREVENT ALLOW MEDIUM REMOVAL with PREVENT 0 */
	if (opcode->decode == medium_prevent_allow && !(cdb[4] & 0x03))
		return RESERVATION_PASSES;
	return opcode->class;
}
