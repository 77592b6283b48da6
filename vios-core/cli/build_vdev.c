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

/* A disk of a VIOS by its name there; *side: the VIOS. NULL: none, or two that are not the same. */
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

static const char *path_of(const json_t *device)
{
	const json_t *attrs = json_object_get(device, "attrs");
	const char *path = jx_text(attrs, "path");

	return path[0] ? path : jx_text(attrs, "device");
}

/* The same disk on the other side: by WWID, else by name. */
static const json_t *same_disk(const json_t *list, const json_t *device)
{
	const char *wwid = jx_text(json_object_get(device, "attrs"), "wwid");
	json_t *other;
	size_t i;

	if (!wwid[0])
		return jx_find(list, "name", jx_text(device, "name"));
	json_array_foreach(list, i,
		other) if (jx_is(other, "class", "disk") &&
			   jx_is(json_object_get(other, "attrs"), "wwid", wwid)) return other;
	return NULL;
}

static json_t *disk_attrs(const struct facts *facts, const json_t *device, const char *side)
{
	static const char *const copied[] = {"wwid", "size_bytes", "block_bytes"};
	json_t *attrs = json_pack("{s:s, s:{}}", "type", "disk", "path"), *list;
	const char *vios;

	json_object_foreach((json_t *)facts->devices, vios, list)
	{
		const json_t *here = strcmp(vios, side) == 0 ? device : same_disk(list, device);
		if (here && path_of(here)[0])
			jx_put_text(json_object_get(attrs, "path"), vios, path_of(here));
	}
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
		json_t *value = json_object_get(json_object_get(device, "attrs"), copied[i]);
		if (value)
			json_object_set(attrs, copied[i], value);
	}
	return attrs;
}

/* A name for a file: its own, without what a name may not have. */
static void file_name(const char *path, char name[32])
{
	const char *last = strrchr(path, '/') + 1;
	size_t n = 0;

	for (; *last && *last != '.' && n < 31; last++)
		if (isalnum((unsigned char)*last) || *last == '_' || *last == '-')
			name[n++] = *last;
	name[n] = '\0';
	if (!isalpha((unsigned char)name[0]))
		snprintf(name, 32, "file0");
}

static json_t *file_attrs(const struct facts *facts, const char *path)
{
	json_t *attrs = json_pack("{s:s, s:{}}", "type", "file", "path"), *vios;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "vios"), i, vios)
		jx_put_text(json_object_get(attrs, "path"), jx_text(vios, "name"), path);
	return attrs;
}

/* *name: what the backing device is called; it is added to ops if it is none yet. */
static int need_backing(
	const struct facts *facts, const char *vdev, char name[32], json_t *ops, char *fault)
{
	const json_t *list = json_object_get(facts->state, "backing"), *device;
	const char *side = NULL;

	if (vdev[0] == '/')
		file_name(vdev, name);
	else
		snprintf(name, 32, "%s", vdev);
	const json_t *known = jx_find(list, "name", name);
	if (known && vdev[0] != '/')
		return 0;
	if (known) {
		json_t *given = json_string(vdev), *path;
		const char *vios;
		bool same = true;
		json_object_foreach(json_object_get(known, "path"), vios, path) same =
			same && json_equal(path, given);
		json_decref(given);
		if (same)
			return 0;
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.80s would be called %s, which is another backing device; rename the "
			"file",
			vdev, name);
		return -ENOENT;
	}
	if (vdev[0] == '/') {
		build_op(ops, "add", "backing", name, file_attrs(facts, vdev));
		return 0;
	}
	device = find_disk(facts, vdev, &side);
	if (!device) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is no disk of %.32s; see viosctl lsdev -type disk", vdev,
			facts->vios ? facts->vios : "a VIOS");
		return -ENOENT;
	}
	build_op(ops, "add", "backing", name, disk_attrs(facts, device, side));
	return 0;
}

int build_vtd(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *vdev = args_get(args, "vdev");
	struct object vhost;
	char backing[32] = "";
	int r = object_of_kind(facts->state, "vhost", "virtual SCSI server adapter",
		args_get(args, "vadapter"), &vhost, fault);

	if (r == 0 && vdev)
		r = need_backing(facts, vdev, backing, ops, fault);
	if (r < 0)
		return r;
	json_t *attrs = json_pack("{s:s, s:s, s:s}", "vhost", vhost.name, "backing", backing,
		"type", vdev ? "disk" : "optical");
	if (args_has(args, "lun"))
		jx_put(attrs, "lun", json_integer(args_number(args, "lun")));
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
		r = attr_set("sea", NULL, pair, sides, n, attrs, fault);
	return r;
}

int build_sea(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *real = args_get(args, "sea"), *pvid_adapter = args_get(args, "default");
	const char *sides[SIDES_MAX], *dev = args_get(args, "dev");
	const json_t *known =
		dev ? jx_find(json_object_get(facts->state, "sea"), "name", dev) : NULL;
	size_t n = sea_sides(facts, real, sides);

	if (!is_listed(args_get(args, "vadapter"), pvid_adapter)) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"-default %.64s is not among -vadapter %.80s; give one of them",
			pvid_adapter, args_get(args, "vadapter"));
		return -EINVAL;
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
		strcmp(object.kind, "backing") != 0) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is no virtual device that rmvdev removes; see rmvadapter, rmclient",
			dev);
		return -ENOENT;
	}
	build_op(ops, "remove", object.kind, object.name, NULL);
	return 0;
}
