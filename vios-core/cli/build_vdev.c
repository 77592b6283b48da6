// SPDX-License-Identifier: BSD-3-Clause
/* build_vdev.c - virtual target devices and SEAs as operations of a change. Pure; operations belong
 * to the caller's list. */
#include "vios-core/cli/attr.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SIDES_MAX 8
#define NAME_BYTES 32

/* A disk of a VIOS by its name there; *side: the VIOS. NULL: none. */
static const json_t *find_disk(const struct facts *facts, const char *name, const char **side)
{
	const json_t *list, *device = NULL;
	const char *vios;

	json_object_foreach((json_t *)facts->devices, vios, list)
	{
		const json_t *one = jx_find(list, "name", name);
		if (!view_wants(facts, vios) || !jx_is(one, "class", "disk") || device)
			continue;
		device = one;
		*side = vios;
	}
	return device;
}

static const char *of_device(const json_t *device, const char *attribute)
{
	return jx_text(json_object_get(device, "attrs"), attribute);
}

/* The same disk on the other side: by what identifies it, whatever it is called there. */
static const json_t *same_disk(const json_t *list, const json_t *device)
{
	static const char *const keys[] = {"identity", "wwid"};
	json_t *other;
	size_t i;

	for (size_t k = 0; k < 2; k++) {
		const char *key = of_device(device, keys[k]);
		json_array_foreach(list, i,
			other) if (key[0] && jx_is(other, "class", "disk") &&
				   strcmp(of_device(other, keys[k]), key) == 0) return other;
		if (key[0])
			return NULL;
	}
	return NULL;
}

static void copy_facts(json_t *attrs, const json_t *device)
{
	static const char *const copied[][2] = {{"wwid", "wwid"}, {"size_bytes", "size_bytes"},
		{"block_bytes", "block_bytes"}, {"block_bytes", "logical_block_bytes"}};
	const json_t *from = json_object_get(device, "attrs");

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
		json_t *value = json_object_get(from, copied[i][1]);
		if (value && !json_is_null(value))
			json_object_set(attrs, copied[i][0], value);
	}
	if (of_device(device, "identity")[0])
		jx_put_text(attrs, "unique_id", of_device(device, "identity"));
	if (json_is_true(json_object_get(from, "read_only")))
		jx_put(attrs, "read_only", json_true());
}

static json_t *disk_attrs(const struct facts *facts, const json_t *device, const char *side)
{
	const char *type = jx_is(device, "type", "lv")	      ? "lv"
			   : jx_is(device, "type", "optical") ? "optical"
							      : "disk";
	json_t *attrs = json_pack("{s:s, s:{}}", "type", type, "path"), *list;
	const char *vios;

	json_object_foreach((json_t *)facts->devices, vios, list)
	{
		const json_t *here = strcmp(vios, side) == 0 ? device : same_disk(list, device);
		if (here && of_device(here, "path")[0])
			jx_put_text(json_object_get(attrs, "path"), vios, of_device(here, "path"));
	}
	copy_facts(attrs, device);
	return attrs;
}

/* hdiskN: what the kernel calls a disk may be another disk after the next start. */
static void disk_name(const struct facts *facts, const char *name, char out[NAME_BYTES])
{
	const json_t *list = json_object_get(facts->state, "backing"), *devices;
	const char *vios;

	snprintf(out, NAME_BYTES, "%s", name);
	if (strncmp(name, "hdisk", 5) == 0 && !jx_find(list, "name", name))
		return;
	for (unsigned n = 0, used = 1; used; n++) {
		snprintf(out, NAME_BYTES, "hdisk%u", n);
		used = jx_find(list, "name", out) != NULL;
		json_object_foreach((json_t *)facts->devices, vios, devices) used |=
			jx_find(devices, "name", out) != NULL;
	}
}

/* A name for a file: its own, without what a name may not have. */
static void file_name(const char *path, char name[NAME_BYTES])
{
	const char *last = strrchr(path, '/') + 1;
	size_t n = 0;

	for (; *last && *last != '.' && n < NAME_BYTES - 1; last++)
		if (isalnum((unsigned char)*last) || *last == '_' || *last == '-')
			name[n++] = *last;
	name[n] = '\0';
	if (!isalpha((unsigned char)name[0]))
		snprintf(name, NAME_BYTES, "file0");
}

static json_t *file_attrs(const struct facts *facts, const char *path)
{
	json_t *attrs = json_pack("{s:s, s:{}}", "type", "file", "path"), *vios;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "vios"), i, vios)
		jx_put_text(json_object_get(attrs, "path"), jx_text(vios, "name"), path);
	return attrs;
}

static int need_disk(const struct facts *facts, const char *vdev, char name[NAME_BYTES],
	json_t *ops, char *fault)
{
	const char *side = NULL;
	const json_t *device = find_disk(facts, vdev, &side), *known;

	if (!device) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is no disk of %.32s; see viosctl lsdev -type disk", vdev,
			facts->vios ? facts->vios : "a VIOS");
		return -ENOENT;
	}
	known = view_device_backing(facts, device, side);
	if (known) {
		snprintf(name, NAME_BYTES, "%s", jx_text(known, "name"));
		return 0;
	}
	disk_name(facts, vdev, name);
	build_op(ops, "add", "backing", name, disk_attrs(facts, device, side));
	return 0;
}

static int need_file(const struct facts *facts, const char *path, char name[NAME_BYTES],
	json_t *ops, char *fault)
{
	const json_t *known, *at;
	const char *vios;
	bool same = true;

	file_name(path, name);
	known = jx_find(json_object_get(facts->state, "backing"), "name", name);
	if (!known) {
		build_op(ops, "add", "backing", name, file_attrs(facts, path));
		return 0;
	}
	json_object_foreach(json_object_get(known, "path"), vios, at) same =
		same && json_is_string(at) && strcmp(json_string_value(at), path) == 0;
	if (same)
		return 0;
	snprintf(fault, BUILD_FAULT_BYTES,
		"%.80s would be called %s, which is another backing device; rename the file", path,
		name);
	return -ENOENT;
}

/* name: what the backing device is called; it is added to ops if it is none yet. */
static int need_backing(const struct facts *facts, const char *vdev, char name[NAME_BYTES],
	json_t *ops, char *fault)
{
	if (vdev[0] == '/')
		return need_file(facts, vdev, name, ops, fault);
	snprintf(name, NAME_BYTES, "%s", vdev);
	if (jx_find(json_object_get(facts->state, "backing"), "name", name))
		return 0;
	return need_disk(facts, vdev, name, ops, fault);
}

/* A drive for what is optical: it is there, or the last operation adds it. */
static const char *type_of(const struct facts *facts, const char *backing, const json_t *ops)
{
	const json_t *known = jx_find(json_object_get(facts->state, "backing"), "name", backing);
	const json_t *added = json_array_get(ops, json_array_size(ops) - 1);

	if (!known)
		known = json_object_get(added, "attrs");
	return !backing[0] || jx_is(known, "type", "optical") ? "optical" : "disk";
}

int build_vtd(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *vdev = args_get(args, "vdev");
	struct object vhost;
	char backing[NAME_BYTES] = "";
	int r = object_of_kind(facts->state, "vhost", "virtual SCSI server adapter",
		args_get(args, "vadapter"), &vhost, fault);

	if (r == 0 && vdev)
		r = need_backing(facts, vdev, backing, ops, fault);
	if (r < 0)
		return r;
	json_t *attrs = json_pack("{s:s, s:s, s:s}", "vhost", vhost.name, "backing", backing,
		"type", type_of(facts, backing, ops));
	if (args_has(args, "lun"))
		jx_put(attrs, "lun", json_integer(args_number(args, "lun")));
	if (args_has(args, "f"))
		jx_put(attrs, "force", json_true());
	build_op(ops, "add", "vtd", args_get(args, "dev"), attrs);
	return 0;
}

static size_t sea_sides(const struct facts *facts, const char *real, const char **sides)
{
	json_t *physical;
	size_t n = 0, i;

	json_array_foreach(json_object_get(facts->state, "physical"), i, physical)
	{
		const char *vios = jx_text(physical, "vios");
		if (jx_is(physical, "name", real) && view_wants(facts, vios) && n < SIDES_MAX)
			sides[n++] = vios;
	}
	return n;
}

/* Those that have found a port of this name. */
static size_t port_sides(const struct facts *facts, const char *port, const char **sides)
{
	json_t *vios;
	size_t n = 0, i;

	json_array_foreach(json_object_get(facts->state, "vios"), i, vios)
	{
		const char *name = jx_text(vios, "name");
		if (view_wants(facts, name) && build_has_port(facts, name, port) && n < SIDES_MAX)
			sides[n++] = name;
	}
	return n;
}

static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list;; at++) {
		size_t word = strcspn(at, ",");
		if (word == length && strncmp(at, name, length) == 0)
			return true;
		at += word;
		if (!*at)
			return false;
	}
}

static int sea_attrs(const struct args *args, const char *real, const char *const *sides, size_t n,
	json_t *attrs, char *fault)
{
	const struct attr *names = attr_find("sea", "virt_adapters");
	json_t *of_side = json_object();
	const char *pair;
	size_t at = 0;
	int r = 0;

	jx_put(attrs, "pvid", json_integer(args_number(args, "defaultid")));
	jx_put(attrs, "virt_adapters", attr_read(names, args_get(args, "vadapter")));
	for (size_t i = 0; i < n; i++)
		jx_put(of_side, sides[i], json_pack("{s:s}", "real_adapter", real));
	jx_put(attrs, "sides", of_side);
	while (r == 0 && (pair = args_next(args, "attr", &at)))
		r = attr_set("sea", pair, sides, n, attrs, fault);
	return r;
}

int build_sea(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *real = args_get(args, "sea"), *pvid_adapter = args_get(args, "default");
	const char *sides[SIDES_MAX], *dev = args_get(args, "dev");
	const json_t *known =
		dev ? jx_find(json_object_get(facts->state, "sea"), "name", dev) : NULL;
	size_t n = sea_sides(facts, real, sides);
	char added[BUILD_NAME_BYTES];

	if (!is_listed(args_get(args, "vadapter"), pvid_adapter)) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"-default %.64s is not among -vadapter %.80s; give one of them",
			pvid_adapter, args_get(args, "vadapter"));
		return -EINVAL;
	}
	if (n == 0 && (n = port_sides(facts, real, sides)) > 0) {
		build_physical(facts, sides, n, real, ops, added);
		real = added;
	}
	if (n == 0) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is no physical adapter of %.32s; see viosctl lsdev -type ent4sea",
			real, facts->vios ? facts->vios : "a VIOS");
		return -ENOENT;
	}
	json_t *attrs = json_object();
	int r = sea_attrs(args, real, sides, n, attrs, fault);
	if (r == 0)
		build_op(ops, known ? "set" : "add", "sea", dev, json_incref(attrs));
	json_decref(attrs);
	return r;
}

static int remove_mappings(const struct facts *facts, const char *vdev, json_t *ops, char *fault)
{
	json_t *vtd;
	size_t i, n = 0;

	json_array_foreach(json_object_get(facts->state, "vtd"), i, vtd)
	{
		if (!jx_is(vtd, "backing", vdev))
			continue;
		build_op(ops, "remove", "vtd", jx_text(vtd, "name"), NULL);
		n++;
	}
	if (n > 0)
		return 0;
	snprintf(fault, BUILD_FAULT_BYTES, "%.64s is mapped nowhere; see viosctl lsmap -all", vdev);
	return -ENOENT;
}

int build_rmvdev(
	const struct facts *facts, const char *dev, const char *vdev, json_t *ops, char *fault)
{
	struct object object;

	if (vdev)
		return remove_mappings(facts, vdev, ops, fault);
	int r = object_find(facts->state, dev, facts->vios, &object, fault);
	if (r < 0)
		return r;
	if (strcmp(object.kind, "vtd") != 0 && strcmp(object.kind, "sea") != 0 &&
		strcmp(object.kind, "backing") != 0 && !jx_is(object.json, "type", "aggregation")) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is no virtual device that rmvdev removes; see rmvadapter, rmclient",
			dev);
		return -ENOENT;
	}
	build_op(ops, "remove", object.kind, object.name, NULL);
	return 0;
}
