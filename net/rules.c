/* SPDX-License-Identifier: BSD-3-Clause */
/* rules.c - see rules.h. Pure. The main thread makes tables, workers read them. */
#include "net/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BURST_LEAST (3 * 9216)

struct rules *rules_new(void)
{
	return calloc(1, sizeof(struct rules));
}

void rules_free(struct rules *rules)
{
	free(rules);
}

static bool is_vlan(uint16_t vlan)
{
	return vlan >= 1 && vlan <= RULES_VLAN_MAX;
}

static bool is_valid(uint16_t port, const struct rules_port *what)
{
	unsigned most = port >= PORT_CLIENTS ? RULES_UPLINK_VLANS_MAX : RULES_CLIENT_VLANS_MAX;

	if (port >= PORT_COUNT || !is_vlan(what->pvid) || what->n_vlans > most)
		return false;
	if (what->guard && what->guard->n > GUARD_ADDRESSES_MAX)
		return false;
	for (unsigned i = 0; i < what->n_vlans; i++)
		if (!is_vlan(what->vlans[i]))
			return false;
	return true;
}

struct rules_rate rules_rate(uint32_t kbit_per_s, uint32_t burst_kib)
{
	uint64_t per_s = (uint64_t)kbit_per_s * 1000 / 8,
		 burst = burst_kib ? (uint64_t)burst_kib * 1024 : per_s / 100;

	if (burst < per_s / 250)
		burst = per_s / 250;
	if (burst < BURST_LEAST)
		burst = BURST_LEAST;
	return (struct rules_rate){per_s > UINT32_MAX ? UINT32_MAX : (uint32_t)per_s,
		burst > UINT32_MAX ? UINT32_MAX : (uint32_t)burst};
}

static void set_rates(struct rules *rules, uint16_t port, const struct rules_port *what)
{
	rules->in[port] = what->in;
	rules->out[port] = what->out;
	if (what->in.bytes_per_s)
		portset_add(&rules->limited_in, port);
	if (what->out.bytes_per_s)
		portset_add(&rules->limited_out, port);
	rules->weight[port] = what->weight ? what->weight : DRR_WEIGHT_DEFAULT;
}

void rules_set_trunk(struct rules *rules, const struct vlanset *primary)
{
	rules->primary = *primary;
	for (unsigned vlan = 1; vlan <= RULES_VLAN_MAX; vlan++)
		portset_add(&rules->member[vlan], PORT_TRUNK);
}

static bool has_others_vlan(const struct rules *rules, uint16_t port, uint16_t vlan)
{
	const uint16_t uplink = rules_uplink(rules, vlan);

	return uplink != port && rules_member(rules, vlan, uplink);
}

/* A VLAN that two uplinks had would be a loop. */
static bool take_vlans(struct rules *rules, uint16_t port, const struct rules_port *what)
{
	bool taken = has_others_vlan(rules, port, what->pvid);

	for (unsigned i = 0; i < what->n_vlans; i++)
		taken |= has_others_vlan(rules, port, what->vlans[i]);
	if (taken)
		return false;
	rules->uplink[what->pvid] = (uint8_t)(port - PORT_UPLINK);
	for (unsigned i = 0; i < what->n_vlans; i++)
		rules->uplink[what->vlans[i]] = (uint8_t)(port - PORT_UPLINK);
	return true;
}

int rules_set(struct rules *rules, uint16_t port, const struct rules_port *what)
{
	if (!is_valid(port, what) || (port_is_uplink(port) && !take_vlans(rules, port, what)))
		return -EINVAL;
	rules->pvid[port] = what->pvid;
	rules->storm_per_s[port] = what->storm_per_s;
	set_rates(rules, port, what);
	if (what->own_mac_only)
		portset_add(&rules->own_mac_only, port);
	portset_add(&rules->member[what->pvid], port);
	for (unsigned i = 0; i < what->n_vlans; i++)
		portset_add(&rules->member[what->vlans[i]], port);
	if (port >= PORT_CLIENTS)
		return 0;
	if (what->guard && what->guard->n) {
		rules->guard[port] = *what->guard;
		portset_add(&rules->guarded, port);
	}
	rules->n_vlans[port] = what->n_vlans;
	for (unsigned i = 0; i < what->n_vlans; i++)
		rules->vlans[port][i] = what->vlans[i];
	return 0;
}
