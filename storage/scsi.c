/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi.c - the way of a command: whom it is addressed to, whether it may be executed now (SAM-6,
 * Status code precedence: unit attentions of a reset, reservations, other unit attentions, then
 * what the command itself says), then its family. Pure; the caller's storage; one thread at a time
 * per target.
 */
#include "storage/scsi.h"

#include <errno.h>
#include <string.h>

#include "storage/opcodes.h"

void scsi_target_init(struct scsi_target *target, const struct scsi_port *port)
{
	memset(target, 0, sizeof(*target));
	target->port = *port;
}

enum scsi_address scsi_address(
	const struct scsi_target *target, const uint8_t lun_address[8], unsigned *number)
{
	unsigned lun = bytes_get16(lun_address + 2);

	if (lun_address[0] == 0xC1 && lun_address[1] == 0x01)
		return SCSI_AT_WELL_KNOWN;
	if (lun_address[0] != 1 || lun_address[1] != target->port.target)
		return SCSI_AT_NO_TARGET;
	/* SAM-6: peripheral device addressing (bus 0), or flat space addressing */
	*number = lun & 0x3FFF;
	if ((lun > 0xFF && lun >> 14 != 1) || bytes_get32(lun_address + 4))
		*number = 0x3FFF; /* other methods and more levels lead to no logical unit */
	return SCSI_AT_LUN;
}

static bool attended(struct scsi_call *call, uint32_t mask)
{
	enum scsi_attention first = scsi_lun_tell(call->lun, mask);

	if (first == SCSI_ATTENTIONS)
		return false;
	scsi_fail(call, SENSE_UNIT_ATTENTION, scsi_attention_code(first));
	return true;
}

static struct reservation_nexus own_nexus(const struct scsi_target *target)
{
	return (struct reservation_nexus){target->port.initiator, target->port.relative_port};
}

/* True: the call has ended before its command was looked at closely. */
static bool stopped_by_state(struct scsi_call *call)
{
	const uint32_t resets = 1u << SCSI_ATTENTION_POWER_ON | 1u << SCSI_ATTENTION_LUN_RESET |
				1u << SCSI_ATTENTION_NEXUS_LOST;
	const struct opcode *opcode = call->opcode;
	bool attending = !opcode || !(opcode->flags & OPCODE_UNATTENDED);

	if (attending && attended(call, resets))
		return true;
	if (opcode && !reservations_allow(&call->lun->reservations, own_nexus(call->target),
			      opcode_class(opcode, call->cdb))) {
		scsi_status(call->request, SCSI_RESERVATION_CONFLICT);
		return true;
	}
	return attending && attended(call, ~0u);
}

/* SPC-5, Target port group access states: which commands each supports. */
static bool inaccessible(struct scsi_call *call)
{
	const struct alua_group *group = alua_find(&call->lun->alua, call->target->port.group);
	unsigned needed;
	uint16_t code;

	switch (group ? group->state : ALUA_OPTIMIZED) {
	case ALUA_STANDBY:
		needed = OPCODE_STANDBY;
		code = SENSE_CODE(0x04, 0x0B);
		break;
	case ALUA_UNAVAILABLE:
		needed = OPCODE_UNAVAILABLE;
		code = SENSE_CODE(0x04, 0x0C);
		break;
	case ALUA_TRANSITIONING:
		needed = OPCODE_TRANSITIONING;
		code = SENSE_CODE(0x04, 0x0A);
		break;
	default:
		return false;
	}
	if (call->opcode->flags & needed)
		return false;
	scsi_fail(call, SENSE_NOT_READY, code);
	return true;
}

static bool no_such_command(struct scsi_call *call)
{
	const struct opcode *first = opcode_first(call->cdb[0]);

	if (call->opcode && opcode_supported(call, call->opcode))
		return false;
	if (!call->opcode && first && opcode_supported(call, first))
		scsi_bad_cdb(call, 1, 4); /* an unknown service action */
	else
		scsi_fail(call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x20, 0x00));
	return true;
}

static bool not_ready_for(struct scsi_call *call)
{
	const struct scsi_lun *lun = call->lun;
	unsigned flags = call->opcode->flags;

	if ((flags & OPCODE_READY) && !lun->config.blocks)
		scsi_fail(call, SENSE_NOT_READY, SENSE_CODE(0x3A, 0x00)); /* no medium */
	else if ((flags & OPCODE_MODIFIES) && lun->config.read_only)
		scsi_fail(call, SENSE_DATA_PROTECT, SENSE_CODE(0x27, 0x00));
	else if ((flags & OPCODE_MODIFIES) && lun->modes.current.swp)
		scsi_fail(call, SENSE_DATA_PROTECT, SENSE_CODE(0x27, 0x02));
	else
		return false;
	return true;
}

static void start(struct scsi_request *request)
{
	request->plan = SCSI_ANSWERED;
	request->lun = NULL;
	request->lba = request->blocks = 0;
	request->in_len = request->out_len = request->unmap_count = request->data_len = 0;
	request->fua = request->dpo = request->bytchk = request->one_block = false;
	request->no_data = request->unmap = request->immediate = request->descriptor_sense = false;
	request->sense_len = 0;
	request->residual = 0;
	request->status = SCSI_GOOD;
}

static enum scsi_address address_call(struct scsi_call *call)
{
	enum scsi_address at =
		scsi_address(call->target, call->request->lun_address, &call->number);

	call->well_known = at == SCSI_AT_WELL_KNOWN;
	if (at == SCSI_AT_LUN && call->number < SCSI_LUNS)
		call->lun = call->target->lun[call->number];
	call->request->lun = call->lun;
	call->request->descriptor_sense = call->lun && call->lun->modes.current.d_sense;
	return at;
}

void scsi_decode(struct scsi_target *target, struct scsi_request *request)
{
	struct scsi_call call = {.target = target, .request = request, .cdb = request->cdb};

	start(request);
	if (address_call(&call) == SCSI_AT_NO_TARGET) {
		request->plan = SCSI_BAD_TARGET;
		return;
	}
	call.opcode = opcode_of_cdb(request->cdb);
	if (call.lun && stopped_by_state(&call))
		return;
	if (!call.lun && !call.well_known &&
		!(call.opcode && opcode_supported(&call, call.opcode))) {
		scsi_fail(&call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x25, 0x00));
		return;
	}
	if (no_such_command(&call) || (call.lun && inaccessible(&call)))
		return;
	if (call.cdb[call.opcode->cdb_len - 1] & 0x04) { /* CONTROL: NACA (SAM-6) */
		scsi_bad_cdb(&call, call.opcode->cdb_len - 1u, 2);
		return;
	}
	if (!call.lun || !not_ready_for(&call))
		call.opcode->decode(&call);
}

bool scsi_still_allowed(const struct scsi_target *target, struct scsi_request *request)
{
	const struct opcode *opcode = opcode_of_cdb(request->cdb);

	if (!request->lun || !opcode ||
		reservations_allow(&request->lun->reservations, own_nexus(target),
			opcode_class(opcode, request->cdb)))
		return true;
	scsi_status(request, SCSI_RESERVATION_CONFLICT);
	return false;
}

void scsi_aborted(struct scsi_request *request)
{
	scsi_status(request, SCSI_TASK_ABORTED);
}

void scsi_parameters(
	struct scsi_target *target, struct scsi_request *request, const uint8_t *params)
{
	struct scsi_call call = {.target = target, .request = request, .cdb = request->cdb};
	uint32_t len = request->out_len;

	address_call(&call);
	call.opcode = opcode_of_cdb(request->cdb);
	request->plan = SCSI_ANSWERED;
	if (!call.lun || !call.opcode || !call.opcode->parameters) {
		/* detached between the two steps */
		scsi_fail(&call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x25, 0x00));
		return;
	}
	call.opcode->parameters(&call, params, len);
}
