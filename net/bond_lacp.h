/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bond_lacp.h - the times of LACP in a bonding port of DPDK's, which knows only a partner that is
 * missed after a minute and a half. Edge: net_bonding, ethdev. Main thread.
 */
#ifndef VIOS_NET_BOND_LACP_H
#define VIOS_NET_BOND_LACP_H

#include <stdbool.h>
#include <stdint.h>

struct rte_eth_rxtx_callback;

#define BOND_LACP_QUEUES_MAX 16
#define BOND_LACP_MEMBERS_MAX 8

/* Of one member. Zeroes: nothing is changed. */
struct bond_lacp {
	const struct rte_eth_rxtx_callback *changes[BOND_LACP_QUEUES_MAX];
};

/* Of a port in 802.3ad mode that has not been started. 0 or -errno. */
int bond_lacp_times(uint16_t bond_port_id);
/* Whether there is memory for the messages of these members, at most BOND_LACP_MEMBERS_MAX: the
 * driver takes it when a member's link is up, and ends the process if there is none. The port has
 * been configured. */
bool bond_lacp_has_room(uint16_t bond_port_id, const uint16_t *member_port_ids, unsigned n);
/* Has the partner send once a second. The member has its queues, and no worker uses the bond. */
void bond_lacp_ask(struct bond_lacp *lacp, uint16_t member_port_id);
/* While the member has its queues still, so before it leaves, and no worker uses it. */
void bond_lacp_undo(struct bond_lacp *lacp, uint16_t member_port_id);

#endif
