/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rw.c - the commands that move or check blocks (SBC-4: READ, WRITE, WRITE AND VERIFY, VERIFY,
 * ORWRITE, PRE-FETCH, SYNCHRONIZE CACHE, of 6 to 16 bytes). A plan never leaves the medium and
 * never moves more than the client's buffers hold. Pure.
 */
#include "storage/rw.h"

/* Where the number of blocks is in a CDB of that length: for the field pointer. */
static unsigned blocks_byte(unsigned cdb_len)
{
	switch (cdb_len) {
	case 6:
		return 4;
	case 10:
		return 7;
	case 12:
		return 6;
	default:
		return 10;
	}
}

void rw_fetch(struct scsi_call *call)
{
	const uint8_t *cdb = call->cdb;
	struct scsi_request *request = call->request;

	switch (call->opcode->cdb_len) {
	case 6:
		request->lba = bytes_get24(cdb + 1) & 0x1FFFFF;
		request->blocks = cdb[4] ? cdb[4] : 256;
		return; /* has no more fields */
	case 10:
		request->lba = bytes_get32(cdb + 2);
		request->blocks = bytes_get16(cdb + 7);
		break;
	case 12:
		request->lba = bytes_get32(cdb + 2);
		request->blocks = bytes_get32(cdb + 6);
		break;
	default:
		request->lba = bytes_get64(cdb + 2);
		request->blocks = bytes_get32(cdb + 10);
	}
	request->dpo = cdb[1] & 0x10;
}

bool rw_unprotected(struct scsi_call *call)
{
	if (!(call->cdb[1] & 0xE0))
		return true;
	scsi_bad_cdb(call, 1, 7); /* RDPROTECT, WRPROTECT, VRPROTECT, ORPROTECT: type 0 only */
	return false;
}

/* lba is on the medium even if no block is asked for. */
bool rw_on_medium(struct scsi_call *call)
{
	const uint64_t capacity = call->lun->config.blocks;
	const struct scsi_request *request = call->request;

	if (request->lba < capacity && request->blocks <= capacity - request->lba)
		return true;
	scsi_fail(call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x21, 0x00));
	return false;
}

bool rw_within(struct scsi_call *call, uint32_t limit)
{
	if (call->request->blocks <= limit)
		return true;
	/* SBC-4, Block Limits VPD page: MAXIMUM TRANSFER LENGTH */
	scsi_bad_cdb(call, blocks_byte(call->opcode->cdb_len), SCSI_WHOLE_BYTE);
	return false;
}

void rw_plan(struct scsi_call *call, enum scsi_plan plan, uint64_t in_blocks, uint64_t out_blocks)
{
	struct scsi_request *request = call->request;
	/* no overflow: the limits of a transfer hold already, and are of 32 bits */
	uint64_t in_len = in_blocks * call->lun->config.block_len;
	uint64_t out_len = out_blocks * call->lun->config.block_len;

	if (in_len > request->in_offered || out_len > request->out_offered) {
		request->plan = SCSI_OVERRUN;
		return;
	}
	request->in_len = (uint32_t)in_len;
	request->out_len = (uint32_t)out_len;
	request->plan = plan;
}

/* What READ, WRITE and ORWRITE have in common, and WRITE AND VERIFY but for its FUA. */
static bool transfer(struct scsi_call *call)
{
	rw_fetch(call);
	if (call->opcode->cdb_len > 6) {
		call->request->fua = call->cdb[1] & 0x08;
		if (!rw_unprotected(call))
			return false;
	}
	return rw_on_medium(call) && rw_within(call, call->lun->config.max_transfer_blocks);
}

void rw_read(struct scsi_call *call)
{
	if (transfer(call))
		rw_plan(call, SCSI_READ, call->request->blocks, 0);
}

void rw_write(struct scsi_call *call)
{
	if (transfer(call))
		rw_plan(call, SCSI_WRITE, 0, call->request->blocks);
}

void rw_orwrite(struct scsi_call *call)
{
	if (transfer(call))
		rw_plan(call, SCSI_ORWRITE, 0, call->request->blocks);
}

void rw_write_verify(struct scsi_call *call)
{
	unsigned bytchk = call->cdb[1] >> 1 & 3;

	if (!transfer(call))
		return;
	call->request->fua = true; /* what is verified is on the medium */
	if (bytchk > 1) {
		scsi_bad_cdb(call, 1, 2);
		return;
	}
	call->request->bytchk = bytchk;
	rw_plan(call, SCSI_WRITE_VERIFY, 0, call->request->blocks);
}

void rw_verify(struct scsi_call *call)
{
	struct scsi_request *request = call->request;
	unsigned bytchk = call->cdb[1] >> 1 & 3;

	rw_fetch(call);
	if (!rw_unprotected(call))
		return;
	if (bytchk == 2) {
		scsi_bad_cdb(call, 1, 2);
		return;
	}
	if (!rw_on_medium(call) || !rw_within(call, call->lun->config.max_transfer_blocks))
		return;
	request->bytchk = bytchk;
	request->one_block = bytchk == 3;
	rw_plan(call, SCSI_VERIFY, 0,
		bytchk == 1   ? request->blocks
		: bytchk == 3 ? request->blocks > 0
			      : 0);
}

/* PRE-FETCH, SYNCHRONIZE CACHE: no blocks means all from lba on. */
static bool rest_of_medium(struct scsi_call *call)
{
	struct scsi_request *request = call->request;

	rw_fetch(call);
	request->dpo = false;
	request->immediate = call->cdb[1] & 0x02;
	if (!rw_on_medium(call))
		return false;
	if (!request->blocks)
		request->blocks = call->lun->config.blocks - request->lba;
	return true;
}

void rw_prefetch(struct scsi_call *call)
{
	if (rest_of_medium(call))
		rw_plan(call, SCSI_PREFETCH, 0, 0);
}

void rw_synchronize(struct scsi_call *call)
{
	if (rest_of_medium(call))
		rw_plan(call, SCSI_FLUSH, 0, 0);
}
