// SPDX-License-Identifier: BSD-3-Clause
/* object.c - finds what an operator names in the replicated state. Pure; what it finds is borrowed
 * from the state. */
#include "vios-core/cli/object.h"
#include "vios-core/cli/jx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct search {
	const json_t *state;
	const char *name, *vios;
	struct object *out;
	unsigned n; /* that were found */
};

static void found(
	struct search *s, const char *kind, const char *name, const json_t *json, const char *vios)
{
	if (s->n++ > 0)
		return;
	s->out->kind = kind;
	s->out->json = json;
	s->out->vios = vios ? vios : s->vios;
	snprintf(s->out->name, sizeof(s->out->name), "%s", name);
}

/* Kinds whose name is a member of theirs. */
static void by_name(struct search *s, const char *kind)
{
	json_t *object = jx_find(json_object_get(s->state, kind), "name", s->name);

	if (object)
		found(s, kind, s->name, object, NULL);
}

struct object_slot object_slot(const char *kind, const json_t *object)
{
	struct object_slot slot;

	snprintf(slot.text, sizeof(slot.text), "%.35s/%.35s", jx_text(object, "client"),
		jx_text(object, strcmp(kind, "vhost") == 0 ? "adapter" : "name"));
	return slot;
}

static void by_slot(struct search *s, const char *kind)
{
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(s->state, kind), i, object)
	{
		struct object_slot slot = object_slot(kind, object);
		if (strcmp(slot.text, s->name) == 0)
			found(s, kind,
				strcmp(kind, "vhost") == 0 ? jx_text(object, "name") : slot.text,
				object, NULL);
	}
}

/* "NAME" on the side that is asked for, or on any; or "VIOS/NAME". */
static bool on_side(const struct search *s, const char *vios, const char *name)
{
	size_t length = strlen(vios);

	if (!name[0])
		return false;
	if (strcmp(s->name, name) == 0)
		return !s->vios || strcmp(s->vios, vios) == 0;
	return strncmp(s->name, vios, length) == 0 && s->name[length] == '/' &&
	       strcmp(s->name + length + 1, name) == 0;
}

static void physicals(struct search *s)
{
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(s->state, "physical"), i, object)
	{
		const char *vios = jx_text(object, "vios"), *name = jx_text(object, "name");
		char full[OBJECT_NAME_BYTES];
		if (!on_side(s, vios, name))
			continue;
		snprintf(full, sizeof(full), "%s/%s", vios, name);
		found(s, "physical", full, object, vios);
	}
}

/* The same SEA may be found on both sides: that is one object. */
static void seas(struct search *s)
{
	json_t *sea, *side;
	const char *vios;
	size_t i;

	json_array_foreach(json_object_get(s->state, "sea"), i, sea)
	{
		unsigned sides = 0;
		const char *which = NULL;
		json_object_foreach(json_object_get(sea, "sides"), vios, side)
		{
			if (on_side(s, vios, jx_text(side, "ent"))) {
				sides++;
				which = vios;
			}
		}
		if (sides > 0 && !jx_is(sea, "name", s->name))
			found(s, "sea", jx_text(sea, "name"), sea, sides == 1 ? which : NULL);
	}
}

int object_find(const json_t *state, const char *name, const char *vios, struct object *out,
	char fault[OBJECT_FAULT_BYTES])
{
	static const char *const named[] = {
		"vhost", "vtd", "sea", "backing", "repository", "client", "vios"};
	struct search s = {state, name, vios, out, 0};
	const json_t *frame = json_object_get(state, "frame");

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		by_name(&s, named[i]);
	by_slot(&s, "veth");
	by_slot(&s, "vhost");
	seas(&s);
	physicals(&s);
	if (s.n == 0 && jx_is(frame, "name", name))
		found(&s, "frame", name, frame, NULL);
	if (s.n == 1)
		return 0;
	if (s.n > 1)
		snprintf(fault, OBJECT_FAULT_BYTES,
			"%.64s is the name of more than one device; give --vios NAME, or "
			"VIOS/NAME",
			name);
	else
		snprintf(fault, OBJECT_FAULT_BYTES,
			"%.64s is no device%s%.32s; see viosctl lsdev, or lsclient for the "
			"adapters of clients",
			name, vios ? " of " : "", vios ? vios : "");
	return s.n > 1 ? -EINVAL : -ENOENT;
}

int object_of_kind(const json_t *state, const char *kind, const char *what, const char *name,
	struct object *out, char fault[OBJECT_FAULT_BYTES])
{
	struct search s = {state, name, NULL, out, 0};

	by_name(&s, kind);
	if (strcmp(kind, "vhost") == 0)
		by_slot(&s, kind);
	if (strcmp(kind, "sea") == 0)
		seas(&s);
	if (s.n > 0)
		return 0;
	snprintf(fault, OBJECT_FAULT_BYTES, "%.64s is no %s of this frame", name, what);
	return -ENOENT;
}
