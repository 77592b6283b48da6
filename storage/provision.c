/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * provision.c - UNMAP, WRITE SAME, COMPARE AND WRITE (SBC-4). The ranges of an UNMAP stay in the
 * copy of its parameter list, checked here once and read from there by whoever unmaps. Pure.
 */
#include "storage/rw.h"

#define UNMAP_HEADER 8
#define UNMAP_RANGE 16

void provision_unmap(struct scsi_call *call)
{
	uint32_t len = bytes_get16(call->cdb + 7);

	if (call->cdb[1] & 0x01) /* ANCHOR: not supported (LBP VPD page: ANC_SUP) */
		scsi_bad_cdb(call, 1, 0);
	else if (!len)
		scsi_good(call);
	else if (len < UNMAP_HEADER)
		scsi_short_parameters(call);
	else
		scsi_want_parameters(call, len);
}

void scsi_unmap_get(const uint8_t *params, uint32_t i, uint64_t *lba, uint64_t *blocks)
{
	const uint8_t *range = params + UNMAP_HEADER + i * UNMAP_RANGE;

	*lba = bytes_get64(range);
	*blocks = bytes_get32(range + 8);
}

/* True: all ranges are on the medium and together not too long. An empty one may be at its end. */
static bool ranges_fit(struct scsi_call *call, const uint8_t *params, uint32_t count)
{
	const struct scsi_lun_config *config = &call->lun->config;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t lba, blocks;

		scsi_unmap_get(params, i, &lba, &blocks);
		if (lba > config->blocks || blocks > config->blocks - lba) {
			scsi_fail(call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x21, 0x00));
			return false;
		}
		sum += blocks; /* at most 256 times 2^32 */
		if (sum > config->max_unmap_blocks) {
			scsi_bad_parameter(
				call, UNMAP_HEADER + i * UNMAP_RANGE + 8, SCSI_WHOLE_BYTE);
			return false;
		}
	}
	return true;
}

void provision_unmap_list(struct scsi_call *call, const uint8_t *params, uint32_t len)
{
	uint32_t listed = len >= UNMAP_HEADER ? bytes_get16(params + 2) : 0;

	if (len < UNMAP_HEADER || listed > len - UNMAP_HEADER) {
		scsi_short_parameters(call);
		return;
	}
	/* SBC-4: a length that is not a multiple of 16 leaves the last, partial range out */
	listed /= UNMAP_RANGE;
	if (!ranges_fit(call, params, listed))
		return;
	if (!listed) {
		scsi_good(call);
		return;
	}
	call->request->unmap_count = listed;
	call->request->plan = SCSI_UNMAP;
}

/* Bits of WRITE SAME's byte 1. */
enum { WRITE_SAME_NDOB = 0x01, WRITE_SAME_UNMAP = 0x08, WRITE_SAME_ANCHOR = 0x10 };

void provision_write_same(struct scsi_call *call)
{
	const struct scsi_lun_config *config = &call->lun->config;
	struct scsi_request *request = call->request;
	uint8_t bits = call->cdb[1];

	rw_fetch(call);
	request->dpo = false;
	request->unmap = bits & WRITE_SAME_UNMAP;
	/* NDOB is WRITE SAME(16)'s only */
	request->no_data = (bits & WRITE_SAME_NDOB) && call->opcode->cdb_len == 16;
	if (!rw_unprotected(call))
		return;
	if (bits & WRITE_SAME_ANCHOR) {
		scsi_bad_cdb(call, 1, 4);
		return;
	}
	if (request->unmap && !config->unmap) {
		scsi_bad_cdb(call, 1, 3);
		return;
	}
	if (!rw_on_medium(call))
		return;
	if (!request->blocks) { /* Block Limits VPD page: WSNZ */
		scsi_bad_cdb(call, call->opcode->cdb_len == 16 ? 10 : 7, SCSI_WHOLE_BYTE);
		return;
	}
	if (rw_within(call, config->max_write_same_blocks))
		rw_plan(call, SCSI_WRITE_SAME, 0, request->no_data ? 0 : 1);
}

void provision_compare_and_write(struct scsi_call *call)
{
	struct scsi_request *request = call->request;
	uint8_t blocks = call->cdb[13];

	request->lba = bytes_get64(call->cdb + 2);
	request->blocks = blocks;
	request->dpo = call->cdb[1] & 0x10;
	request->fua = call->cdb[1] & 0x08;
	if (!rw_unprotected(call) || !rw_on_medium(call))
		return;
	/* Block Limits VPD page: MAXIMUM COMPARE AND WRITE LENGTH */
	if (blocks > call->lun->config.max_compare_and_write_blocks)
		scsi_bad_cdb(call, 13, SCSI_WHOLE_BYTE);
	else
		rw_plan(call, SCSI_COMPARE_AND_WRITE, 0, 2 * (uint64_t)blocks);
}
