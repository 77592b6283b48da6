/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bond_lacp.c - see bond_lacp.h. The main thread sets it up, workers run ask_short(). The driver
 * never asks its partner for the short timeout and has no means to be told so, but its messages
 * leave by the member like any frame: there the bit is set. Then the partner has to send once a
 * second, and one of whom nothing is heard for three has gone. The bit is not in the driver's own
 * books, so it answers each message of the partner's with one, at most one in half a second.
 */
#include "net/bond_lacp.h"

#include <errno.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_eth_bond_8023ad.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "net/lacp.h"
#include "vios-core/base/log.h"

#define SHORT_TIMEOUT_MS 3000 /* 802.1AX 6.4.4: Short_Timeout_Time */
#define PERIODIC_MS 1000      /* Fast_Periodic_Time */
#define TX_DESCRIPTORS 512    /* of a queue; see uplink.c */

int bond_lacp_times(uint16_t bond_port_id)
{
	struct rte_eth_bond_8023ad_conf conf;
	int rc = rte_eth_bond_8023ad_conf_get(bond_port_id, &conf);

	if (rc)
		return rc;
	/* It takes the long one, for its own books do not say short. What it calls short is how
	 * long a partner that has gone is still waited for, and has to be less. */
	conf.long_timeout_ms = SHORT_TIMEOUT_MS;
	conf.short_timeout_ms = SHORT_TIMEOUT_MS - 100;
	/* Also while there is no partner: one that only answers is asked soon after it has come. */
	conf.slow_periodic_ms = PERIODIC_MS;
	return rte_eth_bond_8023ad_setup(bond_port_id, &conf);
}

/* As the driver of 22.11 makes it, once for each number of a port, and a little more. */
static struct rte_mempool *like_its_pool(uint16_t n_tx_queues, uint16_t member_port_id)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "lacp_room%u", member_port_id);
	return rte_pktmbuf_pool_create(name, n_tx_queues * TX_DESCRIPTORS + TX_DESCRIPTORS / 2, 32,
		0, sizeof(struct slow_protocol_frame) + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
}

static bool has_its_pool(uint16_t member_port_id)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "slave_port%u_pool", member_port_id);
	return rte_mempool_lookup(name) != NULL;
}

bool bond_lacp_has_room(uint16_t bond_port_id, const uint16_t *member_port_ids, unsigned n)
{
	struct rte_mempool *taken[BOND_LACP_MEMBERS_MAX] = {NULL};
	struct rte_eth_dev_info info;
	bool room = !rte_eth_dev_info_get(bond_port_id, &info);

	for (unsigned i = 0; i < RTE_MIN(n, BOND_LACP_MEMBERS_MAX) && room; i++) {
		if (has_its_pool(member_port_ids[i]))
			continue;
		taken[i] = like_its_pool(info.nb_tx_queues, member_port_ids[i]);
		room = taken[i] != NULL;
	}
	for (unsigned i = 0; i < BOND_LACP_MEMBERS_MAX; i++)
		rte_mempool_free(taken[i]);
	return room;
}

static uint16_t ask_short(
	uint16_t port_id, uint16_t queue, struct rte_mbuf **frames, uint16_t n, void *user)
{
	for (uint16_t i = 0; i < n; i++)
		lacp_ask_short(
			rte_pktmbuf_mtod(frames[i], uint8_t *), rte_pktmbuf_data_len(frames[i]));
	return n;
}

void bond_lacp_ask(struct bond_lacp *lacp, uint16_t member_port_id)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(member_port_id, &info))
		return;
	for (uint16_t q = 0; q < RTE_MIN(info.nb_tx_queues, BOND_LACP_QUEUES_MAX); q++) {
		if (!lacp->changes[q])
			lacp->changes[q] =
				rte_eth_add_tx_callback(member_port_id, q, ask_short, NULL);
		if (!lacp->changes[q])
			log_warn("lacp-slow", "port=%u queue=%u", member_port_id, q);
	}
}

void bond_lacp_undo(struct bond_lacp *lacp, uint16_t member_port_id)
{
	for (uint16_t q = 0; q < BOND_LACP_QUEUES_MAX; q++) {
		if (!lacp->changes[q])
			continue;
		/* A number of a port is given out again, with what could not be taken off it. */
		if (!rte_eth_remove_tx_callback(member_port_id, q, lacp->changes[q]))
			rte_free((void *)(uintptr_t)lacp->changes[q]);
		lacp->changes[q] = NULL;
	}
}
