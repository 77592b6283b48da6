// SPDX-License-Identifier: BSD-3-Clause
/* view_lsdev.c - adapters and disks of the VIOS, and what the pair makes of them. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/view.h"

#include <stdio.h>
#include <string.h>

const char *const view_lsdev_types[] = {"adapter", "aggregation", "disk", "ent4sea", "ethernet",
	"file", "lv", "optical", "sea", NULL};

struct listing {
	const struct facts *facts;
	const struct lsdev_ask *ask;
	json_t *records;
};

/* class: "adapter", "disk", "sea", "vtd", ...; type: a finer one. */
static bool is_wanted(const struct lsdev_ask *ask, const char *name, const char *bare_name,
	const char *class, const char *type)
{
	if (ask->name && strcmp(ask->name, name) != 0 && strcmp(ask->name, bare_name) != 0)
		return false;
	if (!ask->type)
		return true;
	if (strcmp(ask->type, "ent4sea") == 0)
		return strcmp(class, "adapter") == 0 &&
		       (strcmp(type, "ethernet") == 0 || strcmp(type, "aggregation") == 0);
	return strcmp(ask->type, class) == 0 || strcmp(ask->type, type) == 0;
}

static void add(struct listing *l, const char *vios, const char *name, const char *class,
	const char *type, const char *status, const char *description)
{
	struct view_name full = vios ? view_name(l->facts, vios, name) : (struct view_name){""};

	if (!vios)
		snprintf(full.text, sizeof(full.text), "%s", name);
	if (!is_wanted(l->ask, full.text, name, class, type))
		return;
	json_array_append_new(l->records,
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", full.text, "status", status,
			"description", description, "class", class, "type", type));
}

/* What is configured has the name that it has there, on both sides; the kernel's may change. */
static const char *device_name(const struct facts *facts, const char *vios, const json_t *device)
{
	const char *uplink = jx_text(json_object_get(device, "attrs"), "uplink");
	const json_t *backing =
		jx_is(device, "class", "disk") ? view_device_backing(facts, device, vios) : NULL;

	if (backing)
		return jx_text(backing, "name");
	return uplink[0] ? uplink : jx_text(device, "name");
}

static const char *backing_description(const json_t *backing)
{
	if (jx_text(backing, "repository")[0])
		return "Virtual Optical Media";
	return jx_is(backing, "type", "lv") ? "Logical Volume" : "File";
}

/* What was found in the VIOS, then what is configured there and was not found. */
static void physical(struct listing *l, const char *vios)
{
	const json_t *list = json_object_get(l->facts->devices, vios), *device, *object;
	size_t i;

	json_array_foreach(list, i, device) add(l, vios, device_name(l->facts, vios, device),
		jx_text(device, "class"), jx_text(device, "type"), jx_text(device, "status"),
		jx_text(device, "description"));
	json_array_foreach(json_object_get(l->facts->state, "physical"), i, object)
	{
		const char *name = jx_text(object, "name");
		if (jx_is(object, "vios", vios) && jx_is(object, "type", "aggregation"))
			add(l, vios, name, "adapter", "aggregation", "Available",
				OBJECT_AGGREGATION);
		else if (jx_is(object, "vios", vios) && !view_adapter_device(l->facts, vios, name))
			add(l, vios, name, "adapter", jx_text(object, "type"), "Defined",
				"Physical Adapter, not found");
	}
	json_array_foreach(json_object_get(l->facts->state, "backing"), i, object)
	{
		const char *name = jx_text(object, "name");
		bool disk = jx_is(object, "type", "disk");
		if (!json_object_get(json_object_get(object, "path"), vios))
			continue;
		if (!disk)
			add(l, vios, name, jx_text(object, "type"), jx_text(object, "type"),
				"Available", backing_description(object));
		else if (!view_backing_device(l->facts, object, vios) &&
			 !jx_find(list, "name", name))
			add(l, vios, name, "disk", "disk", "Defined", "Disk, not found");
	}
}

static void seas(struct listing *l)
{
	const json_t *sea, *side;
	const char *vios;
	size_t i;

	json_array_foreach(json_object_get(l->facts->state, "sea"), i, sea)
	{
		json_object_foreach(json_object_get(sea, "sides"), vios, side)
		{
			const char *ent = jx_text(side, "ent");
			if (view_wants(l->facts, vios))
				add(l, vios, ent[0] ? ent : jx_text(sea, "name"), "adapter", "sea",
					"Available", "Shared Ethernet Adapter");
		}
	}
}

static const char *vtd_description(const struct facts *facts, const json_t *vtd)
{
	const json_t *backing =
		jx_find(json_object_get(facts->state, "backing"), "name", jx_text(vtd, "backing"));

	if (jx_is(vtd, "type", "optical"))
		return "Virtual Target Device - File-backed Optical";
	if (jx_is(backing, "type", "lv"))
		return "Virtual Target Device - Logical Volume";
	if (jx_is(backing, "type", "file"))
		return "Virtual Target Device - File-backed Disk";
	return "Virtual Target Device - Disk";
}

static void virtual(struct listing *l)
{
	const json_t *object;
	size_t i;

	json_array_foreach(json_object_get(l->facts->state, "veth"), i, object)
		add(l, NULL, object_slot("veth", object).text, "adapter", "ethernet", "Available",
			"Virtual I/O Ethernet Adapter");
	json_array_foreach(json_object_get(l->facts->state, "vhost"), i, object)
		add(l, NULL, jx_text(object, "name"), "adapter", "vhost", "Available",
			"Virtual SCSI Server Adapter");
	json_array_foreach(json_object_get(l->facts->state, "vtd"), i, object)
		add(l, NULL, jx_text(object, "name"), "vtd",
			jx_is(object, "type", "optical") ? "optical" : "vtd", "Available",
			vtd_description(l->facts, object));
	seas(l);
}

json_t *view_lsdev(
	const struct facts *facts, const struct lsdev_ask *ask, char fault[VIEW_FAULT_BYTES])
{
	struct listing l = {facts, ask, json_array()};
	json_t *vios;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "vios"), i, vios)
	{
		const char *name = jx_text(vios, "name");
		if (!ask->virtual_only && view_wants(facts, name))
			physical(&l, name);
	}
	virtual(&l);
	if (json_array_size(l.records) > 0 || !ask->name)
		return l.records;
	json_decref(l.records);
	snprintf(fault, VIEW_FAULT_BYTES, "%.64s is no device%s%.32s; see viosctl lsdev", ask->name,
		facts->vios ? " of " : "", facts->vios ? facts->vios : "");
	return NULL;
}

static void add_attribute(
	json_t *records, const char *vios, const char *name, const struct jx_value *value)
{
	char full[128];

	snprintf(full, sizeof(full), "%.31s%s%.64s", vios, vios[0] ? "." : "", name);
	json_array_append_new(records, json_pack("{s:s, s:s, s:s, s:b}", "attribute", full, "value",
					       value->text, "description", "", "user_settable", 0));
}

/* Of several warnings each has a line. */
static void add_value(json_t *records, const char *vios, const char *key, const json_t *value)
{
	struct jx_value shown = jx_show(value);
	json_t *one;
	size_t i;

	if (strcmp(key, "warnings") != 0 || json_array_size(value) < 2) {
		add_attribute(records, vios, key, &shown);
		return;
	}
	json_array_foreach(value, i, one)
	{
		shown = jx_show(one);
		add_attribute(records, vios, key, &shown);
	}
}

json_t *view_device_attrs(const struct facts *facts, const char *name, const char *attribute)
{
	const json_t *list, *device;
	json_t *records = json_array(), *value;
	const char *vios, *key;
	size_t i;

	json_object_foreach((json_t *)facts->devices, vios, list)
	{
		json_array_foreach(list, i, device)
		{
			const char *known = device_name(facts, vios, device);
			struct view_name full = view_name(facts, vios, known);
			if (!view_wants(facts, vios) ||
				(strcmp(known, name) != 0 && strcmp(full.text, name) != 0 &&
					!jx_is(device, "name", name)))
				continue;
			json_object_foreach(json_object_get(device, "attrs"), key, value)
			{
				if (!attribute || strcmp(attribute, key) == 0)
					add_value(records, facts->vios ? "" : vios, key, value);
			}
		}
	}
	if (json_array_size(records) > 0)
		return records;
	json_decref(records);
	return NULL;
}
