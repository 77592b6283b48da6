// SPDX-License-Identifier: BSD-3-Clause
/*
 * view_index.c - what views look up by name or identity, so that a large frame costs no more than
 * its size. Pure. The index holds references to the answers' objects; each part is made when a view
 * asks for it first, as most views need few:
 *
 *	{"backing ", "client ": {NAME: object}, "live ": {ADAPTER: of the status},
 *	 "vtds ": {VHOST: [...]}, "veths ", "vhosts ": {CLIENT: [...]},
 *	 "targets VIOS": {ADAPTER: of the status}, "devices VIOS", "backings VIOS": {"identity X",
 *"wwid X", "path X": object}}
 */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/view.h"

#include <stdio.h>
#include <string.h>

static const char *const keys[] = {"identity", "wwid", "path"};

#define KEYS (sizeof(keys) / sizeof(keys[0]))
#define KEY_BYTES 320

/* The first of a name is kept. */
static void put_first(json_t *object, const char *name, json_t *value)
{
	if (name[0] && !json_object_get(object, name))
		json_object_set(object, name, value);
}

static json_t *by_member(const json_t *list, const char *member)
{
	json_t *index = json_object(), *element;
	size_t i;

	json_array_foreach(list, i, element) put_first(index, jx_text(element, member), element);
	return index;
}

static json_t *grouped(const json_t *list, const char *member)
{
	json_t *index = json_object(), *element;
	size_t i;

	json_array_foreach(list, i, element)
	{
		const char *name = jx_text(element, member);
		if (!json_object_get(index, name))
			json_object_set_new(index, name, json_array());
		json_array_append(json_object_get(index, name), element);
	}
	return index;
}

static void put_key(json_t *index, const char *key, const char *value, json_t *object)
{
	char name[KEY_BYTES];

	snprintf(name, sizeof(name), "%s %s", key, value);
	if (value[0])
		put_first(index, name, object);
}

static json_t *disks(const json_t *devices)
{
	json_t *index = json_object(), *device;
	size_t i;

	json_array_foreach(devices, i, device) for (size_t k = 0; k < KEYS;
						    k++) if (jx_is(device, "class", "disk"))
		put_key(index, keys[k], jx_text(json_object_get(device, "attrs"), keys[k]), device);
	return index;
}

static json_t *backings(const json_t *list, const char *vios)
{
	json_t *index = json_object(), *backing;
	size_t i;

	json_array_foreach(list, i, backing)
	{
		put_key(index, "identity", jx_text(backing, "unique_id"), backing);
		put_key(index, "wwid", jx_text(backing, "wwid"), backing);
		put_key(index, "path", jx_text(json_object_get(backing, "path"), vios), backing);
	}
	return index;
}

void view_prepare(struct facts *facts)
{
	facts->index = json_object();
}

/* How a part of the index is made, when it is asked for first. */
static const struct part {
	const char *what, *list, *member;
	json_t *(*make)(const json_t *list, const char *member);
} parts[] = {
	{"backing", "backing", "name", by_member},
	{"client", "client", "name", by_member},
	{"vtds", "vtd", "vhost", grouped},
	{"veths", "veth", "client", grouped},
	{"vhosts", "vhost", "client", grouped},
};

static json_t *make(const struct facts *facts, const char *what, const char *vios)
{
	if (strcmp(what, "devices") == 0)
		return disks(json_object_get(facts->devices, vios));
	if (strcmp(what, "backings") == 0)
		return backings(json_object_get(facts->state, "backing"), vios);
	if (strcmp(what, "targets") == 0)
		return by_member(json_object_get(jx_find(json_object_get(facts->status, "vios"),
							 "name", vios),
					 "scsids"),
			"adapter");
	if (strcmp(what, "live") == 0)
		return by_member(json_object_get(facts->status, "adapters"), "adapter");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(what, parts[i].what) == 0)
			return parts[i].make(
				json_object_get(facts->state, parts[i].list), parts[i].member);
	return json_object();
}

/* vios: "" but for what each VIOS has of its own. */
static const json_t *part(const struct facts *facts, const char *what, const char *vios)
{
	char key[48];
	json_t *index;

	snprintf(key, sizeof(key), "%.12s %.31s", what, vios);
	index = json_object_get(facts->index, key);
	if (!index) {
		index = make(facts, what, vios);
		json_object_set_new(facts->index, key, index);
	}
	return index;
}

void view_done(struct facts *facts)
{
	json_decref(facts->index);
	facts->index = NULL;
}

const json_t *view_named(const struct facts *facts, const char *what, const char *name)
{
	return json_object_get(part(facts, what, ""), name);
}

const json_t *view_target(const struct facts *facts, const char *vios, const char *adapter)
{
	return json_object_get(part(facts, "targets", vios), adapter);
}

/* A path may be another disk's after a restart, so what identifies a disk comes first. */
static bool is_backing(const json_t *backing, const json_t *device, const char *path)
{
	const json_t *attrs = json_object_get(device, "attrs");
	const char *wwid = jx_text(backing, "wwid"), *id = jx_text(backing, "unique_id");

	if (id[0] && jx_text(attrs, "identity")[0])
		return jx_is(attrs, "identity", id);
	if (wwid[0] && jx_text(attrs, "wwid")[0])
		return jx_is(attrs, "wwid", wwid);
	return path[0] && jx_is(attrs, "path", path);
}

static const json_t *keyed(const json_t *index, size_t key, const char *value)
{
	char name[KEY_BYTES];

	snprintf(name, sizeof(name), "%s %s", keys[key], value);
	return json_object_get(index, name);
}

const json_t *view_backing_device(
	const struct facts *facts, const json_t *backing, const char *vios)
{
	const json_t *index = part(facts, "devices", vios);
	const char *path = jx_text(json_object_get(backing, "path"), vios);
	const char *values[KEYS] = {jx_text(backing, "unique_id"), jx_text(backing, "wwid"), path};

	for (size_t k = 0; k < KEYS; k++) {
		const json_t *device = keyed(index, k, values[k]);
		if (device && is_backing(backing, device, path))
			return device;
	}
	return NULL;
}

const json_t *view_device_backing(const struct facts *facts, const json_t *device, const char *vios)
{
	const json_t *index = part(facts, "backings", vios);
	const json_t *attrs = json_object_get(device, "attrs");

	for (size_t k = 0; k < KEYS; k++) {
		const json_t *backing = keyed(index, k, jx_text(attrs, keys[k]));
		const char *path = jx_text(json_object_get(backing, "path"), vios);
		if (backing && is_backing(backing, device, path))
			return backing;
	}
	return NULL;
}
