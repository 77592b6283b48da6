/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netd_params.c - client adapters and the SEAs to the rules of the switch. Pure; viosd's one
 * thread; the caller owns what it gets.
 */
#include "vios-core/daemon/netd_params.h"

#include "vios-core/daemon/sea_talk.h"

#include <stdio.h>
#include <string.h>

static json_t *numbers(const uint16_t *from, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_integer(from[i]));
	return list;
}

static json_t *addresses(const struct ip_list *from)
{
	json_t *list = json_array();

	for (size_t i = 0; i < from->n; i++)
		json_array_append_new(list, json_string(ip_show(from->ip[i]).text));
	return list;
}

static void add_rates(json_t *object, const struct config_veth *veth)
{
	json_object_update_new(object,
		json_pack("{s:I, s:I, s:I, s:I, s:I}", "send_kbit_s", (json_int_t)veth->send_kbit_s,
			"send_burst_kib", (json_int_t)veth->send_burst_kib, "recv_kbit_s",
			(json_int_t)veth->recv_kbit_s, "recv_burst_kib",
			(json_int_t)veth->recv_burst_kib, "uplink_weight",
			(json_int_t)veth->uplink_weight));
}

static json_t *adapters(const struct config *config)
{
	json_t *all = json_object();

	for (size_t i = 0; i < config->n_veth; i++) {
		const struct config_veth *veth = &config->veth[i];
		char name[2 * MODEL_NAME_MAX + 2];

		snprintf(name, sizeof(name), "%s/%s", veth->client, veth->adapter.name);
		json_object_set_new(all, name,
			json_pack("{s:i, s:o, s:b, s:I, s:o}", "pvid", veth->pvid, "vlans",
				numbers(veth->vlans, veth->n_vlans), "own_mac_only",
				veth->own_mac_only, "storm_per_s", (json_int_t)veth->storm_per_s,
				"allowed_ips", addresses(&veth->allowed_ips)));
		add_rates(json_object_get(all, name), veth);
	}
	return all;
}

static const struct config_physical *physical_of(
	const struct config *config, const char *vios, const char *name)
{
	for (size_t i = 0; i < config->n_physical; i++)
		if (strcmp(config->physical[i].vios, vios) == 0 &&
			strcmp(config->physical[i].name, name) == 0)
			return &config->physical[i];
	return NULL;
}

/* NULL: the uplink is none. */
static json_t *aggregation(const struct config *config, const struct config_physical *real)
{
	static const char *const modes[] = {
		[CONFIG_8023AD] = "8023ad",
		[CONFIG_ACTIVE_BACKUP] = "active-backup",
		[CONFIG_BALANCE_XOR] = "balance-xor",
	};
	json_t *members;

	if (real->type != CONFIG_PHYSICAL_AGGREGATION)
		return NULL;
	members = json_array();
	for (size_t i = 0; i < real->n_members; i++) {
		const struct config_physical *one =
			physical_of(config, real->vios, real->members[i]);

		if (one)
			json_array_append_new(members, json_pack("{s:s, s:s}", "name", one->name,
							       "devargs", one->devargs));
	}
	return json_pack("{s:s, s:o}", "mode", modes[real->mode], "members", members);
}

/* Whom this side asks whether the network outside is there; nothing: nobody. */
static void add_probes(json_t *object, const struct config_sea *sea, const char *vios)
{
	struct ip_list list;

	for (size_t i = 0; i < sea->n_sides; i++) {
		const struct config_side *side = &sea->sides[i];

		if (strcmp(side->vios, vios) != 0 ||
			!ip_list_parse(side->netaddr, CONFIG_NETADDRS, &list) || list.n == 0)
			continue;
		json_object_update_new(
			object, json_pack("{s:o, s:I, s:I}", "netaddr", addresses(&list),
					"netaddr_interval", (json_int_t)side->netaddr_interval,
					"netaddr_misses", (json_int_t)side->netaddr_misses));
	}
}

static json_t *uplink(const struct config *config, const struct config_sea *sea, const char *vios)
{
	const struct config_physical *real = sea_talk_real(config, sea, vios);
	const bool is_one = real->type == CONFIG_PHYSICAL_AGGREGATION;
	json_t *object = json_pack("{s:s, s:s, s:i, s:o, s:I, s:b, s:b, s:I, s:I, s:o*}", "name",
		real->name, "devargs", is_one ? CONFIG_AGGREGATION_DEVARGS : real->devargs, "pvid",
		sea->pvid, "vlans", numbers(sea->vlans, sea->n_vlans), "storm_per_s",
		(json_int_t)sea->storm_per_s, "multicast_snooping", sea->multicast_snooping,
		"large_receive", sea->large_receive, "send_kbit_s", (json_int_t)sea->send_kbit_s,
		"send_burst_kib", (json_int_t)sea->send_burst_kib, "aggregation",
		aggregation(config, real));

	add_probes(object, sea, vios);
	return object;
}

json_t *netd_params_rules(const struct config *config, const char *vios)
{
	const struct config_sea *seas[CONFIG_VIOS_SEAS_MAX];
	const size_t n = sea_talk_list(config, vios, seas);
	json_t *uplinks = json_array();
	bool trunk = false;

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(uplinks, uplink(config, seas[i], vios));
		trunk |= seas[i]->trunk;
	}
	return json_pack("{s:o, s:o, s:b}", "adapters", adapters(config), "uplinks", uplinks,
		"trunk", trunk);
}
