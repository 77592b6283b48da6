/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rulebook.c - see rulebook.h. Workers read a table through one pointer, which they load at the
 * beginning of a round; so a round sees all of the old rules or all of the new ones. A former table
 * is freed when every worker has been quiescent since. Main thread; the book owns the tables.
 */
#include "net/rulebook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/snoop.h"
#include "vios-core/model/ip_list.h"

struct retired {
	struct retired *next;
	struct rules *rules;
	uint64_t token;
};

struct rulebook {
	struct uplinks_rules uplinks;
	struct vlanset primary, turning, left;
	struct probe_table probe[PORT_UPLINKS];
	struct retired *retired;
};

struct reading { /* where the members go */
	uint16_t *pvid, *n_vlans, *vlans;
	uint16_t most;
	bool *own_mac_only; /* NULL: there is no such member */
	uint32_t *storm_per_s;
};

struct rulebook *rulebook_new(void)
{
	return calloc(1, sizeof(struct rulebook));
}

static bool read_number(const json_t *value, json_int_t least, json_int_t most, json_int_t *out)
{
	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= least && *out <= most;
}

static bool read_vlans(const json_t *list, const struct reading *to)
{
	json_int_t vlan;
	size_t i;
	json_t *one;

	if (!json_is_array(list) || json_array_size(list) > to->most)
		return false;
	json_array_foreach(list, i, one)
	{
		if (!read_number(one, 1, RULES_VLAN_MAX, &vlan))
			return false;
		to->vlans[(*to->n_vlans)++] = (uint16_t)vlan;
	}
	return true;
}

static int refuse(char *why, size_t why_size, const char *what, const char *text)
{
	snprintf(why, why_size, "%s: %s", what, text);
	return -EINVAL;
}

static int read_rules(const json_t *object, const char *what, const struct reading *to, char *why,
	size_t why_size)
{
	const json_t *pvid = json_object_get(object, "pvid"),
		     *vlans = json_object_get(object, "vlans"),
		     *own = json_object_get(object, "own_mac_only"),
		     *storm = json_object_get(object, "storm_per_s");
	json_int_t number = 1;
	char text[64];

	if (pvid && !read_number(pvid, 1, RULES_VLAN_MAX, &number))
		return refuse(why, why_size, what, "pvid: give 1 to 4094");
	*to->pvid = (uint16_t)number;
	if (vlans && !read_vlans(vlans, to)) {
		snprintf(text, sizeof(text), "vlans: give at most %u numbers from 1 to 4094",
			to->most);
		return refuse(why, why_size, what, text);
	}
	if (own && (!to->own_mac_only || !json_is_boolean(own)))
		return refuse(why, why_size, what, "own_mac_only: give true or false");
	if (own)
		*to->own_mac_only = json_is_true(own);
	if (storm && !read_number(storm, 0, UINT32_MAX, &number))
		return refuse(
			why, why_size, what, "storm_per_s: give frames a second, 0 for no limit");
	if (storm)
		*to->storm_per_s = (uint32_t)number;
	return 0;
}

static int read_guard(
	const json_t *object, const char *what, struct guard *guard, char *why, size_t why_size)
{
	json_t *list = json_object_get(object, "allowed_ips"), *one;
	size_t i;

	*guard = (struct guard){0};
	if (list && (!json_is_array(list) || json_array_size(list) > GUARD_ADDRESSES_MAX))
		return refuse(why, why_size, what, "allowed_ips: give at most 16 addresses");
	json_array_foreach(list, i, one)
	{
		const char *text = json_string_value(one);

		if (!text || !ip_parse(text, guard->allowed[guard->n++].byte))
			return refuse(why, why_size, what, "allowed_ips: give IP addresses");
	}
	return 0;
}

int rulebook_read_adapter(const json_t *object, const char *what, struct adapter_rules *out,
	char *why, size_t why_size)
{
	const struct reading to = {&out->pvid, &out->n_vlans, out->vlans, RULES_CLIENT_VLANS_MAX,
		&out->own_mac_only, &out->storm_per_s};

	*out = (struct adapter_rules){.storm_per_s = RULES_STORM_DEFAULT};
	return read_guard(object, what, &out->guard, why, why_size) ||
			       read_rules(object, what, &to, why, why_size) ||
			       rates_read_adapter(object, what, &out->rates, why, why_size)
		       ? -EINVAL
		       : 0;
}

int rulebook_read_uplink(const json_t *object, struct uplink_rules *out, char *why, size_t why_size)
{
	const struct reading to = {&out->pvid, &out->n_vlans, out->vlans, RULES_UPLINK_VLANS_MAX,
		NULL, &out->storm_per_s};

	const json_t *snooping = json_object_get(object, "multicast_snooping"),
		     *large = json_object_get(object, "large_receive");

	*out = (struct uplink_rules){.multicast_snooping = !snooping || json_is_true(snooping),
		.large_receive = json_is_true(large)};
	if (large && !json_is_boolean(large))
		return refuse(why, why_size, "uplink", "large_receive: give true or false");
	if (snooping && !json_is_boolean(snooping))
		return refuse(why, why_size, "uplink", "multicast_snooping: give true or false");
	return read_rules(object, "uplink", &to, why, why_size) ||
			       rates_read_uplink(object, &out->rates, why, why_size)
		       ? -EINVAL
		       : 0;
}

bool rulebook_moves(const struct rulebook *book, const struct uplinks_rules *uplinks)
{
	bool moves = false;

	for (unsigned i = 0; i < PORT_UPLINKS; i++) {
		const struct uplink_rules *now = &book->uplinks.of[i], *next = &uplinks->of[i];

		if (book->uplinks.used[i] != uplinks->used[i])
			moves = true;
		else if (uplinks->used[i])
			moves |= now->pvid != next->pvid || now->n_vlans != next->n_vlans ||
				 memcmp(now->vlans, next->vlans,
					 next->n_vlans * sizeof(next->vlans[0]));
	}
	return moves;
}

static void write_rules(json_t *object, uint16_t pvid, const uint16_t *vlans, unsigned n_vlans,
	uint32_t storm_per_s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n_vlans; i++)
		json_array_append_new(list, json_integer(vlans[i]));
	json_object_set_new(object, "pvid", json_integer(pvid));
	json_object_set_new(object, "vlans", list);
	json_object_set_new(object, "storm_per_s", json_integer(storm_per_s));
}

void rulebook_write_adapter(json_t *object, const struct adapter_rules *rules)
{
	write_rules(object, rules->pvid, rules->vlans, rules->n_vlans, rules->storm_per_s);
	json_t *list = json_array();

	for (unsigned i = 0; i < rules->guard.n; i++)
		json_array_append_new(
			list, json_string(ip_show(rules->guard.allowed[i].byte).text));
	json_object_set_new(object, "own_mac_only", json_boolean(rules->own_mac_only));
	json_object_set_new(object, "allowed_ips", list);
	rates_write_adapter(object, &rules->rates);
}

void rulebook_write_uplink(json_t *object, const struct rulebook *book, unsigned number)
{
	const struct uplink_rules *uplink = &book->uplinks.of[number];

	write_rules(object, uplink->pvid, uplink->vlans, uplink->n_vlans, uplink->storm_per_s);
	json_object_set_new(object, "multicast_snooping", json_boolean(uplink->multicast_snooping));
	json_object_set_new(object, "large_receive", json_boolean(uplink->large_receive));
	rates_write_uplink(object, &uplink->rates);
}

static void fill_uplink(
	struct rules *rules, unsigned number, const struct uplink_rules *uplink, unsigned n_workers)
{
	struct rules_port port = {
		.pvid = uplink->pvid,
		.n_vlans = uplink->n_vlans,
		.vlans = uplink->vlans,
		/* Each worker has a share of the uplink's frames. */
		.storm_per_s = (uplink->storm_per_s + n_workers - 1) / n_workers,
	};

	rates_fill_uplink(&port, &uplink->rates, n_workers);
	/* was read with the same limits */
	rules_set(rules, (uint16_t)(PORT_UPLINK + number), &port);
	rules->snooping[number] = uplink->multicast_snooping;
	rules->large_receive[number] = uplink->large_receive;
}

static bool snoops(const struct uplinks_rules *uplinks, unsigned number)
{
	if (!uplinks->used[number])
		number = 0;
	return !uplinks->used[number] || uplinks->of[number].multicast_snooping;
}

static void fill_uplinks(struct rules *rules, const struct rulebook *book, unsigned n_workers)
{
	rules->snooping[0] = snoops(&book->uplinks, 0);
	for (unsigned i = 0; i < PORT_UPLINKS; i++) {
		if (book->uplinks.used[i])
			fill_uplink(rules, i, &book->uplinks.of[i], n_workers);
		rules->probe[i] = book->probe[i];
	}
}

/* What was said meanwhile was not heard. */
static bool begins_to_snoop(const struct rulebook *book, const struct uplinks_rules *next)
{
	for (unsigned i = 0; i < PORT_UPLINKS; i++)
		if (snoops(next, i) && !snoops(&book->uplinks, i))
			return true;
	return false;
}

static void fill_clients(struct rules *rules, struct adapters *adapters)
{
	struct adapter_status a;

	for (uint16_t i = 0; i < PORT_CLIENTS; i++) {
		struct rules_port port = {0};

		if (!adapters_get(adapters, i, &a))
			continue;
		port.pvid = a.config.rules.pvid;
		port.n_vlans = a.config.rules.n_vlans;
		port.vlans = a.config.rules.vlans;
		port.own_mac_only = a.config.rules.own_mac_only;
		port.storm_per_s = a.config.rules.storm_per_s;
		port.guard = &a.config.rules.guard;
		rates_fill_adapter(&port, &a.config.rules.rates);
		rules_set(rules, i, &port);
	}
}

int rulebook_publish(struct rulebook *book, struct plane *plane, struct adapters *adapters,
	const struct uplinks_rules *uplinks)
{
	struct retired *retired = calloc(1, sizeof(*retired));
	struct rules *rules = rules_new();

	if (!retired || !rules) {
		free(retired);
		rules_free(rules);
		return -ENOMEM;
	}
	if (begins_to_snoop(book, uplinks))
		snoop_reset(plane->snoop);
	book->uplinks = *uplinks;
	fill_uplinks(rules, book, plane->n_workers);
	fill_clients(rules, adapters);
	rules_set_trunk(rules, &book->primary);
	rules->turning = book->turning;
	rules->left = book->left;
	/* release: workers see what the pointer leads to */
	retired->rules = (struct rules *)atomic_exchange(&plane->rules, rules);
	retired->token = rte_rcu_qsbr_start(plane->quiet);
	retired->next = book->retired;
	book->retired = retired;
	rulebook_reap(book, plane);
	return 0;
}

void rulebook_set_primary(struct rulebook *book, const struct vlanset *primary,
	const struct vlanset *turning, const struct vlanset *left)
{
	book->primary = *primary;
	book->left = *left;
	book->turning = *turning;
}

void rulebook_set_probe(struct rulebook *book, unsigned number, const struct probe_table *probe)
{
	book->probe[number] = *probe;
}

int rulebook_republish(struct rulebook *book, struct plane *plane, struct adapters *adapters)
{
	const struct uplinks_rules same = book->uplinks;

	return rulebook_publish(book, plane, adapters, &same);
}

void rulebook_reap(struct rulebook *book, struct plane *plane)
{
	struct retired **at = &book->retired;

	while (*at) {
		struct retired *one = *at;

		if (rte_rcu_qsbr_check(plane->quiet, one->token, false) != 1) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		rules_free(one->rules);
		free(one);
	}
}
