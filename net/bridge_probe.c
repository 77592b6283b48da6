/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge_probe.c - probes of hosts outside, on their way out. One worker sends them, since a queue
 * of the uplink is one worker's; the worker's thread. prober.c says when.
 */
#include "net/bridge_private.h"

#include <string.h>

#include <rte_mbuf.h>

#include "net/probe.h"

static void send_one(struct bridge *b, unsigned uplink, unsigned target)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->plane->pool);
	unsigned n;

	if (!m)
		return; /* there will be others */
	n = probe_frame(
		&b->ingress.by.rules->probe[uplink], target, rte_pktmbuf_mtod(m, uint8_t *));
	m->data_len = (uint16_t)n;
	m->pkt_len = n;
	bridge_to_uplink(b, (uint16_t)(PORT_UPLINK + uplink), m);
}

void bridge_probe(struct bridge *b)
{
	for (unsigned uplink = 0; b->worker == 0 && uplink < b->n_uplinks; uplink++) {
		uint32_t due = 0;

		if (b->uplink[uplink])
			due = atomic_exchange_explicit(
				&b->plane->probe[uplink].due, 0, memory_order_relaxed);
		for (unsigned i = 0; i < b->ingress.by.rules->probe[uplink].n; i++)
			if (due >> i & 1)
				send_one(b, uplink, i);
	}
}
