/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_change.c - applies a change to a copy of the state: reads each op, carries it out, checks
 * all rules at the end. Pure; any thread; the old state stays as it was. Faults name the op and the
 * member, or the object that came out wrong.
 */
#include "vios-core/model/config_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"
#include "vios-core/model/config_ops.h"

static void read_op_name(struct schema *s, void *object, json_t *value)
{
	const char *text = json_string_value(value);
	char owner[MODEL_NAME_MAX + 1], key[MODEL_NAME_MAX + 1];

	if (value == NULL)
		return;
	/* Whether this kind has names with an owner is known when the whole op has been read. */
	if (text == NULL || !(config_name_split(CONFIG_VETH, text, owner, key) ||
				    config_name_split(CONFIG_VHOST, text, owner, key)))
		schema_fault(s, "%s is not the name of an object; write it as vhost0 or lpar1/eth0",
			schema_show(value).text);
	else
		memcpy(object, text, strlen(text) + 1);
}

static void read_attrs(struct schema *s, void *object, json_t *value)
{
	if (value != NULL && !json_is_object(value))
		schema_fault(s, "%s is not an object; write { ... }", schema_show(value).text);
	else
		memcpy(object, &value, sizeof(value));
}

static const char *const verbs[] = {"add", "remove", "set", NULL};
static const char *const kinds[] = {"backing", "client", "physical", "repository", "sea", "veth",
	"vhost", "vios", "vtd", "frame", NULL}; /* as enum config_kind */

/* clang-format off */
static const struct schema_field op_fields[] = {
	{"op",    .kind = SCHEMA_WORD, .words = verbs, MUST, AT(op, verb)},
	{"kind",  .kind = SCHEMA_WORD, .words = kinds, MUST, AT(op, kind)},
	{"name",  CUSTOM(read_op_name, NULL), AT(op, name)},
	{"attrs", CUSTOM(read_attrs, NULL), AT(op, attrs)},
	{NULL},
};
/* clang-format on */

static bool name_fits(struct change *change, const struct op *op)
{
	char owner[MODEL_NAME_MAX + 1], key[MODEL_NAME_MAX + 1];
	size_t was;

	if (op->name[0] == '\0' || config_name_split(op->kind, op->name, owner, key))
		return true;
	was = schema_push(&change->s, "name", 0);
	if (config_kind_rows[op->kind].owned)
		schema_fault(&change->s, "\"%s\" does not say whose it is; write it as %s/%s",
			op->name, op->kind == CONFIG_VETH ? "lpar1" : "vios1", op->name);
	else
		schema_fault(&change->s, "\"%s\" is not the name of a %s; leave out the /",
			op->name, config_kind_name(op->kind));
	schema_pop(&change->s, was);
	return false;
}

static void apply_op(struct change *change, json_t *value)
{
	static void (*const carry_out[])(struct change *, const struct op *) = {
		[VERB_ADD] = config_op_add,
		[VERB_REMOVE] = config_op_remove,
		[VERB_SET] = config_op_set,
	};
	struct op op = {.name = ""};
	size_t before = change->s.faults->n;

	schema_object(&change->s, op_fields, &op, value);
	if (change->s.faults->n != before || !name_fits(change, &op))
		return;
	if (op.kind == CONFIG_FRAME && op.verb != VERB_SET)
		schema_fault(&change->s, "the frame is always there; use \"set\"");
	else
		carry_out[op.verb](change, &op);
}

static void apply_ops(struct change *change, json_t *ops)
{
	struct schema *s = &change->s;
	size_t n = json_array_size(ops);
	size_t was = schema_push(s, "ops", 0);

	if (!json_is_array(ops) || n < 1 || n > CONFIG_OPS_MAX) {
		schema_fault(s,
			"is not a list of 1 to %d ops; write [ ... ], or make several changes",
			CONFIG_OPS_MAX);
		n = 0;
	}
	for (size_t i = 0; i < n && !s->no_memory; i++) {
		size_t outer = schema_push(s, NULL, i);

		apply_op(change, json_array_get(ops, i));
		schema_pop(s, outer);
	}
	schema_pop(s, was);
}

static void apply_change(struct change *change, json_t *value)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value)) {
		schema_fault(&change->s, "a change is an object; write {\"ops\": [ ... ]}");
		return;
	}
	json_object_foreach(value, name, member)
	{
		if (strcmp(name, "ops") != 0)
			schema_fault(
				&change->s, "there is no member \"%.40s\" here; remove it", name);
	}
	apply_ops(change, json_object_get(value, "ops"));
}

static int finish(const struct config *before, struct change *change, struct config_applied *out)
{
	int rc = -ENOMEM;

	change->config->format = config_format(change->config);
	if (!change->s.no_memory)
		rc = config_check(change->config, &change->s);
	if (rc < 0)
		return rc;
	if (change->s.faults->n > 0)
		return -EINVAL;
	return config_changed_ids(before, change->config, &out->ids, &out->n_ids);
}

int config_apply(const struct config *config, json_t *value, struct config_applied *out,
	struct model_faults *faults)
{
	struct change change = {.s = {.faults = faults}};
	int rc = -ENOMEM;

	memset(out, 0, sizeof(*out));
	faults->n = 0;
	change.config = config_copy(config);
	change.created = json_array();
	if (change.config != NULL && change.created != NULL) {
		apply_change(&change, value);
		rc = finish(config, &change, out);
	}
	if (rc < 0) {
		config_free(change.config);
		json_decref(change.created);
		return rc;
	}
	out->config = change.config;
	out->created = change.created;
	return 0;
}

void config_applied_fini(struct config_applied *applied)
{
	config_free(applied->config);
	json_decref(applied->created);
	free(applied->ids);
	memset(applied, 0, sizeof(*applied));
}
