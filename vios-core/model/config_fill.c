/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_fill.c - what an added object gets that its op left out: numbers, names, addresses. Pure;
 * any thread. It works on a copy of the op's attributes, before they are read by the schema, so
 * that what is given out is checked like what operators write.
 */
#include <stdio.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"
#include "vios-core/model/config_names.h"
#include "vios-core/model/config_ops.h"

static void give(struct change *change, json_t *object, const char *member, json_t *value)
{
	if (json_object_set_new(object, member, value) < 0)
		change->s.no_memory = true;
}

static bool lacks(json_t *object, const char *member)
{
	return json_object_get(object, member) == NULL;
}

static const char *text_of(json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL && model_name_valid(text) ? text : "";
}

static void fill_id(struct change *change, json_t *attrs)
{
	size_t was = schema_push(&change->s, "id", 0);

	if (!lacks(attrs, "id"))
		schema_fault(&change->s, "adapters are given their ids; leave it out");
	else if (change->config->next_id > UINT32_MAX)
		schema_fault(&change->s, "all %u ids have been used; start with a new frame.json",
			UINT32_MAX);
	else
		give(change, attrs, "id", json_integer((json_int_t)change->config->next_id++));
	schema_pop(&change->s, was);
}

static void fill_veth(struct change *change, json_t *attrs)
{
	char name[MODEL_NAME_MAX + 1];
	uint8_t mac[6];

	fill_id(change, attrs);
	if (lacks(attrs, "mac")) {
		config_free_mac(change->config, (uint32_t)(change->config->next_id - 1), mac);
		give(change, attrs, "mac", json_string(adapter_mac_show(mac).text));
	}
	if (!lacks(attrs, "name"))
		return;
	if (!config_free_adapter(change->config, text_of(attrs, "client"), "eth", name))
		change->s.no_memory = true;
	else
		give(change, attrs, "name", json_string(name));
}

static void fill_client_adapter(struct change *change, json_t *attrs)
{
	json_t *both = json_object_get(attrs, "client_adapter");
	const char *text = json_string_value(both);
	char client[MODEL_NAME_MAX + 1], adapter[MODEL_NAME_MAX + 1];
	size_t was = schema_push(&change->s, "client_adapter", 0);

	if (both != NULL && (!lacks(attrs, "client") || !lacks(attrs, "adapter")))
		schema_fault(&change->s, "client and adapter are there, too; keep one way");
	else if (both != NULL &&
		 (text == NULL || !config_name_split(CONFIG_VETH, text, client, adapter)))
		schema_fault(&change->s, "%s is not an adapter; write it as lpar1/scsi0",
			schema_show(both).text);
	else if (both != NULL) {
		give(change, attrs, "client", json_string(client));
		give(change, attrs, "adapter", json_string(adapter));
	}
	json_object_del(attrs, "client_adapter");
	schema_pop(&change->s, was);
}

static void fill_vhost(struct change *change, json_t *attrs)
{
	char name[MODEL_NAME_MAX + 1];

	fill_id(change, attrs);
	fill_client_adapter(change, attrs);
	if (lacks(attrs, "adapter")) {
		if (!config_free_adapter(change->config, text_of(attrs, "client"), "scsi", name))
			change->s.no_memory = true;
		else
			give(change, attrs, "adapter", json_string(name));
	}
	if (!lacks(attrs, "name"))
		return;
	if (!config_free_name(change->config, CONFIG_VHOST, "vhost", name))
		change->s.no_memory = true;
	else
		give(change, attrs, "name", json_string(name));
}

static const struct config_backing *backing_of(struct change *change, json_t *attrs)
{
	ptrdiff_t at = config_index(change->config, CONFIG_BACKING, "", text_of(attrs, "backing"));

	return at >= 0 ? &change->config->backing[at] : NULL;
}

/* As mkvdev without -f: a disk that another client has would be written by both. */
void config_check_mapped(struct change *change, json_t *attrs)
{
	const struct config_backing *backing = backing_of(change, attrs);
	const struct config *config = change->config;
	json_t *force = json_object_get(attrs, "force");
	size_t was;

	if (force != NULL && !json_is_boolean(force)) {
		was = schema_push(&change->s, "force", 0);
		schema_fault(&change->s, "%s is neither true nor false; write one of them",
			schema_show(force).text);
		schema_pop(&change->s, was);
	}
	for (size_t i = 0; i < config->n_vtd && backing != NULL; i++) {
		if (strcmp(config->vtd[i].backing, backing->name) != 0 ||
			backing->type == CONFIG_OPTICAL || json_is_true(force))
			continue;
		was = schema_push(&change->s, "backing", 0);
		schema_fault(&change->s,
			"%s is mapped by %s already; choose another one, or set force to share it",
			backing->name, config->vtd[i].name);
		schema_pop(&change->s, was);
		break;
	}
	json_object_del(attrs, "force");
}

static void fill_lun(struct change *change, json_t *attrs)
{
	const char *vhost = text_of(attrs, "vhost");
	uint16_t lun = config_free_lun(change->config, vhost);
	size_t was;

	if (lun != 0) {
		give(change, attrs, "lun", json_integer(lun));
		return;
	}
	was = schema_push(&change->s, "lun", 0);
	schema_fault(&change->s, "%s has no free LUN; use another server adapter", vhost);
	schema_pop(&change->s, was);
}

static void fill_vtd(struct change *change, json_t *attrs)
{
	const struct config_backing *backing = backing_of(change, attrs);
	char name[MODEL_NAME_MAX + 1];
	bool optical;

	config_check_mapped(change, attrs);
	if (lacks(attrs, "type") && backing != NULL && backing->type == CONFIG_OPTICAL)
		give(change, attrs, "type", json_string("optical"));
	if (lacks(attrs, "lun"))
		fill_lun(change, attrs);
	if (!lacks(attrs, "name"))
		return;
	optical = strcmp(text_of(attrs, "type"), "optical") == 0;
	if (!config_free_name(change->config, CONFIG_VTD, optical ? "vtopt" : "vtscsi", name))
		change->s.no_memory = true;
	else
		give(change, attrs, "name", json_string(name));
}

void config_fill_sides(struct change *change, json_t *attrs)
{
	json_t *sides = json_object_get(attrs, "sides"), *side;
	json_t *trunks = json_object_get(attrs, "virt_adapters");
	char name[MODEL_NAME_MAX + 1];
	const char *vios;

	json_object_foreach(sides, vios, side)
	{
		if (!json_is_object(side) || !lacks(side, "ent") || !model_name_valid(vios))
			continue;
		if (!config_free_ent(change->config, trunks, vios, name))
			change->s.no_memory = true;
		else
			give(change, side, "ent", json_string(name));
	}
}

static void fill_sea(struct change *change, json_t *attrs)
{
	char name[MODEL_NAME_MAX + 1];

	config_fill_sides(change, attrs);
	if (!lacks(attrs, "name"))
		return;
	if (!config_free_name(change->config, CONFIG_SEA, "sea", name))
		change->s.no_memory = true;
	else
		give(change, attrs, "name", json_string(name));
}

static void fill_client(struct change *change, json_t *attrs)
{
	if (lacks(attrs, "id"))
		give(change, attrs, "id", json_integer(config_free_partition_id(change->config)));
}

void config_fill(struct change *change, enum config_kind kind, json_t *attrs)
{
	static void (*const fill[CONFIG_KINDS])(struct change *, json_t *) = {
		[CONFIG_CLIENT] = fill_client,
		[CONFIG_SEA] = fill_sea,
		[CONFIG_VETH] = fill_veth,
		[CONFIG_VHOST] = fill_vhost,
		[CONFIG_VTD] = fill_vtd,
	};

	if (fill[kind] != NULL)
		fill[kind](change, attrs);
}
