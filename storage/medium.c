/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * medium.c - START STOP UNIT (SBC-4, MMC-6) and PREVENT ALLOW MEDIUM REMOVAL (SPC-5). A virtual
 * disk has no spindle: a stop writes its cache back, and it stays ready. Pure.
 */
#include "storage/scsi_private.h"

enum { START = 0x01, LOEJ = 0x02, NO_FLUSH = 0x04 };

static void disk(struct scsi_call *call, uint8_t bits)
{
	if (bits & LOEJ) { /* nothing to load */
		scsi_bad_cdb(call, 4, 1);
	} else if ((bits & START) || (bits & NO_FLUSH)) {
		scsi_good(call);
	} else {
		call->request->blocks = call->lun->config.blocks;
		call->request->plan = SCSI_FLUSH;
	}
}

static void drive(struct scsi_call *call, uint8_t bits)
{
	if (!(bits & LOEJ)) {
		scsi_good(call);
	} else if (bits & START) {
		call->request->plan = SCSI_LOAD;
	} else if (call->lun->removal_prevented) {
		/* MEDIUM REMOVAL PREVENTED */
		scsi_fail(call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x53, 0x02));
	} else {
		call->request->plan = SCSI_EJECT;
	}
}

void medium_start_stop(struct scsi_call *call)
{
	uint8_t bits = call->cdb[4];

	call->request->immediate = call->cdb[1] & 0x01;
	if (bits & 0xF0) /* POWER CONDITION: there are none */
		scsi_bad_cdb(call, 4, 7);
	else if (call->lun->config.type == SCSI_OPTICAL)
		drive(call, bits);
	else
		disk(call, bits);
}

void medium_prevent_allow(struct scsi_call *call)
{
	if (call->lun->config.type == SCSI_OPTICAL)
		call->lun->removal_prevented = call->cdb[4] & 0x01;
	scsi_good(call);
}
