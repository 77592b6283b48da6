/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_ops.c - the ops add and set on a state in the making. Pure; any thread. An object with a
 * fault goes in nevertheless when it has a name, so that those who refer to it are not found at
 * fault as well; the change as a whole is refused anyway.
 */
#include "vios-core/model/config_ops.h"

#include <string.h>

static json_t *attrs_copy(struct change *change, json_t *attrs)
{
	json_t *copy = attrs != NULL ? json_deep_copy(attrs) : json_object();

	if (copy == NULL)
		change->s.no_memory = true;
	return copy;
}

static void fault_at(struct change *change, const char *member, const char *text)
{
	size_t was = schema_push(&change->s, member, 0);

	schema_fault(&change->s, "%s", text);
	schema_pop(&change->s, was);
}

static const char *owner_member(enum config_kind kind)
{
	return kind == CONFIG_VETH ? "client" : "vios";
}

static bool put_word(struct change *change, json_t *attrs, const char *member, const char *word)
{
	if (json_object_set_new(attrs, member, json_string(word)) == 0)
		return true;
	change->s.no_memory = true;
	return false;
}

/* The op's name becomes a member; attrs must not say another one. */
static bool put_name(struct change *change, const struct op *op, json_t *attrs)
{
	char owner[MODEL_NAME_MAX + 1], key[MODEL_NAME_MAX + 1];
	const char *member = owner_member(op->kind), *said;

	if (json_object_get(attrs, "name") != NULL) {
		fault_at(change, "name", "the name stands beside attrs; leave it out here");
		return false;
	}
	if (op->name[0] == '\0')
		return true;
	config_name_split(op->kind, op->name, owner, key);
	if (owner[0] != '\0') {
		said = json_string_value(json_object_get(attrs, member));
		if (json_object_get(attrs, member) != NULL &&
			(said == NULL || strcmp(said, owner) != 0)) {
			fault_at(
				change, member, "it is another one than in the name; leave it out");
			return false;
		}
		if (!put_word(change, attrs, member, owner))
			return false;
	}
	return put_word(change, attrs, "name", key);
}

static void read_object(struct change *change, enum config_kind kind, json_t *attrs, void *object)
{
	const struct config_kind_row *row = &config_kind_rows[kind];

	memset(object, 0, row->size);
	if (row->init != NULL)
		row->init(object);
	schema_object(&change->s, row->fields, object, attrs);
}

static void note_created(struct change *change, enum config_kind kind, const void *object)
{
	char name[CONFIG_NAME_MAX + 1];

	config_name(kind, object, name);
	if (json_array_append_new(change->created,
		    json_pack("{s:s, s:s}", "kind", config_kind_name(kind), "name", name)) < 0)
		change->s.no_memory = true;
}

static void insert(struct change *change, enum config_kind kind, const void *object)
{
	const struct config_kind_row *row = &config_kind_rows[kind];

	if (((const char *)object)[row->key] == '\0')
		return;
	if (config_count(change->config, kind) >= row->most) {
		schema_fault(&change->s, "a frame has at most %zu of kind %s; remove one",
			row->most, row->name);
		return;
	}
	if (config_insert(change->config, kind, object) < 0)
		change->s.no_memory = true;
	note_created(change, kind, object);
}

void config_op_add(struct change *change, const struct op *op)
{
	union config_object object;
	json_t *attrs = attrs_copy(change, op->attrs);
	size_t was = schema_push(&change->s, "attrs", 0);

	if (attrs != NULL && put_name(change, op, attrs)) {
		config_fill(change, op->kind, attrs);
		read_object(change, op->kind, attrs, &object);
		schema_pop(&change->s, was);
		insert(change, op->kind, &object);
	}
	schema_pop(&change->s, was);
	json_decref(attrs);
}

static const char *nearest(struct change *change, const struct op *op, char name[])
{
	size_t best = SIZE_MAX, n = config_count(change->config, op->kind);
	char candidate[CONFIG_NAME_MAX + 1];

	name[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		config_name(op->kind, config_item(change->config, op->kind, i), candidate);
		if (suggest_nearer(op->name, candidate, &best))
			memcpy(name, candidate, sizeof(candidate));
	}
	return name;
}

ptrdiff_t config_op_find(struct change *change, const struct op *op)
{
	char owner[MODEL_NAME_MAX + 1], key[MODEL_NAME_MAX + 1], meant[CONFIG_NAME_MAX + 1];
	const char *kind = config_kind_name(op->kind);
	ptrdiff_t at;
	size_t was;

	if (op->kind == CONFIG_FRAME &&
		(op->name[0] == '\0' || strcmp(op->name, change->config->frame.name) == 0))
		return 0;
	if (op->name[0] == '\0') {
		fault_at(change, "name", "is missing; add it");
		return -1;
	}
	config_name_split(op->kind, op->name, owner, key);
	at = op->kind == CONFIG_FRAME ? -1 : config_index(change->config, op->kind, owner, key);
	if (at >= 0)
		return at;
	was = schema_push(&change->s, "name", 0);
	if (nearest(change, op, meant)[0] != '\0')
		schema_fault(&change->s, "there is no %s \"%s\"; did you mean \"%s\"?", kind,
			op->name, meant);
	else
		schema_fault(&change->s, "there is no %s \"%s\"; add it first", kind, op->name);
	schema_pop(&change->s, was);
	return -1;
}

/* RFC 7396, but a null where there is nothing stays, for the schema to refuse it: it is a typing
 * error. Depth is bounded by that of the object's own text. */
static bool merge(json_t *into, json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach(patch, name, value)
	{
		json_t *old = json_object_get(into, name);

		if (json_is_null(value) && old != NULL) {
			json_object_del(into, name);
		} else if (json_is_object(value) && json_is_object(old)) {
			if (!merge(old, value))
				return false;
		} else if (json_object_set_new(into, name, json_deep_copy(value)) < 0) {
			return false;
		}
	}
	return true;
}

static const struct schema_field *fixed_field(enum config_kind kind, const char *name)
{
	const struct schema_field *f = config_kind_rows[kind].fields;

	while (f->name != NULL && !(f->fixed && strcmp(f->name, name) == 0))
		f++;
	return f->name != NULL ? f : NULL;
}

/* What cannot be changed stays, so that one fault does not make others. */
static void keep_fixed(struct change *change, const struct op *op, json_t *now, json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach(op->attrs, name, value)
	{
		if (fixed_field(op->kind, name) == NULL)
			continue;
		if (!json_equal(value, json_object_get(now, name)))
			fault_at(change, name,
				"it cannot be changed; remove the object and add it anew");
		json_object_del(patch, name);
	}
}

/* Another backing device must be as free as for a new target; its own is no obstacle. */
static void check_moved(struct change *change, const struct op *op, json_t *merged)
{
	const struct config_vtd *vtd = config_find(change->config, CONFIG_VTD, op->name);
	const char *backing = json_string_value(json_object_get(merged, "backing"));

	if (vtd != NULL && backing != NULL && strcmp(vtd->backing, backing) != 0)
		config_check_mapped(change, merged);
	json_object_del(merged, "force");
}

static void read_merged(struct change *change, const struct op *op, json_t *merged, void *object)
{
	json_t *patch = attrs_copy(change, op->attrs);
	size_t was = schema_push(&change->s, "attrs", 0);

	if (patch != NULL) {
		keep_fixed(change, op, merged, patch);
		if (!merge(merged, patch))
			change->s.no_memory = true;
	}
	if (op->kind == CONFIG_SEA)
		config_fill_sides(change, merged);
	if (op->kind == CONFIG_VTD && json_object_get(op->attrs, "backing") != NULL)
		check_moved(change, op, merged);
	read_object(change, op->kind, merged, object);
	schema_pop(&change->s, was);
	json_decref(patch);
}

void config_op_set(struct change *change, const struct op *op)
{
	ptrdiff_t at = config_op_find(change, op);
	union config_object object;
	json_t *merged;
	void *item;

	if (at < 0)
		return;
	item = config_item(change->config, op->kind, (size_t)at);
	merged = config_object_json(op->kind, item);
	if (merged == NULL) {
		change->s.no_memory = true;
		return;
	}
	read_merged(change, op, merged, &object);
	/* Its place in the list is that of its name, which stays. */
	if (config_compare(op->kind, &object, item) == 0)
		memcpy(item, &object, config_kind_rows[op->kind].size);
	json_decref(merged);
}
