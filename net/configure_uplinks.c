/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * configure_uplinks.c - the uplinks of `configure`, together: each has a place, by its name, so
 * that one that stays is undisturbed whatever becomes of the others. Main thread.
 */
#include "net/configure_uplink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/worker.h"

static bool take_text(const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || !*text || strlen(text) >= size)
		return false;
	strcpy(out, text);
	return true;
}

static int read_one(const json_t *uplink, struct wanted_uplink *out, char *why, size_t why_size)
{
	if (rulebook_read_uplink(uplink, &out->rules, why, why_size) ||
		prober_read(uplink, &out->prober, why, why_size) ||
		aggregate_read(json_object_get(uplink, "aggregation"), &out->config.aggregate, why,
			why_size))
		return -EINVAL;
	if (take_text(uplink, "name", out->config.name, sizeof(out->config.name)) &&
		take_text(uplink, "devargs", out->config.devargs, sizeof(out->config.devargs)))
		return 0;
	snprintf(why, why_size, "uplink: give name (at most %d bytes) and devargs (at most %d)",
		UPLINK_NAME_MAX, UPLINK_DEVARGS_MAX);
	return -EINVAL;
}

static void add_vlans(const struct wanted_uplink *uplink, struct vlanset *set)
{
	vlanset_add(set, uplink->rules.pvid);
	for (unsigned i = 0; i < uplink->rules.n_vlans; i++)
		vlanset_add(set, uplink->rules.vlans[i]);
}

/* What two bridge would be a loop. */
static int check_pair(
	const struct wanted_uplink *a, const struct wanted_uplink *b, char *why, size_t why_size)
{
	struct vlanset of_a = {{0}}, of_b = {{0}};

	if (strcmp(a->config.name, b->config.name) == 0) {
		snprintf(why, why_size, "uplink %s: is there twice", a->config.name);
		return -EINVAL;
	}
	add_vlans(a, &of_a);
	add_vlans(b, &of_b);
	for (unsigned vlan = 1; vlan <= RULES_VLAN_MAX; vlan++) {
		if (!vlanset_has(&of_a, vlan) || !vlanset_has(&of_b, vlan))
			continue;
		snprintf(why, why_size,
			"uplinks %s and %s: both have VLAN %u; take it from one of them",
			a->config.name, b->config.name, vlan);
		return -EINVAL;
	}
	return 0;
}

static int add_one(const json_t *uplink, struct wanted_uplinks *out, char *why, size_t why_size)
{
	struct wanted_uplink *one = &out->of[out->n];
	int rc = read_one(uplink, one, why, why_size);

	for (unsigned i = 0; i < out->n && !rc; i++)
		rc = check_pair(&out->of[i], one, why, why_size);
	out->n++;
	return rc;
}

int uplinks_read(const json_t *params, struct wanted_uplinks *out, char *why, size_t why_size)
{
	const json_t *alone = json_object_get(params, "uplink"),
		     *list = json_object_get(params, "uplinks"), *one;
	size_t i;

	*out = (struct wanted_uplinks){0};
	if (!list || json_is_null(list))
		return alone && !json_is_null(alone) ? add_one(alone, out, why, why_size) : 0;
	if (!json_is_array(list) || json_array_size(list) > PORT_UPLINKS) {
		snprintf(why, why_size, "uplinks: give a list of at most %d", PORT_UPLINKS);
		return -EINVAL;
	}
	json_array_foreach(list, i, one)
	{
		int rc = add_one(one, out, why, why_size);

		if (rc)
			return rc;
	}
	return 0;
}

static const struct uplink_config *config_at(const struct netd_uplink *at)
{
	return at->uplink ? uplink_config(at->uplink) : NULL;
}

static bool is_same(const struct uplink_config *now, const struct uplink_config *wanted)
{
	return strcmp(now->name, wanted->name) == 0 && strcmp(now->devargs, wanted->devargs) == 0 &&
	       aggregate_equal(&now->aggregate, &wanted->aggregate);
}

/* One with the name of one that is there takes its place; others take such as are free, where no
 * VLANs of a former one are left, before those of whom nobody wants. */
static void find_places(const struct netd *netd, struct wanted_uplinks *wanted)
{
	bool placed[PORT_UPLINKS] = {false}, taken[PORT_UPLINKS] = {false};

	for (unsigned i = 0; i < wanted->n; i++)
		for (unsigned p = 0; p < PORT_UPLINKS; p++) {
			const struct uplink_config *now = config_at(&netd->uplinks[p]);

			if (!now || strcmp(now->name, wanted->of[i].config.name) != 0)
				continue;
			wanted->of[i].number = p;
			wanted->of[i].stays = is_same(now, &wanted->of[i].config);
			placed[i] = taken[p] = true;
		}
	for (int with_uplink = 0; with_uplink < 2; with_uplink++)
		for (unsigned i = 0; i < wanted->n; i++)
			for (unsigned p = 0; p < PORT_UPLINKS && !placed[i]; p++)
				if (!taken[p] && !!netd->uplinks[p].uplink == with_uplink) {
					wanted->of[i].number = p;
					wanted->of[i].fresh = true;
					placed[i] = taken[p] = true;
				}
}

static bool stays(const struct wanted_uplinks *wanted, unsigned number)
{
	for (unsigned i = 0; i < wanted->n; i++)
		if (wanted->of[i].number == number && wanted->of[i].stays)
			return true;
	return false;
}

/* An aggregation is made of the device that is in use alone, or the reverse: they cannot exist side
 * by side. */
static bool takes_its_place(const struct netd_uplink *at, const struct uplink_config *wanted)
{
	const struct uplink_config *now = config_at(at);

	return now && (now->aggregate.n || wanted->aggregate.n) &&
	       aggregate_shares(&now->aggregate, now->devargs, &wanted->aggregate, wanted->devargs);
}

static int open_one(struct netd *netd, const struct uplink_config *wanted, struct uplink **out,
	char *why, size_t why_size)
{
	return uplink_open(wanted, netd->plane->n_workers, plane_frame_max_bytes(netd->plane),
		netd->plane->pool, out, why, why_size);
}

/* Opens what is wanted beside what is there, so that a failure changes nothing; unless both need
 * one device. */
static int open_in_place(struct netd *netd, struct wanted_uplinks *all,
	struct wanted_uplink *wanted, char *why, size_t why_size)
{
	struct uplink_config former[PORT_UPLINKS];
	bool dropped[PORT_UPLINKS] = {false};
	struct uplink *again;
	char ignored[256];
	int rc;

	for (unsigned p = 0; p < PORT_UPLINKS; p++) {
		struct netd_uplink *at = &netd->uplinks[p];

		dropped[p] = !stays(all, p) && takes_its_place(at, &wanted->config);
		if (!dropped[p])
			continue;
		former[p] = *config_at(at);
		configure_drop_uplink(at);
	}
	rc = open_one(netd, &wanted->config, &wanted->opened, why, why_size);
	for (unsigned p = 0; p < PORT_UPLINKS && rc; p++)
		if (dropped[p] && !open_one(netd, &former[p], &again, ignored, sizeof(ignored)))
			configure_use_uplink(&netd->uplinks[p], again);
	return rc;
}

void uplinks_undo(struct netd *netd, struct wanted_uplinks *wanted)
{
	for (unsigned i = 0; i < wanted->n; i++) {
		struct wanted_uplink *one = &wanted->of[i];
		struct netd_uplink *at = &netd->uplinks[one->number];

		/* What was there before had to make room: this one is better than none. */
		if (one->opened && at->uplink)
			uplink_close(one->opened);
		else if (one->opened)
			configure_use_uplink(at, one->opened);
		one->opened = NULL;
	}
}

int uplinks_open(struct netd *netd, struct wanted_uplinks *wanted, char *why, size_t why_size)
{
	int rc = 0;

	find_places(netd, wanted);
	for (unsigned i = 0; i < wanted->n && !rc; i++)
		if (!wanted->of[i].stays)
			rc = open_in_place(netd, wanted, &wanted->of[i], why, why_size);
	if (rc)
		uplinks_undo(netd, wanted);
	return rc;
}

void uplinks_take(struct netd *netd, const struct wanted_uplinks *wanted)
{
	static const struct prober_config nobody;
	struct prober_config asks[PORT_UPLINKS];

	for (unsigned p = 0; p < PORT_UPLINKS; p++) {
		asks[p] = nobody;
		if (!stays(wanted, p))
			configure_drop_uplink(&netd->uplinks[p]);
	}
	for (unsigned i = 0; i < wanted->n; i++) {
		const struct wanted_uplink *one = &wanted->of[i];

		if (one->fresh)
			workers_stats_clear(netd->plane, PORT_UPLINK + one->number);
		if (one->opened)
			configure_use_uplink(&netd->uplinks[one->number], one->opened);
		asks[one->number] = one->prober;
	}
	for (unsigned p = 0; p < PORT_UPLINKS; p++)
		prober_configure(netd->uplinks[p].prober, &asks[p]);
}

void uplinks_rules(const struct wanted_uplinks *wanted, struct uplinks_rules *out)
{
	*out = (struct uplinks_rules){0};
	for (unsigned i = 0; i < wanted->n; i++) {
		out->used[wanted->of[i].number] = true;
		out->of[wanted->of[i].number] = wanted->of[i].rules;
	}
}
