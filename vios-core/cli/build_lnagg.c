// SPDX-License-Identifier: BSD-3-Clause
/* build_lnagg.c - link aggregations as operations of a change. Pure; operations belong to the
 * caller's list. */
#include "vios-core/cli/attr.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/jx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SIDES_MAX 8
#define MEMBERS_MAX 8
#define NAME_BYTES BUILD_NAME_BYTES

struct lnagg {
	const struct facts *facts;
	const char *sides[SIDES_MAX];
	size_t n_sides, n;
	char members[MEMBERS_MAX][NAME_BYTES]; /* as the operator names them */
	char name[NAME_BYTES];
};

static const json_t *find_physical(const struct facts *facts, const char *vios, const char *name)
{
	json_t *physical;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "physical"), i, physical)
	{
		if (jx_is(physical, "vios", vios) && jx_is(physical, "name", name))
			return physical;
	}
	return NULL;
}

/* One that was found in the VIOS, and is nobody's yet. */
static const json_t *find_device(const struct facts *facts, const char *vios, const char *name)
{
	const json_t *device = jx_find(json_object_get(facts->devices, vios), "name", name);

	return jx_is(device, "class", "adapter") &&
			       !jx_text(json_object_get(device, "attrs"), "uplink")[0]
		       ? device
		       : NULL;
}

static int split(struct lnagg *l, const char *list, char *fault)
{
	for (const char *at = list;; at++) {
		size_t n = strcspn(at, ",");

		if (n == 0 || n >= NAME_BYTES || l->n == MEMBERS_MAX) {
			snprintf(fault, BUILD_FAULT_BYTES,
				"-lnagg takes 1 to %d names with commas, not %.80s", MEMBERS_MAX,
				list);
			return -EINVAL;
		}
		memcpy(l->members[l->n], at, n);
		l->members[l->n++][n] = '\0';
		at += n;
		if (!*at)
			return 0;
	}
}

/* Every VIOS that has all of them. */
static void find_sides(struct lnagg *l)
{
	json_t *vios;
	size_t i;

	json_array_foreach(json_object_get(l->facts->state, "vios"), i, vios)
	{
		const char *name = jx_text(vios, "name");
		bool all = view_wants(l->facts, name) && l->n_sides < SIDES_MAX;

		for (size_t m = 0; m < l->n; m++)
			all = all && (find_physical(l->facts, name, l->members[m]) ||
					     find_device(l->facts, name, l->members[m]));
		if (all)
			l->sides[l->n_sides++] = name;
	}
}

static bool is_taken(const struct facts *facts, const char *vios, const char *name)
{
	json_t *sea;
	size_t i;

	if (find_physical(facts, vios, name))
		return true;
	json_array_foreach(json_object_get(facts->state, "sea"), i, sea)
	{
		if (jx_is(json_object_get(json_object_get(sea, "sides"), vios), "ent", name))
			return true;
	}
	return false;
}

static bool is_added(const json_t *ops, const char *vios, const char *name)
{
	char full[2 * NAME_BYTES];

	snprintf(full, sizeof(full), "%.31s/%.31s", vios, name);
	return jx_find(ops, "name", full) != NULL;
}

/* The lowest entN that is free on all of these sides. */
static void free_name(
	const struct lnagg *l, const char *const *sides, size_t n, const json_t *ops, char *out)
{
	bool taken = true;

	for (unsigned number = 0; taken; number++) {
		snprintf(out, NAME_BYTES, "ent%u", number);
		taken = false;
		for (size_t i = 0; i < n; i++)
			taken = taken || is_taken(l->facts, sides[i], out) ||
				is_added(ops, sides[i], out);
	}
}

static bool uses_driver(const struct lnagg *l, const char *vios, const json_t *ops, unsigned number)
{
	char driver[NAME_BYTES];
	json_t *one;
	size_t i, n = (size_t)snprintf(driver, sizeof(driver), "net_af_packet%u,", number);

	json_array_foreach(json_object_get(l->facts->state, "physical"), i, one)
	{
		if (jx_is(one, "vios", vios) && strncmp(jx_text(one, "devargs"), driver, n) == 0)
			return true;
	}
	json_array_foreach(ops, i, one)
	{
		const char *name = jx_text(one, "name");
		if (strncmp(name, vios, strlen(vios)) == 0 && name[strlen(vios)] == '/' &&
			strncmp(jx_text(json_object_get(one, "attrs"), "devargs"), driver, n) == 0)
			return true;
	}
	return false;
}

/* A port of the kernel's by its interface, one without by its PCI address. */
static json_t *devargs_of(
	const struct lnagg *l, const char *vios, const json_t *device, json_t *ops)
{
	const json_t *attrs = json_object_get(device, "attrs");
	unsigned number = 0;

	if (json_is_true(json_object_get(attrs, "dpdk")))
		return json_string(jx_text(attrs, "bus"));
	while (uses_driver(l, vios, ops, number))
		number++;
	return json_sprintf("net_af_packet%u,iface=%s", number, jx_text(device, "name"));
}

/* The physical adapter that it is on this side; added if it is none yet. */
static void take_member(
	const struct lnagg *l, const char *vios, const char *name, json_t *members, json_t *ops)
{
	char given[NAME_BYTES], full[2 * NAME_BYTES];

	if (find_physical(l->facts, vios, name)) {
		json_array_append_new(members, json_string(name));
		return;
	}
	free_name(l, &vios, 1, ops, given);
	snprintf(full, sizeof(full), "%.31s/%.31s", vios, given);
	build_op(ops, "add", "physical", full,
		json_pack("{s:o}", "devargs",
			devargs_of(l, vios, find_device(l->facts, vios, name), ops)));
	json_array_append_new(members, json_string(given));
}

bool build_has_port(const struct facts *facts, const char *vios, const char *port)
{
	return find_device(facts, vios, port) != NULL;
}

void build_physical(const struct facts *facts, const char *const *sides, size_t n, const char *port,
	json_t *ops, char *name)
{
	const struct lnagg l = {.facts = facts};
	char full[2 * NAME_BYTES];

	free_name(&l, sides, n, ops, name);
	for (size_t i = 0; i < n; i++) {
		json_t *devargs = devargs_of(&l, sides[i], find_device(facts, sides[i], port), ops);

		snprintf(full, sizeof(full), "%.31s/%.31s", sides[i], name);
		build_op(ops, "add", "physical", full, json_pack("{s:o}", "devargs", devargs));
	}
}

/* A SEA on one of the members goes on, on the aggregation. */
static void move_sea(const struct lnagg *l, const char *vios, const json_t *members, json_t *ops)
{
	json_t *sea, *member;
	size_t i, m;

	json_array_foreach(json_object_get(l->facts->state, "sea"), i, sea)
	{
		const json_t *side = json_object_get(json_object_get(sea, "sides"), vios);

		json_array_foreach(members, m, member)
		{
			if (jx_is(side, "real_adapter", json_string_value(member)))
				build_op(ops, "set", "sea", jx_text(sea, "name"),
					json_pack("{s:{s:{s:s}}}", "sides", vios, "real_adapter",
						l->name));
		}
	}
}

static int add_side(
	const struct lnagg *l, const char *vios, const struct args *args, json_t *ops, char *fault)
{
	json_t *attrs = json_pack("{s:s, s:[]}", "type", "aggregation", "members");
	json_t *members = json_object_get(attrs, "members");
	char full[2 * NAME_BYTES];
	const char *pair;
	size_t at = 0;
	int r = 0;

	for (size_t m = 0; m < l->n; m++)
		take_member(l, vios, l->members[m], members, ops);
	while (r == 0 && (pair = args_next(args, "attr", &at)))
		r = attr_set("physical", pair, &vios, 1, attrs, fault);
	if (r == 0) {
		snprintf(full, sizeof(full), "%.31s/%.31s", vios, l->name);
		build_op(ops, "add", "physical", full, json_incref(attrs));
		move_sea(l, vios, members, ops);
	}
	json_decref(attrs);
	return r;
}

/* Names given out to new members come first, so that the aggregation's is free on all sides. */
static void name_it(struct lnagg *l, const char *dev)
{
	json_t *ops = json_array(), *members = json_array();

	for (size_t i = 0; i < l->n_sides; i++)
		for (size_t m = 0; m < l->n; m++)
			take_member(l, l->sides[i], l->members[m], members, ops);
	if (dev)
		snprintf(l->name, sizeof(l->name), "%s", dev);
	else
		free_name(l, l->sides, l->n_sides, ops, l->name);
	json_decref(ops);
	json_decref(members);
}

int build_lnagg(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	struct lnagg l = {.facts = facts};
	int r = split(&l, args_get(args, "lnagg"), fault);

	if (r < 0)
		return r;
	find_sides(&l);
	if (l.n_sides == 0) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.32s does not have all of %.80s; see viosctl lsdev -type ethernet",
			facts->vios ? facts->vios : "either VIOS", args_get(args, "lnagg"));
		return -ENOENT;
	}
	name_it(&l, args_get(args, "dev"));
	for (size_t i = 0; i < l.n_sides && r == 0; i++)
		r = add_side(&l, l.sides[i], args, ops, fault);
	return r;
}
