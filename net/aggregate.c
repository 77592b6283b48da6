/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aggregate.c - see aggregate.h. Pure; the main thread. Drivers on kernel sockets say that their
 * link is up whatever happens, so a member without carrier is taken out of the bond and put back
 * by these rules, whatever the bond itself believes.
 */
#include "net/aggregate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const modes[AGGREGATE_MODES] = {"active-backup", "balance-xor", "8023ad"};

const char *aggregate_mode_name(enum aggregate_mode mode)
{
	return modes[mode];
}

static bool is_well(const struct aggregate_view *view)
{
	return view->found && view->carrier;
}

static unsigned first_of(
	const struct aggregate_config *config, const struct aggregate_view *view, bool in)
{
	for (unsigned i = 0; i < config->n; i++)
		if (is_well(&view[i]) && view[i].in == in)
			return i;
	return AGGREGATE_NONE;
}

static unsigned first_in(const struct aggregate_config *config, const struct aggregate_view *view)
{
	for (unsigned i = 0; i < config->n; i++)
		if (is_well(&view[i]) && view[i].in && view[i].active)
			return i;
	return first_of(config, view, true);
}

static unsigned who_goes(const struct aggregate_config *config, const struct aggregate_view *view)
{
	unsigned n_in = 0;

	for (unsigned i = 0; i < config->n; i++)
		n_in += view[i].in;
	for (unsigned i = 0; i < config->n; i++)
		if (view[i].in && !is_well(&view[i]))
			return n_in > 1 ? i : AGGREGATE_NONE;
	return AGGREGATE_NONE;
}

struct aggregate_step aggregate_step(
	const struct aggregate_config *config, const struct aggregate_view *view)
{
	struct aggregate_view next[AGGREGATE_MEMBERS_MAX];
	struct aggregate_step step = {
		first_of(config, view, false), AGGREGATE_NONE, AGGREGATE_NONE};

	memcpy(next, view, sizeof(next));
	if (step.comes < config->n)
		next[step.comes].in = true;
	if (config->mode == AGGREGATE_ACTIVE_BACKUP)
		step.first = first_in(config, next);
	step.goes = who_goes(config, next);
	return step;
}

bool aggregate_up(const struct aggregate_config *config, const struct aggregate_view *view)
{
	for (unsigned i = 0; i < config->n; i++)
		if (view[i].in && is_well(&view[i]) && view[i].active &&
			(config->mode != AGGREGATE_8023AD || view[i].agreed))
			return true;
	return false;
}

const char *aggregate_state(
	const struct aggregate_config *config, const struct aggregate_view *view, unsigned member)
{
	const struct aggregate_view *one = &view[member];

	if (!one->found)
		return "absent";
	if (!one->carrier || !one->in)
		return "down";
	if (!one->active)
		return "joining";
	if (config->mode == AGGREGATE_8023AD)
		return one->agreed ? "active" : "negotiating";
	if (config->mode == AGGREGATE_ACTIVE_BACKUP && first_in(config, view) != member)
		return "backup";
	return "active";
}

bool aggregate_equal(const struct aggregate_config *a, const struct aggregate_config *b)
{
	if (a->n != b->n || (a->n && a->mode != b->mode))
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (strcmp(a->member[i].name, b->member[i].name) != 0 ||
			strcmp(a->member[i].devargs, b->member[i].devargs) != 0)
			return false;
	return true;
}

static bool read_text(const json_t *object, const char *name, char *out, size_t size)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	/* A zero byte within would name another device than the one that is written. */
	if (!text || !*text || strlen(text) >= size || strlen(text) != json_string_length(value))
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

/* The part of devargs that DPDK takes for the device's name. */
static bool same_device(const char *a, const char *b)
{
	size_t n = strcspn(a, ",");

	return n == strcspn(b, ",") && strncmp(a, b, n) == 0;
}

bool aggregate_shares(const struct aggregate_config *a, const char *a_devargs,
	const struct aggregate_config *b, const char *b_devargs)
{
	for (unsigned i = 0; i < (a->n ? a->n : 1); i++)
		for (unsigned j = 0; j < (b->n ? b->n : 1); j++)
			if (same_device(a->n ? a->member[i].devargs : a_devargs,
				    b->n ? b->member[j].devargs : b_devargs))
				return true;
	return false;
}

static int read_member(
	const json_t *object, struct aggregate_config *out, char *why, size_t why_size)
{
	struct aggregate_member *member = &out->member[out->n];

	if (!read_text(object, "name", member->name, sizeof(member->name)) ||
		!read_text(object, "devargs", member->devargs, sizeof(member->devargs))) {
		snprintf(why, why_size,
			"uplink: aggregation: members: give name (at most %d bytes) and devargs "
			"(at most %d)",
			AGGREGATE_NAME_MAX, AGGREGATE_DEVARGS_MAX);
		return -EINVAL;
	}
	for (unsigned i = 0; i < out->n; i++) {
		if (strcmp(out->member[i].name, member->name) != 0 &&
			!same_device(out->member[i].devargs, member->devargs))
			continue;
		snprintf(why, why_size,
			"uplink: aggregation: members %s and %s are one device; give each a name "
			"and a device of its own",
			out->member[i].name, member->name);
		return -EINVAL;
	}
	out->n++;
	return 0;
}

int aggregate_read(const json_t *object, struct aggregate_config *out, char *why, size_t why_size)
{
	const char *mode = json_string_value(json_object_get(object, "mode"));
	json_t *members = json_object_get(object, "members"), *one;
	unsigned m = 0;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (!object || json_is_null(object))
		return 0;
	while (m < AGGREGATE_MODES && (!mode || strcmp(modes[m], mode) != 0))
		m++;
	if (m == AGGREGATE_MODES) {
		snprintf(why, why_size,
			"uplink: aggregation: mode: give active-backup, balance-xor or 8023ad");
		return -EINVAL;
	}
	if (!json_is_array(members) || json_array_size(members) == 0 ||
		json_array_size(members) > AGGREGATE_MEMBERS_MAX) {
		snprintf(why, why_size, "uplink: aggregation: members: give 1 to %d",
			AGGREGATE_MEMBERS_MAX);
		return -EINVAL;
	}
	out->mode = (enum aggregate_mode)m;
	json_array_foreach(members, i, one)
	{
		if (read_member(one, out, why, why_size) != 0)
			return -EINVAL;
	}
	return 0;
}
