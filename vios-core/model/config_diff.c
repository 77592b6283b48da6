/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_diff.c - what differs between two states: objects, their fields, and the adapters whose
 * service that changes. Pure; any thread. Lists are sorted, so both are walked once.
 */
#include "vios-core/model/config_change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/config_ops.h"

/* Different bytes need not be different objects: what stands behind a text's end does not count. */
static bool same(enum config_kind kind, const void *a, const void *b)
{
	struct schema_out x = {.text = NULL}, y = {.text = NULL};
	bool equal;

	if (memcmp(a, b, config_kind_rows[kind].size) == 0)
		return true;
	schema_write(&x, config_kind_rows[kind].fields, a);
	schema_write(&y, config_kind_rows[kind].fields, b);
	equal = !x.no_memory && !y.no_memory && x.len == y.len &&
		memcmp(x.text, y.text, x.len) == 0;
	free(x.text);
	free(y.text);
	return equal;
}

void config_walk(const struct config *a, const struct config *b, enum config_kind kind,
	void (*fn)(void *arg, enum config_kind kind, const void *before, const void *after),
	void *arg)
{
	size_t i = 0, j = 0, n = config_count(a, kind), m = config_count(b, kind);

	while (i < n || j < m) {
		const void *before = i < n ? config_item(a, kind, i) : NULL;
		const void *after = j < m ? config_item(b, kind, j) : NULL;
		int order = before == NULL ? 1 : -1;

		if (before != NULL && after != NULL)
			order = config_compare(kind, before, after);
		if (order < 0) {
			fn(arg, kind, before, NULL);
			i++;
		} else if (order > 0) {
			fn(arg, kind, NULL, after);
			j++;
		} else {
			if (!same(kind, before, after))
				fn(arg, kind, before, after);
			i++;
			j++;
		}
	}
}

struct diff {
	json_t *list, *fields;
	bool no_memory;
	char path[128]; /* of the field: "sides.vios1.ha_mode" */
};

static void note_field(struct diff *diff, const char *path, json_t *from, json_t *to)
{
	json_t *row = json_pack("{s:s, s:o, s:o}", "field", path, "from",
		from != NULL ? json_incref(from) : json_null(), "to",
		to != NULL ? json_incref(to) : json_null());

	if (json_array_append_new(diff->fields, row) < 0)
		diff->no_memory = true;
}

static void diff_values(struct diff *diff, size_t len, json_t *from, json_t *to);

static void diff_member(struct diff *diff, size_t len, const char *name, json_t *from, json_t *to)
{
	int n = snprintf(
		diff->path + len, sizeof(diff->path) - len, "%s%s", len > 0 ? "." : "", name);

	diff_values(diff, len + (size_t)n, from, to);
	diff->path[len] = '\0';
}

/* Depth and length are those of the objects: at most profile.NAME or sides.VIOS.NAME. */
static void diff_values(struct diff *diff, size_t len, json_t *from, json_t *to)
{
	const char *name;
	json_t *value;

	if (json_equal(from, to))
		return;
	if (!json_is_object(from) && !json_is_object(to)) {
		note_field(diff, diff->path, from, to);
		return;
	}
	json_object_foreach(from, name, value)
		diff_member(diff, len, name, value, json_object_get(to, name));
	json_object_foreach(to, name, value)
	{
		if (json_object_get(from, name) == NULL)
			diff_member(diff, len, name, NULL, value);
	}
}

static void note_object(struct diff *diff, const char *kind, const char *name, const char *op)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:o}", "kind", kind, "name", name, "op", op,
		"fields", diff->fields);

	if (json_array_append_new(diff->list, row) < 0)
		diff->no_memory = true;
	diff->fields = NULL;
}

static void diff_object(void *arg, enum config_kind kind, const void *before, const void *after)
{
	struct diff *diff = arg;
	json_t *from = before != NULL ? config_object_json(kind, before) : NULL;
	json_t *to = after != NULL ? config_object_json(kind, after) : NULL;
	const char *op = before == NULL ? "added" : after == NULL ? "removed" : "changed";
	char name[CONFIG_NAME_MAX + 1];

	config_name(kind, after != NULL ? after : before, name);
	diff->fields = json_array();
	if (diff->fields == NULL || (before != NULL && from == NULL) ||
		(after != NULL && to == NULL))
		diff->no_memory = true;
	else
		diff_values(diff, 0, from, to);
	note_object(diff, config_kind_name(kind), name, op);
	json_decref(from);
	json_decref(to);
}

static void diff_next_id(struct diff *diff, const struct config *a, const struct config *b)
{
	json_t *from = json_integer((json_int_t)a->next_id);
	json_t *to = json_integer((json_int_t)b->next_id);

	diff->fields = json_array();
	note_field(diff, "next_id", from, to);
	note_object(diff, "frame", b->frame.name, "changed");
	json_decref(from);
	json_decref(to);
}

json_t *config_diff(const struct config *a, const struct config *b)
{
	struct diff diff = {.list = json_array()};

	for (enum config_kind kind = 0; kind < CONFIG_LISTS; kind++)
		config_walk(a, b, kind, diff_object, &diff);
	if (!same(CONFIG_FRAME, &a->frame, &b->frame))
		diff_object(&diff, CONFIG_FRAME, &a->frame, &b->frame);
	if (a->next_id != b->next_id)
		diff_next_id(&diff, a, b);
	if (diff.list == NULL || diff.no_memory) {
		json_decref(diff.list);
		return NULL;
	}
	return diff.list;
}
