/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pr.c - PERSISTENT RESERVE IN and OUT (SPC-5), RESERVE and RELEASE (SPC-2): from CDB and parameter
 * list to an event, from state and result to an answer. What events do is reservations.c's. Pure.
 */
#include "storage/scsi_private.h"

enum { READ_KEYS, READ_RESERVATION, REPORT_CAPABILITIES, READ_FULL_STATUS };
#define PR_OUT_LIST 24
enum { SPEC_I_PT = 0x08, ALL_TG_PT = 0x04, APTPL = 0x01 };

static void read_keys(const struct reservations *state, struct bytes_out *out)
{
	for (unsigned i = 0; i < state->count; i++)
		bytes_64(out, state->registrant[i].key);
}

static void read_reservation(const struct reservations *state, struct bytes_out *out)
{
	const struct reservation_registrant *holder = reservations_find(state, state->holder);

	if (!state->type)
		return;
	/* all registrants hold it: no key */
	bytes_64(out, holder && state->type < RESERVATION_WRITE_EXCLUSIVE_AR ? holder->key : 0);
	bytes_zero(out, 5);
	bytes_8(out, state->type); /* SCOPE 0: logical unit */
	bytes_zero(out, 2);
}

static void read_full_status(const struct reservations *state, struct bytes_out *out)
{
	for (unsigned i = 0; i < state->count; i++) {
		const struct reservation_registrant *one = &state->registrant[i];
		bool holds = reservations_holds(state, one->nexus);

		bytes_64(out, one->key);
		bytes_32(out, 0);
		bytes_8(out, holds); /* R_HOLDER */
		bytes_8(out, holds ? state->type : 0);
		bytes_32(out, 0);
		bytes_16(out, one->nexus.port);
		bytes_32(out, 24);
		/* TransportID of SRP, which virtual SCSI comes from: the client adapter's id behind
		 * a locally assigned name */
		bytes_8(out, 0x04);
		bytes_zero(out, 7);
		bytes_64(out, UINT64_C(0x3) << 60 | one->nexus.initiator);
		bytes_64(out, 0);
	}
}

static void report_capabilities(const struct reservations *state, struct bytes_out *out)
{
	bytes_16(out, 8);
	bytes_8(out, 0x10 | 0x01);				/* CRH, PTPL_C */
	bytes_8(out, (uint8_t)(0x80 | (state->aptpl ? 1 : 0))); /* TMV, PTPL_A */
	bytes_16(out, 0xEA01);					/* all six types */
	bytes_16(out, 0);
}

void pr_in(struct scsi_call *call)
{
	const struct reservations *state = &call->lun->reservations;
	uint8_t action = call->cdb[1] & 0x1F;
	struct bytes_out out;

	scsi_data_start(call, &out);
	if (action == REPORT_CAPABILITIES) {
		report_capabilities(state, &out);
	} else {
		bytes_32(&out, state->generation);
		bytes_32(&out, 0); /* ADDITIONAL LENGTH */
		if (action == READ_KEYS)
			read_keys(state, &out);
		else if (action == READ_RESERVATION)
			read_reservation(state, &out);
		else
			read_full_status(state, &out);
		bytes_patch_len(&out, 4, 4);
	}
	scsi_data_end(call, &out, bytes_get16(call->cdb + 7));
}

/* SCOPE and TYPE count for these only. */
static bool has_type(enum reservation_action action)
{
	return action == RESERVATION_RESERVE || action == RESERVATION_RELEASE ||
	       action == RESERVATION_PREEMPT || action == RESERVATION_PREEMPT_AND_ABORT;
}

void pr_out(struct scsi_call *call)
{
	uint32_t len = bytes_get32(call->cdb + 5);

	if (has_type(call->cdb[1] & 0x1F) && (call->cdb[2] & 0xF0))
		scsi_bad_cdb(call, 2, 7); /* SCOPE: the logical unit only */
	else if (has_type(call->cdb[1] & 0x1F) && !reservation_type_valid(call->cdb[2] & 0x0F))
		scsi_bad_cdb(call, 2, 3);
	else if (len != PR_OUT_LIST)
		scsi_short_parameters(call);
	else
		scsi_want_parameters(call, len);
}

static void plan_event(struct scsi_call *call, enum reservation_action action)
{
	const struct scsi_port *port = &call->target->port;

	call->request->event = (struct reservation_event){
		.action = action,
		.from = {port->initiator, port->relative_port},
	};
	call->request->plan = SCSI_RESERVE;
}

void pr_out_list(struct scsi_call *call, const uint8_t *params, uint32_t len)
{
	struct reservation_event *event = &call->request->event;
	enum reservation_action action = call->cdb[1] & 0x1F;

	if (len != PR_OUT_LIST) {
		scsi_short_parameters(call);
		return;
	}
	if (params[20] & SPEC_I_PT) { /* REPORT CAPABILITIES: SIP_C, ATP_C are 0 */
		scsi_bad_parameter(call, 20, 3);
		return;
	}
	if (params[20] & ALL_TG_PT) {
		scsi_bad_parameter(call, 20, 2);
		return;
	}
	plan_event(call, action);
	event->key = bytes_get64(params);
	event->service_key = bytes_get64(params + 8);
	event->aptpl = params[20] & APTPL;
	event->type = has_type(action) ? call->cdb[2] & 0x0F : 0;
}

void pr_spc2(struct scsi_call *call)
{
	bool reserve = call->cdb[0] == 0x16 || call->cdb[0] == 0x56;

	if (call->cdb[1] & 0x1F) /* third parties and extents: not supported */
		scsi_bad_cdb(call, 1, 4);
	else
		plan_event(call, reserve ? RESERVATION_SPC2_RESERVE : RESERVATION_SPC2_RELEASE);
}

bool scsi_reservation_apply(struct scsi_target *target, struct scsi_lun *lun,
	const struct reservation_event *event, struct reservation_effects *effects)
{
	const struct reservation_nexus own = {target->port.initiator, target->port.relative_port};
	const struct reservation_effect *effect;

	reservations_apply(&lun->reservations, event, effects);
	effect = reservation_effect_on(effects, own);
	if (effect)
		lun->attentions |= effect->attentions;
	return effect && effect->abort;
}

void scsi_reserved(struct scsi_request *request, enum reservation_result result)
{
	struct sense sense = {.key = SENSE_ILLEGAL_REQUEST};

	switch (result) {
	case RESERVATION_DONE:
		scsi_complete(request, SCSI_IO_DONE, 0);
		return;
	case RESERVATION_CONFLICT:
		scsi_status(request, SCSI_RESERVATION_CONFLICT);
		return;
	case RESERVATION_BAD_RELEASE:
		sense.code = SENSE_CODE(0x26, 0x04);
		break;
	case RESERVATION_BAD_PARAMETER:
		sense = (struct sense){.key = SENSE_ILLEGAL_REQUEST,
			.code = SENSE_CODE(0x26, 0x00),
			.has_field = true,
			.in_parameters = true,
			.bit = SCSI_WHOLE_BYTE,
			.field = 8};
		break;
	case RESERVATION_FULL:
		sense.code = SENSE_CODE(0x55, 0x04);
		break;
	}
	scsi_check(request, &sense);
}
