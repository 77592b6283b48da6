// SPDX-License-Identifier: BSD-3-Clause
/* build.c - clients and their adapters as operations of a change, and attributes of anything. Pure;
 * operations belong to the caller's list. */
#include "vios-core/cli/build.h"
#include "vios-core/cli/attr.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/model/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SIDES_MAX 8

void build_op(json_t *ops, const char *op, const char *kind, const char *name, json_t *attrs)
{
	json_t *one = json_pack("{s:s, s:s}", "op", op, "kind", kind);

	if (name)
		jx_put_text(one, "name", name);
	if (attrs)
		jx_put(one, "attrs", attrs);
	json_array_append_new(ops, one);
}

/* All -attr of the line. */
static int set_attrs(const struct args *args, const char *kind, const char *const *sides,
	size_t n_sides, json_t *attrs, char *fault)
{
	const char *pair;
	size_t at = 0;
	int r = 0;

	while (r == 0 && (pair = args_next(args, "attr", &at)))
		r = attr_set(kind, pair, sides, n_sides, attrs, fault);
	return r;
}

int build_client(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	json_t *attrs = json_object();
	int r = set_attrs(args, "client", NULL, 0, attrs, fault);

	if (args_has(args, "id"))
		jx_put(attrs, "id", json_integer(args_number(args, "id")));
	if (r == 0)
		build_op(ops, "add", "client", args_get(args, "name"), json_incref(attrs));
	json_decref(attrs);
	return r;
}

static void remove_vtds_of(const struct facts *facts, const char *vhost, json_t *ops)
{
	json_t *vtd;
	size_t i;

	json_array_foreach(
		json_object_get(facts->state, "vtd"), i, vtd) if (jx_is(vtd, "vhost", vhost))
		build_op(ops, "remove", "vtd", jx_text(vtd, "name"), NULL);
}

int build_rmclient(
	const struct facts *facts, const char *name, bool recursive, json_t *ops, char *fault)
{
	struct object object;
	json_t *adapter;
	size_t i;
	int r = object_of_kind(facts->state, "client", "client", name, &object, fault);

	if (r < 0)
		return r;
	json_array_foreach(json_object_get(facts->state, "vhost"), i, adapter)
	{
		if (!recursive || !jx_is(adapter, "client", name))
			continue;
		remove_vtds_of(facts, jx_text(adapter, "name"), ops);
		build_op(ops, "remove", "vhost", jx_text(adapter, "name"), NULL);
	}
	json_array_foreach(json_object_get(facts->state, "veth"), i,
		adapter) if (recursive && jx_is(adapter, "client", name))
		build_op(ops, "remove", "veth", object_slot("veth", adapter).text, NULL);
	build_op(ops, "remove", "client", name, NULL);
	return 0;
}

static void put_number(json_t *object, const char *key, const struct args *args, const char *option)
{
	if (args_has(args, option))
		jx_put(object, key, json_integer(args_number(args, option)));
}

static void put_text(json_t *object, const char *key, const struct args *args, const char *option)
{
	if (args_has(args, option))
		jx_put_text(object, key, args_get(args, option));
}

static void put_vlans(json_t *object, const struct args *args)
{
	const struct attr *vlans = attr_find("veth", "vlans");

	if (args_has(args, "vlan"))
		jx_put(object, "vlans", attr_read(vlans, args_get(args, "vlan")));
}

/* The default features and these. */
static void put_features(
	json_t *profile, const char *key, enum feature_space space, const char *const *more)
{
	const uint64_t mask = features_default(space);
	json_t *list = json_array();

	for (unsigned bit = 0; bit < 64; bit++)
		if (mask >> bit & 1)
			json_array_append_new(list, json_string(features_name(space, bit)));
	for (; *more; more++)
		json_array_append_new(list, json_string(*more));
	jx_put(profile, key, list);
}

/* Pairs of queues need features that are not offered otherwise. */
static void put_multiqueue(json_t *profile)
{
	static const char *const virtio[] = {"VIRTIO_NET_F_CTRL_VQ", "VIRTIO_NET_F_MQ", NULL};
	static const char *const protocol[] = {"VHOST_USER_PROTOCOL_F_MQ", NULL};

	put_features(profile, "features", FEATURE_VIRTIO_NET, virtio);
	put_features(profile, "protocol_features", FEATURE_PROTOCOL, protocol);
}

static json_t *profile_of(const struct args *args)
{
	json_t *profile = json_object();

	put_number(profile, "mtu", args, "mtu");
	put_number(profile, "queue_pairs", args, "queues");
	put_number(profile, "ring_size", args, "ring");
	if (args_has(args, "queues") && args_number(args, "queues") > 1)
		put_multiqueue(profile);
	return profile;
}

/* What only one of the two types of adapters has. */
static int check_vadapter(const struct args *args, bool scsi, char *fault)
{
	static const char *const ethernet_only[] = {"pvid", "vlan", "mac", "mtu", "queues"};

	for (size_t i = 0; scsi && i < sizeof(ethernet_only) / sizeof(ethernet_only[0]); i++) {
		if (!args_has(args, ethernet_only[i]))
			continue;
		snprintf(fault, BUILD_FAULT_BYTES, "-%s does not go with -type scsi; leave it out",
			ethernet_only[i]);
		return -EINVAL;
	}
	return 0;
}

int build_vadapter(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *client = args_get(args, "client"), *type = args_get(args, "type");
	const char *name = args_get(args, "name");
	bool scsi = strcmp(type, "scsi") == 0;
	char slot[OBJECT_NAME_BYTES];
	int r = check_vadapter(args, scsi, fault);

	if (!scsi && strcmp(type, "ethernet") != 0) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"-type %.32s is not known; give ethernet or scsi", type);
		return -EINVAL;
	}
	if (r < 0)
		return r;
	snprintf(slot, sizeof(slot), "%.35s/%.35s", client, name ? name : "");
	json_t *attrs = json_object(), *profile = profile_of(args);
	if (json_object_size(profile) > 0)
		jx_put(attrs, "profile", json_incref(profile));
	json_decref(profile);
	put_text(attrs, "preferred", args, "preferred");
	if (!name)
		jx_put_text(attrs, "client", client);
	else if (scsi)
		jx_put_text(attrs, "client_adapter", slot);
	if (!scsi) {
		put_number(attrs, "pvid", args, "pvid");
		put_vlans(attrs, args);
		put_text(attrs, "mac", args, "mac");
	}
	r = set_attrs(args, scsi ? "vhost" : "veth", NULL, 0, attrs, fault);
	if (r == 0)
		build_op(ops, "add", scsi ? "vhost" : "veth", scsi || !name ? NULL : slot,
			json_incref(attrs));
	json_decref(attrs);
	return r;
}

int build_rmvadapter(
	const struct facts *facts, const char *name, bool recursive, json_t *ops, char *fault)
{
	struct object object;
	int r = object_find(facts->state, name, NULL, &object, fault);

	if (r == 0 && strcmp(object.kind, "vhost") != 0 && strcmp(object.kind, "veth") != 0) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is no adapter of a client; see viosctl lsclient", name);
		r = -ENOENT;
	}
	if (r < 0)
		return r;
	if (recursive)
		remove_vtds_of(facts, object.name, ops);
	build_op(ops, "remove", object.kind, object.name, NULL);
	return 0;
}

/* The sides that an attribute of a side is meant for: the one that was named, or all. */
static size_t sides_of(const struct object *object, const char **sides)
{
	const char *vios;
	json_t *side;
	size_t n = 0;

	if (object->vios) {
		sides[0] = object->vios;
		return 1;
	}
	json_object_foreach(json_object_get(object->json, "sides"), vios, side) if (n < SIDES_MAX)
		sides[n++] = vios;
	return n;
}

int build_chdev(const struct facts *facts, const char *dev, const struct args *args, json_t *ops,
	char *fault)
{
	const char *sides[SIDES_MAX];
	struct object object;
	int r = object_find(facts->state, dev, facts->vios, &object, fault);

	if (r < 0)
		return r;
	json_t *attrs = json_object();
	r = set_attrs(args, object.kind, sides, sides_of(&object, sides), attrs, fault);
	if (r == 0)
		build_op(ops, "set", object.kind, object.name, json_incref(attrs));
	json_decref(attrs);
	return r;
}
