/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.c - how a command ends: status, sense data, data-in, residual. Each way sets all of them.
 * Pure; nothing but the request is written.
 */
#include <assert.h>
#include <string.h>

#include "storage/scsi_private.h"

/* What of the client's buffers was not used, in both directions together (virtio 1.2 5.6.6.1:
 * residual); a command moves data in one only. */
static void set_residual(struct scsi_request *request, uint32_t in_used, uint32_t out_used)
{
	uint64_t left = (uint64_t)request->in_offered - in_used + request->out_offered - out_used;

	request->residual = left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

void scsi_status(struct scsi_request *request, enum scsi_status status)
{
	request->plan = SCSI_ANSWERED;
	request->status = status;
	request->sense_len = 0;
	request->data_len = 0;
	set_residual(request, 0, 0);
}

void scsi_good(struct scsi_call *call)
{
	struct scsi_request *request = call->request;

	scsi_status(request, SCSI_GOOD);
	set_residual(request, 0, request->out_len);
}

void scsi_check(struct scsi_request *request, const struct sense *sense)
{
	scsi_status(request, SCSI_CHECK_CONDITION);
	request->sense_len = sense_encode(sense, request->descriptor_sense, request->sense);
}

void scsi_fail(struct scsi_call *call, enum sense_key key, uint16_t code)
{
	const struct sense sense = {.key = (uint8_t)key, .code = code};

	scsi_check(call->request, &sense);
}

static void bad_field(struct scsi_call *call, bool parameters, unsigned byte, unsigned bit)
{
	const struct sense sense = {
		.key = SENSE_ILLEGAL_REQUEST,
		.code = parameters ? SENSE_CODE(0x26, 0x00) : SENSE_CODE(0x24, 0x00),
		.has_field = true,
		.in_parameters = parameters,
		.bit = (uint8_t)bit,
		.field = (uint16_t)byte,
	};

	scsi_check(call->request, &sense);
}

void scsi_bad_cdb(struct scsi_call *call, unsigned byte, unsigned bit)
{
	bad_field(call, false, byte, bit);
}

void scsi_bad_parameter(struct scsi_call *call, unsigned byte, unsigned bit)
{
	bad_field(call, true, byte, bit);
}

void scsi_short_parameters(struct scsi_call *call)
{
	scsi_fail(call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x1A, 0x00));
}

void scsi_data_start(struct scsi_call *call, struct bytes_out *out)
{
	*out = (struct bytes_out){.to = call->request->data, .room = SCSI_DATA_MAX};
}

void scsi_data_end(struct scsi_call *call, const struct bytes_out *out, uint32_t allocation_len)
{
	struct scsi_request *request = call->request;
	uint32_t len = allocation_len;

	assert(out->len <= SCSI_DATA_MAX); /* tables and limits keep it below */
	if (len > out->len)
		len = (uint32_t)out->len;
	if (len > request->in_offered)
		len = request->in_offered;
	scsi_status(request, SCSI_GOOD);
	request->in_len = request->data_len = len;
	set_residual(request, len, 0);
}

void scsi_want_parameters(struct scsi_call *call, uint32_t len)
{
	struct scsi_request *request = call->request;

	if (len > SCSI_PARAMETERS_MAX) {
		scsi_short_parameters(call);
	} else if (len > request->out_offered) {
		request->plan = SCSI_OVERRUN;
	} else {
		request->plan = SCSI_PARAMETERS;
		request->out_len = len;
	}
}

/* I/O results: the sense data of each (SPC-5, ASC and ASCQ assignments). */
static const struct outcome {
	uint8_t status, key;
	uint16_t code;
	bool where;
} outcomes[SCSI_IOS] = {
	[SCSI_IO_DONE] = {SCSI_GOOD, 0, 0, false},
	[SCSI_IO_MISCOMPARE] = {SCSI_CHECK_CONDITION, SENSE_MISCOMPARE, SENSE_CODE(0x1D, 0x00),
		true},
	[SCSI_IO_READ_ERROR] = {SCSI_CHECK_CONDITION, SENSE_MEDIUM_ERROR, SENSE_CODE(0x11, 0x00),
		true},
	[SCSI_IO_WRITE_ERROR] = {SCSI_CHECK_CONDITION, SENSE_MEDIUM_ERROR, SENSE_CODE(0x0C, 0x00),
		true},
	/* SPACE ALLOCATION FAILED WRITE PROTECT */
	[SCSI_IO_NO_SPACE] = {SCSI_CHECK_CONDITION, SENSE_DATA_PROTECT, SENSE_CODE(0x27, 0x07),
		false},
	[SCSI_IO_PROTECTED] = {SCSI_CHECK_CONDITION, SENSE_DATA_PROTECT, SENSE_CODE(0x27, 0x00),
		false},
	/* LOGICAL UNIT COMMUNICATION FAILURE */
	[SCSI_IO_GONE] = {SCSI_CHECK_CONDITION, SENSE_HARDWARE_ERROR, SENSE_CODE(0x08, 0x00),
		false},
	[SCSI_IO_ABORTED] = {SCSI_CHECK_CONDITION, SENSE_ABORTED_COMMAND, SENSE_CODE(0x00, 0x00),
		false},
	[SCSI_IO_BUSY] = {SCSI_BUSY, 0, 0, false},
};

void scsi_complete(struct scsi_request *request, enum scsi_io result, uint64_t where)
{
	const struct outcome *outcome = &outcomes[result];
	const struct sense sense = {
		.key = outcome->key,
		.code = outcome->code,
		.has_information = outcome->where,
		.information = where,
	};

	assert(result < SCSI_IOS);
	if (outcome->status == SCSI_CHECK_CONDITION)
		scsi_check(request, &sense);
	else
		scsi_status(request, outcome->status);
	if (result == SCSI_IO_DONE)
		set_residual(request, request->in_len, request->out_len);
}
