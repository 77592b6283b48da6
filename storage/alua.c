/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alua.c - REPORT and SET TARGET PORT GROUPS (SPC-5), and the states of the groups. A SET is only
 * checked here: the pair decides, then scsi_lun_chosen() makes it so. Pure.
 */
#include "storage/alua.h"

#include <errno.h>

#include "storage/scsi_private.h"

#define SUPPORTED_STATES 0x8F /* T_SUP, U_SUP, S_SUP, AN_SUP, AO_SUP */

const struct alua_group *alua_find(const struct alua *alua, uint16_t id)
{
	for (unsigned i = 0; i < alua->groups; i++)
		if (alua->group[i].id == id)
			return &alua->group[i];
	return NULL;
}

static bool group_differs(const struct alua_group *a, const struct alua_group *b)
{
	if (a->id != b->id || a->state != b->state || a->preferred != b->preferred ||
		a->ports != b->ports)
		return true;
	for (unsigned i = 0; i < a->ports; i++)
		if (a->port[i] != b->port[i])
			return true;
	return false;
}

bool alua_differs(const struct alua *a, const struct alua *b)
{
	if (a->groups != b->groups)
		return true;
	for (unsigned i = 0; i < a->groups; i++)
		if (group_differs(&a->group[i], &b->group[i]))
			return true;
	return false;
}

/* SPC-5, SET TARGET PORT GROUPS: a group that is not named goes as the others need it. */
static int asked_of(const struct alua_request *want, uint16_t id)
{
	for (unsigned i = 0; i < want->count; i++)
		if (want->want[i].id == id)
			return want->want[i].state;
	return -1;
}

bool alua_choose(const struct alua *alua, struct alua_request *want)
{
	const struct alua_group *best = NULL;
	unsigned asked = 0;

	for (unsigned i = 0; i < alua->groups; i++) {
		const struct alua_group *group = &alua->group[i];
		int state = asked_of(want, group->id);

		asked += state == ALUA_OPTIMIZED;
		if (state == ALUA_OPTIMIZED)
			best = group;
		else if (state < 0 && !asked &&
			 (!best || (group->state == ALUA_OPTIMIZED && best->state)))
			best = group;
	}
	want->chosen = best ? best->id : 0;
	return best && asked < 2;
}

bool alua_is_chosen(const struct alua *alua, uint16_t id)
{
	for (unsigned i = 0; i < alua->groups; i++)
		if ((alua->group[i].state == ALUA_OPTIMIZED) != (alua->group[i].id == id))
			return false;
	return true;
}

void alua_make_chosen(struct alua *alua, uint16_t id)
{
	for (unsigned i = 0; i < alua->groups; i++) {
		struct alua_group *group = &alua->group[i];

		group->preferred = group->id == id;
		group->state = group->preferred ? ALUA_OPTIMIZED : ALUA_NON_OPTIMIZED;
		group->cause = ALUA_BY_COMMAND;
	}
}

static void report_group(struct bytes_out *out, const struct alua_group *group)
{
	bytes_8(out, (uint8_t)((group->preferred ? 0x80 : 0) | group->state));
	bytes_8(out, SUPPORTED_STATES);
	bytes_16(out, group->id);
	bytes_8(out, 0);
	bytes_8(out, group->cause);
	bytes_8(out, 0);
	bytes_8(out, group->ports);
	for (unsigned i = 0; i < group->ports; i++) {
		bytes_16(out, 0);
		bytes_16(out, group->port[i]);
	}
}

/* A logical unit that nobody has told of groups is reached through its own port, at its best. */
static struct alua only_own(const struct scsi_port *port)
{
	return (struct alua){
		.groups = 1,
		.group[0] = {.id = port->group, .ports = 1, .port[0] = port->relative_port},
	};
}

void alua_report(struct scsi_call *call)
{
	struct alua alua = call->lun->alua;
	unsigned format = call->cdb[1] >> 5; /* PARAMETER DATA FORMAT */
	struct bytes_out out;

	if (format > 1) {
		scsi_bad_cdb(call, 1, 7);
		return;
	}
	if (!alua.groups)
		alua = only_own(&call->target->port);
	scsi_data_start(call, &out);
	bytes_32(&out, 0); /* RETURN DATA LENGTH */
	if (format == 1) {
		bytes_8(&out, 0x10); /* extended header */
		bytes_8(&out, alua.transition_s);
		bytes_16(&out, 0);
	}
	for (unsigned i = 0; i < alua.groups; i++)
		report_group(&out, &alua.group[i]);
	bytes_patch_len(&out, 0, 4);
	scsi_data_end(call, &out, bytes_get32(call->cdb + 6));
}

void alua_set(struct scsi_call *call)
{
	uint32_t len = bytes_get32(call->cdb + 6);

	if (!len)
		scsi_good(call);
	else
		scsi_want_parameters(call, len);
}

/* Each way is good at any time: the rest of the states comes by itself, when it must. */
static bool may_be_set(uint8_t state)
{
	return state <= ALUA_NON_OPTIMIZED;
}

void alua_set_list(struct scsi_call *call, const uint8_t *params, uint32_t len)
{
	struct alua_request *groups = &call->request->groups;
	const struct alua *alua = &call->lun->alua;

	*groups = (struct alua_request){0};
	if (len < 4 || len % 4) {
		scsi_short_parameters(call);
		return;
	}
	for (uint32_t at = 4; at < len; at += 4) {
		uint8_t state = params[at] & 0x0F;
		uint16_t id = bytes_get16(params + at + 2);

		if (!may_be_set(state)) {
			scsi_bad_parameter(call, at, 3);
			return;
		}
		/* no such group, or one that is named twice */
		if (!alua_find(alua, id) || asked_of(groups, id) >= 0) {
			scsi_bad_parameter(call, at + 2, SCSI_WHOLE_BYTE);
			return;
		}
		groups->want[groups->count].id = id;
		groups->want[groups->count++].state = state;
	}
	if (groups->count && !alua_choose(alua, groups))
		scsi_bad_parameter(call, 4, SCSI_WHOLE_BYTE); /* SPC-5: an invalid combination */
	else if (groups->count && !alua_is_chosen(alua, groups->chosen))
		call->request->plan = SCSI_SET_GROUPS;
	else
		scsi_good(call);
}

void scsi_groups_set(struct scsi_request *request, int rc)
{
	/* SPC-5: SET TARGET PORT GROUPS COMMAND FAILED */
	const struct sense failed = {.key = SENSE_HARDWARE_ERROR, .code = SENSE_CODE(0x67, 0x0A)};

	if (rc)
		scsi_check(request, &failed);
	else
		scsi_complete(request, SCSI_IO_DONE, 0);
}
