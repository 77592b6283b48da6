// SPDX-License-Identifier: BSD-3-Clause
/*
 * restore.c - see restore.h. Pure; operations belong to the caller's list.
 *
 * Removed is first what others could need no more, then all is set and added, and last goes what
 * was in use until then. What differs in what cannot be changed is removed and added anew, and with
 * a backing device or a server adapter the virtual target devices at it. The change is tried on the
 * present state before anybody hears of it.
 */
#include "vios-core/cli/restore.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/out.h"
#include "vios-core/model/config_change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHYSICAL, REPOSITORY, BACKING, SEA, CLIENT, VETH, VHOST, VTD, KINDS };

static const struct {
	const char *kind;
	const char *fixed[3]; /* members that cannot be changed, but the name and what is ignored */
} rows[KINDS] = {
	[PHYSICAL] = {"physical", {"type"}},
	[REPOSITORY] = {"repository", {NULL}},
	[BACKING] = {"backing", {"type", "repository"}},
	[SEA] = {"sea", {NULL}},
	[CLIENT] = {"client", {NULL}},
	[VETH] = {"veth", {NULL}},
	[VHOST] = {"vhost", {"client", "adapter"}},
	[VTD] = {"vtd", {"vhost", "lun", "type"}},
};

struct restore {
	const json_t *now, *wanted, *defaults, *musts;
	json_t *ops;
	json_t *now_by[KINDS], *wanted_by[KINDS]; /* by the name of a change */
	json_t *anew[KINDS];			  /* names: removed and added */
};

struct name {
	char text[OBJECT_NAME_BYTES];
};

static struct name name_of(int kind, const json_t *object)
{
	struct name name;

	if (kind == VETH)
		snprintf(name.text, sizeof(name.text), "%s", object_slot("veth", object).text);
	else if (kind == PHYSICAL)
		snprintf(name.text, sizeof(name.text), "%.35s/%.35s", jx_text(object, "vios"),
			jx_text(object, "name"));
	else
		snprintf(name.text, sizeof(name.text), "%.71s", jx_text(object, "name"));
	return name;
}

static json_t *by_name(const json_t *state, int kind)
{
	json_t *map = json_object(), *object;
	size_t i;

	json_array_foreach(json_object_get(state, rows[kind].kind), i, object)
		json_object_set(map, name_of(kind, object).text, object);
	return map;
}

/* --- what an object with nothing but its musts has --- */

static const char bare[] =
	"{\"format\":2,\"next_id\":3,\"frame\":{\"name\":\"f\"},"
	"\"vios\":[{\"name\":\"a\",\"node_id\":1}],\"client\":[{\"name\":\"c\",\"id\":3}],"
	"\"physical\":[{\"vios\":\"a\",\"name\":\"p\",\"devargs\":\"x\"}],\"sea\":[],"
	"\"veth\":[{\"client\":\"c\",\"name\":\"e\",\"id\":1,\"mac\":\"02:00:00:00:00:01\"}],"
	"\"vhost\":[{\"name\":\"v\",\"client\":\"c\",\"adapter\":\"s\",\"id\":2}],"
	"\"repository\":[{\"name\":\"r\",\"path\":{\"a\":\"/r\"},\"size_bytes\":1}],"
	"\"backing\":[{\"name\":\"b\",\"path\":{\"a\":\"/x\"}}],"
	"\"vtd\":[{\"name\":\"t\",\"vhost\":\"v\",\"backing\":\"b\",\"lun\":1,\"type\":\"disk\"}]}";

static json_t *full(json_t *state, struct model_faults *faults)
{
	struct config *config;
	json_t *json;

	if (config_from_json(state, &config, faults) < 0)
		return NULL;
	json = config_json(config);
	config_free(config);
	return json;
}

/* Without what is so by default, as a change has only so much room. */
static void strip(json_t *object, const json_t *otherwise, const json_t *musts)
{
	const char *member;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, member, value)
	{
		const json_t *usual = json_object_get(otherwise, member);

		if (!usual || json_object_get(musts, member))
			continue;
		if (json_equal(value, usual))
			json_object_del(object, member);
		else if (json_is_object(value))
			strip(value, usual, NULL);
	}
}

/* --- operations --- */

static void op_remove(const struct restore *r, int kind, const char *name)
{
	build_op(r->ops, "remove", rows[kind].kind, name, NULL);
}

static void forget_given(int kind, json_t *attrs)
{
	if (kind == VETH || kind == VHOST)
		json_object_del(attrs, "id");
	json_object_del(attrs, "name");
}

static void op_add(const struct restore *r, int kind, const char *name, const json_t *object)
{
	json_t *attrs = json_deep_copy(object);

	strip(attrs, json_array_get(json_object_get(r->defaults, rows[kind].kind), 0),
		json_array_get(json_object_get(r->musts, rows[kind].kind), 0));
	forget_given(kind, attrs);
	if (kind == VTD)
		jx_put(attrs, "force", json_true());
	build_op(r->ops, "add", rows[kind].kind, name, attrs);
}

/* RFC 7396 */
static json_t *patch(const json_t *now, const json_t *wanted)
{
	json_t *out = json_object(), *value;
	const char *member;

	json_object_foreach((json_t *)wanted, member, value)
	{
		json_t *old = json_object_get(now, member);

		if (json_equal(old, value))
			continue;
		if (json_is_object(old) && json_is_object(value))
			json_object_set_new(out, member, patch(old, value));
		else
			json_object_set(out, member, value);
	}
	json_object_foreach((json_t *)now, member, value)
	{
		if (!json_object_get(wanted, member))
			json_object_set_new(out, member, json_null());
	}
	return out;
}

static void op_set(const struct restore *r, int kind, const char *word, const char *name,
	const json_t *now, const json_t *wanted)
{
	json_t *attrs = patch(now, wanted);

	forget_given(kind, attrs);
	if (json_object_size(attrs) == 0) {
		json_decref(attrs);
		return;
	}
	if (kind == VTD)
		jx_put(attrs, "force", json_true());
	build_op(r->ops, "set", word, name, attrs);
}

/* --- the whole --- */

static bool is_anew(const struct restore *r, int kind, const char *name)
{
	return json_object_get(r->anew[kind], name);
}

static bool is_fixed_other(int kind, const json_t *now, const json_t *wanted)
{
	for (size_t i = 0; i < 3 && rows[kind].fixed[i]; i++) {
		const json_t *a = json_object_get(now, rows[kind].fixed[i]);
		const json_t *b = json_object_get(wanted, rows[kind].fixed[i]);

		if ((a || b) && !json_equal(a, b)) /* neither has it: the same */
			return true;
	}
	return false;
}

/* A medium of a repository that goes, which cannot wait: there is room for one repository only. */
static bool is_lost_medium(const struct restore *r, const json_t *backing)
{
	const char *repository = jx_text(backing, "repository");

	return repository[0] != '\0' && !json_object_get(r->wanted_by[REPOSITORY], repository);
}

static void find_anew(struct restore *r)
{
	const char *name;
	json_t *object, *wanted;

	for (int kind = 0; kind < KINDS; kind++) {
		json_object_foreach(r->now_by[kind], name, object)
		{
			wanted = json_object_get(r->wanted_by[kind], name);
			if (wanted && is_fixed_other(kind, object, wanted))
				json_object_set(r->anew[kind], name, wanted);
		}
	}
	json_object_foreach(r->now_by[VTD], name, object)
	{
		wanted = json_object_get(r->wanted_by[VTD], name);
		const char *backing = jx_text(object, "backing");

		if (wanted &&
			(is_anew(r, BACKING, backing) ||
				is_lost_medium(r, json_object_get(r->now_by[BACKING], backing)) ||
				is_anew(r, VHOST, jx_text(object, "vhost"))))
			json_object_set(r->anew[VTD], name, wanted);
	}
}

/* last: those that were in use until the others had been set. */
static void remove_kind(const struct restore *r, int kind, bool last)
{
	const char *name;
	json_t *object;

	json_object_foreach(r->now_by[kind], name, object)
	{
		bool waits = kind == PHYSICAL || (kind == BACKING && !is_lost_medium(r, object));
		bool gone = !json_object_get(r->wanted_by[kind], name);

		if (last ? gone && waits : (gone && !waits) || is_anew(r, kind, name))
			op_remove(r, kind, name);
	}
}

static void set_kind(const struct restore *r, int kind)
{
	const char *name;
	json_t *object;

	json_object_foreach(r->wanted_by[kind], name, object)
	{
		const json_t *now = json_object_get(r->now_by[kind], name);

		if (!now || is_anew(r, kind, name))
			op_add(r, kind, name, object);
		else
			op_set(r, kind, rows[kind].kind, name, now, object);
	}
}

static void make_ops(struct restore *r)
{
	const json_t *frame = json_object_get(r->now, "frame");
	json_t *vios;
	size_t i;

	find_anew(r);
	for (int kind = KINDS; kind-- > 0;)
		remove_kind(r, kind, false);
	op_set(r, KINDS, "frame", jx_text(frame, "name"), frame,
		json_object_get(r->wanted, "frame"));
	json_array_foreach(json_object_get(r->wanted, "vios"), i, vios)
	{
		const char *name = jx_text(vios, "name");

		op_set(r, KINDS, "vios", name,
			jx_find(json_object_get(r->now, "vios"), "name", name), vios);
	}
	for (int kind = 0; kind < KINDS; kind++)
		set_kind(r, kind);
	for (int kind = KINDS; kind-- > 0;)
		remove_kind(r, kind, true);
}

static void fault(struct model_faults *faults, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void fault(struct model_faults *faults, const char *fmt, ...)
{
	va_list args;

	if (faults->n >= MODEL_FAULTS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(faults->text[faults->n++], MODEL_FAULT_TEXT, fmt, args);
	va_end(args);
}

/* frame.json makes the frame and its VIOS; a backup does not. */
static void check_frame(const json_t *now, const json_t *wanted, struct model_faults *faults)
{
	const char *here = jx_text(json_object_get(now, "frame"), "name");
	const char *there = jx_text(json_object_get(wanted, "frame"), "name");
	const json_t *ours = json_object_get(now, "vios"),
		     *theirs = json_object_get(wanted, "vios");
	json_t *vios;
	size_t i;

	if (strcmp(here, there) != 0)
		fault(faults, "it is of frame %s, and this is %s", there, here);
	json_array_foreach(theirs, i, vios) if (!jx_find(ours, "name", jx_text(vios, "name")))
		fault(faults, "it has VIOS %s, which is not in this frame; add it first",
			jx_text(vios, "name"));
	json_array_foreach(ours, i, vios) if (!jx_find(theirs, "name", jx_text(vios, "name")))
		fault(faults, "it has no VIOS %s, which is in this frame; remove that first",
			jx_text(vios, "name"));
}

/* As both viosd will. */
static int try(json_t *now, json_t *ops, struct model_faults *faults)
{
	json_t *change = json_pack("{s:O}", "ops", ops);
	struct config_applied applied;
	struct config *config = NULL;
	int r = config_from_json(now, &config, faults);

	if (r == 0)
		r = config_apply(config, change, &applied, faults);
	if (r == 0)
		config_applied_fini(&applied);
	config_free(config);
	json_decref(change);
	return r;
}

static int build(struct restore *r, struct model_faults *faults)
{
	for (int kind = 0; kind < KINDS; kind++) {
		r->now_by[kind] = by_name(r->now, kind);
		r->wanted_by[kind] = by_name(r->wanted, kind);
		r->anew[kind] = json_object();
	}
	make_ops(r);
	for (int kind = 0; kind < KINDS; kind++) {
		json_decref(r->now_by[kind]);
		json_decref(r->wanted_by[kind]);
		json_decref(r->anew[kind]);
	}
	return json_array_size(r->ops) ? try((json_t *)r->now, r->ops, faults) : 0;
}

int restore_build(const json_t *now, const json_t *wanted, json_t *ops, struct model_faults *faults)
{
	json_t *musts = json_loads(bare, 0, NULL), *defaults = full(musts, faults);
	json_t *here = full((json_t *)now, faults), *there = NULL;
	int r = defaults && here ? 0 : -ENOMEM;

	if (r == 0 && !(there = full((json_t *)wanted, faults)))
		r = -ENOMEM;
	if (r == 0)
		check_frame(here, there, faults);
	if (faults->n > 0)
		r = -EINVAL;
	if (r == 0)
		r = build(&(struct restore){.now = here,
				  .wanted = there,
				  .defaults = defaults,
				  .musts = musts,
				  .ops = ops},
			faults);
	json_decref(musts);
	json_decref(defaults);
	json_decref(here);
	json_decref(there);
	return r;
}

size_t restore_bytes(const json_t *ops)
{
	char *text = json_dumps(ops, JSON_COMPACT);
	size_t n = text ? strlen(text) + sizeof("{\"ops\":}") - 1 : 0;

	free(text);
	return n;
}

char *restore_lay(const json_t *ops)
{
	struct out out = {0};
	const char *member;
	json_t *op, *value;
	size_t i;

	json_array_foreach(ops, i, op)
	{
		out_add(&out, "%-6s %-8s %s", jx_text(op, "op"), jx_text(op, "kind"),
			jx_text(op, "name"));
		json_object_foreach(json_object_get(op, "attrs"), member, value)
		{
			char *text = jx_is(op, "op", "set")
					     ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY)
					     : NULL;

			if (text && strcmp(member, "force") != 0)
				out_add(&out, " %s=%s", member, text);
			free(text);
		}
		out_add(&out, "\n");
	}
	return out_take(&out);
}
