/* SPDX-License-Identifier: BSD-3-Clause */
/* rules.c - see rules.h. Pure. The main thread makes tables, workers read them. */
#include "net/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	for (unsigned i = 0; i < what->n_vlans; i++)
		if (!is_vlan(what->vlans[i]))
			return false;
	return true;
}

void rules_set_trunk(struct rules *rules, const struct vlanset *primary)
{
	rules->primary = *primary;
	for (unsigned vlan = 1; vlan <= RULES_VLAN_MAX; vlan++)
		portset_add(&rules->member[vlan], PORT_TRUNK);
}

int rules_set(struct rules *rules, uint16_t port, const struct rules_port *what)
{
	if (!is_valid(port, what))
		return -EINVAL;
	rules->pvid[port] = what->pvid;
	rules->storm_per_s[port] = what->storm_per_s;
	if (what->own_mac_only)
		portset_add(&rules->own_mac_only, port);
	portset_add(&rules->member[what->pvid], port);
	for (unsigned i = 0; i < what->n_vlans; i++)
		portset_add(&rules->member[what->vlans[i]], port);
	if (port >= PORT_CLIENTS)
		return 0;
	rules->n_vlans[port] = what->n_vlans;
	for (unsigned i = 0; i < what->n_vlans; i++)
		rules->vlans[port][i] = what->vlans[i];
	return 0;
}
