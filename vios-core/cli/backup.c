// SPDX-License-Identifier: BSD-3-Clause
/*
 * backup.c - the file of viosbr. Pure; texts and objects belong to the caller.
 *
 *	{"viosbr": 1, "date", "frame", "epoch", "version", "digest", "crc32", "state": {...}}
 *
 * crc32 is that of the state's canonical text (compact, sorted keys): a damaged file is refused.
 */
#include "vios-core/cli/backup.h"
#include "vios-core/cli/attr.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT 1

const char *const backup_types[] = {"vios", "client", "sea", "veth", "svsa", "disk", NULL};

static const struct section {
	const char *type, *kind, *title;
	const char *shown[4]; /* attributes after the name */
} sections[] = {
	{"vios", "vios", "Virtual I/O Servers", {"node_id", "memory_mb", "workers"}},
	{"vios", "physical", "Physical Adapters", {"type", "devargs"}},
	{"client", "client", "Client Partitions", {"id"}},
	{"sea", "sea", "Shared Ethernet Adapters", {"pvid", "vlans", "mtu"}},
	{"veth", "veth", "Virtual Ethernet Adapters", {"slot", "mac", "pvid", "vlans"}},
	{"svsa", "vhost", "Server Virtual SCSI Adapters", {"client", "adapter", "slot"}},
	{"svsa", "vtd", "Virtual Target Devices", {"vhost", "aix_tdev", "LogicalUnitAddr"}},
	{"disk", "backing", "Backing Devices", {"type", "wwid", "size_bytes"}},
};

static uint32_t checksum(const json_t *state)
{
	char *text = json_dumps(state, JSON_COMPACT | JSON_SORT_KEYS);
	uint32_t crc = text ? jx_crc32(text, strlen(text)) : 0;

	free(text);
	return crc;
}

char *backup_write(const json_t *config, const char *date)
{
	json_t *state = json_object_get(config, "state");
	json_t *file = json_pack("{s:i, s:s, s:s, s:I, s:I, s:s, s:I, s:O}", "viosbr", FORMAT,
		"date", date, "frame", jx_text(json_object_get(state, "frame"), "name"), "epoch",
		jx_int(config, "epoch"), "version", jx_int(config, "version"), "digest",
		jx_text(config, "digest"), "crc32", (json_int_t)checksum(state), "state", state);
	char *text = file ? json_dumps(file, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;

	json_decref(file);
	return text;
}

static const char *fault_of(const json_t *file)
{
	const json_t *state = json_object_get(file, "state");

	if (!json_is_integer(json_object_get(file, "viosbr")))
		return "is no backup of viosbr";
	if (jx_int(file, "viosbr") != FORMAT)
		return "has a later format; use the viosctl that wrote it";
	if (!json_is_object(state))
		return "is damaged: it has no state; use another backup";
	if (jx_int(file, "crc32") != checksum(state))
		return "is damaged: its checksum is wrong; use another backup";
	return NULL;
}

json_t *backup_read(const char *text, size_t n, char fault[BACKUP_FAULT_BYTES])
{
	json_t *file = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	const char *why = json_is_object(file) ? fault_of(file) : "is no backup of viosbr";

	if (!why)
		return file;
	snprintf(fault, BACKUP_FAULT_BYTES, "%s", why);
	json_decref(file);
	return NULL;
}

static void put_title(struct out *out, const char *title)
{
	out_add(out, "%s:\n", title);
	for (size_t i = 0; i <= strlen(title); i++)
		out_add(out, "=");
	out_add(out, "\n");
}

static void put_sides(struct out *out, const json_t *object)
{
	const json_t *side;
	const char *vios;

	json_object_foreach(json_object_get(object, "sides"), vios, side)
		out_add(out, "    %s: %s on %s, ha_mode %s, priority %lld\n", vios,
			jx_text(side, "ent"), jx_text(side, "real_adapter"),
			jx_text(side, "ha_mode"), (long long)jx_int(side, "priority"));
	json_object_foreach(json_object_get(object, "path"), vios, side) out_add(
		out, "    %s: %s\n", vios, json_is_string(side) ? json_string_value(side) : "");
}

static void put_object(struct out *out, const struct section *section, const json_t *object)
{
	char name[OBJECT_NAME_BYTES];

	if (strcmp(section->kind, "veth") == 0)
		snprintf(name, sizeof(name), "%s", object_slot("veth", object).text);
	else if (strcmp(section->kind, "physical") == 0)
		snprintf(name, sizeof(name), "%.35s/%.35s", jx_text(object, "vios"),
			jx_text(object, "name"));
	else
		snprintf(name, sizeof(name), "%s", jx_text(object, "name"));
	out_add(out, "%-16s", name);
	for (size_t i = 0; i < 4 && section->shown[i]; i++) {
		const struct attr *attr = attr_find(section->kind, section->shown[i]);
		struct jx_value value = attr_show(attr, object, NULL);
		out_add(out, " %s=%s", section->shown[i], value.text);
	}
	out_add(out, "\n");
	put_sides(out, object);
}

char *backup_view(const json_t *file, const char *name, const char *type)
{
	json_t *clean = jx_clean(file), *object;
	const json_t *state = json_object_get(clean, "state");
	struct out out = {0};
	size_t i;

	out_add(&out, "Details in: %s\nFrame: %s\nDate: %s\nEpoch: %lld\nVersion: %lld\n\n", name,
		jx_text(clean, "frame"), jx_text(clean, "date"), (long long)jx_int(clean, "epoch"),
		(long long)jx_int(clean, "version"));
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++) {
		if (type && strcmp(type, sections[s].type) != 0)
			continue;
		put_title(&out, sections[s].title);
		json_array_foreach(json_object_get(state, sections[s].kind), i, object)
			put_object(&out, &sections[s], object);
		out_add(&out, "\n");
	}
	json_decref(clean);
	return out_take(&out);
}
