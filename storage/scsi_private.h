/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi_private.h - what the families of commands share: a call in progress, how it ends, how its
 * data are written. Pure. Not for users of scsi.h.
 */
#ifndef VIOS_STORAGE_SCSI_PRIVATE_H
#define VIOS_STORAGE_SCSI_PRIVATE_H

#include "storage/bytes.h"
#include "storage/scsi.h"

/* One command while it is decoded. */
struct scsi_call {
	struct scsi_target *target;
	struct scsi_lun *lun; /* NULL: none at this address, or the well known one */
	struct scsi_request *request;
	const uint8_t *cdb;
	const struct opcode *opcode;
	bool well_known; /* addressed to the REPORT LUNS well known logical unit */
	unsigned number; /* LUN, if not well_known */
};

/* How a call ends. Each sets plan ANSWERED, status, sense and residual. */
void scsi_good(struct scsi_call *call);
void scsi_status(struct scsi_request *request, enum scsi_status status);
void scsi_check(struct scsi_request *request, const struct sense *sense);
void scsi_fail(struct scsi_call *call, enum sense_key key, uint16_t code);
/* INVALID FIELD IN CDB, pointing at cdb[byte] (bit: 0 to 7, SCSI_WHOLE_BYTE). */
void scsi_bad_cdb(struct scsi_call *call, unsigned byte, unsigned bit);
/* INVALID FIELD IN PARAMETER LIST. */
void scsi_bad_parameter(struct scsi_call *call, unsigned byte, unsigned bit);
void scsi_short_parameters(struct scsi_call *call); /* PARAMETER LIST LENGTH ERROR */
#define SCSI_WHOLE_BYTE 8

/* Data-in of a call: bytes are appended; what exceeds the room is counted only. */
void scsi_data_start(struct scsi_call *call, struct bytes_out *out);
/* Ends the call GOOD with at most allocation_len of what was written. */
void scsi_data_end(struct scsi_call *call, const struct bytes_out *out, uint32_t allocation_len);

/* The call needs len bytes of data-out first; true if the plan is now PARAMETERS. len 0 is the
 * family's business. */
void scsi_want_parameters(struct scsi_call *call, uint32_t len);

/* Families: one function per command; those with parameters have a second one. */
typedef void scsi_handler(struct scsi_call *call);
typedef void scsi_parameter_handler(struct scsi_call *call, const uint8_t *params, uint32_t len);
#define HANDLER(name) void name(struct scsi_call *call)
#define PARAMETERS(name) void name(struct scsi_call *call, const uint8_t *params, uint32_t len)

HANDLER(inquiry_command);
HANDLER(inquiry_test_unit_ready);
HANDLER(inquiry_request_sense);
HANDLER(inquiry_report_luns);
/* PERIPHERAL QUALIFIER and DEVICE TYPE of whom is addressed. */
uint8_t inquiry_peripheral(const struct scsi_call *call);
void vpd_page(struct scsi_call *call, uint8_t page, uint32_t allocation_len);
HANDLER(capacity_read_10);
HANDLER(capacity_read_16);
/* The values that nobody has changed yet. */
void modes_factory(struct scsi_mode_values *values);
HANDLER(modes_sense);
HANDLER(modes_select);
PARAMETERS(modes_select_list);
HANDLER(opcodes_report);
HANDLER(opcodes_report_tmf);
HANDLER(rw_read);
HANDLER(rw_write);
HANDLER(rw_write_verify);
HANDLER(rw_verify);
HANDLER(rw_orwrite);
HANDLER(rw_prefetch);
HANDLER(rw_synchronize);
HANDLER(provision_unmap);
PARAMETERS(provision_unmap_list);
HANDLER(provision_write_same);
HANDLER(provision_compare_and_write);
HANDLER(medium_start_stop);
HANDLER(medium_prevent_allow);
HANDLER(alua_report);
HANDLER(alua_set);
PARAMETERS(alua_set_list);
HANDLER(pr_in);
HANDLER(pr_out);
PARAMETERS(pr_out_list);
HANDLER(pr_spc2);
HANDLER(optical_configuration);
HANDLER(optical_event_status);
HANDLER(optical_read_toc);
HANDLER(optical_disc_information);
HANDLER(optical_mechanism_status);

#endif
