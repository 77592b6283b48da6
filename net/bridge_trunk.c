/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the bridge does because there is another VIOS: takes from the trunk, and tells the switch
 * outside where clients are. The worker's thread, which owns the struct bridge.
 */
#include "net/bridge_private.h"

#include <rte_mbuf.h>

#include "net/announce.h"
#include "net/trunk_link.h"

void bridge_announce(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];
	uint32_t edits[ANNOUNCE_VLANS_MAX];
	unsigned n = announce_edits(b->ingress.by.rules, port_number,
		portset_has(&b->ingress.by.live, PORT_TRUNK), edits);

	atomic_store(&port->announce, false);
	for (unsigned i = 0; b->uplink && i < n; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(b->plane->pool);
		unsigned len_bytes;

		if (!m)
			return; /* it is repeated */
		len_bytes = announce_in(port->mac, edits[i], rte_pktmbuf_mtod(m, uint8_t *));
		m->data_len = (uint16_t)len_bytes;
		m->pkt_len = len_bytes;
		bridge_out(b, m);
	}
}

/* This side has become the primary of VLANs: the switch outside is to find all clients here. */
static void announce_elsewhere(struct bridge *b)
{
	struct portset elsewhere;

	atomic_portset_load(&b->plane->elsewhere, &elsewhere);
	for (uint16_t p = portset_next(&elsewhere, 0); p != PORT_NONE;
		p = portset_next(&elsewhere, p + 1u)) {
		if (b->plane->port[p].worker != b->worker)
			continue;
		atomic_portset_clear(&b->plane->elsewhere, p);
		if (!portset_has(&b->ingress.by.live, p)) /* else it announces itself */
			bridge_announce(b, p);
	}
}

/* Adapters that are expected are announced before they are live: the switch outside turns first. */
static void announce_expected(struct bridge *b)
{
	struct portset expects;

	atomic_portset_load(&b->plane->expects, &expects);
	for (uint16_t p = portset_next(&expects, 0); p != PORT_NONE;
		p = portset_next(&expects, p + 1u)) {
		struct port *port = &b->plane->port[p];

		if (port->worker != b->worker)
			continue;
		atomic_portset_clear(&b->plane->expects, p);
		if (!portset_has(&b->ingress.by.live, p) &&
			atomic_load_explicit(&port->expected_until_us, memory_order_relaxed) >
				b->ingress.now_us &&
			atomic_load_explicit(&port->announce, memory_order_relaxed))
			bridge_announce(b, p);
	}
}

void bridge_announce_new(struct bridge *b, uint32_t expected)
{
	b->expected = expected;
	announce_expected(b);
	announce_elsewhere(b);
}

/* The worker is the only writer. */
static void count_oversize(struct bridge *b, uint64_t n)
{
	_Atomic uint64_t *counter = &b->stats[PORT_TRUNK].drops[DROP_OVERSIZE];

	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

/* What the other side sent before this one had the trunk has come by the uplink as well, where that
 * was used till then; else it would be lost. */
static unsigned drop_stale(struct bridge *b, struct rte_mbuf **frames, unsigned stale, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *bytes = rte_pktmbuf_mtod(frames[i], const uint8_t *);
		struct frame frame;

		if (i < stale && (frame_parse(bytes, rte_pktmbuf_data_len(frames[i]), &frame) ||
					 !vlanset_has(&b->ingress.by.rules->primary, frame.vlan)))
			bridge_drop(b, PORT_TRUNK, DROP_NOT_PRIMARY, frames[i]);
		else
			frames[kept++] = frames[i];
	}
	return kept;
}

unsigned bridge_poll_trunk(struct bridge *b)
{
	struct rte_mbuf *frames[BRIDGE_BURST];
	uint64_t oversize = 0;
	unsigned n, stale;

	if (!b->trunk)
		return 0;
	n = trunk_link_rx(
		b->trunk, b->worker, b->plane->pool, frames, BRIDGE_BURST, &stale, &oversize);
	if (oversize)
		count_oversize(b, oversize);
	if (!n)
		return 0;
	bridge_switch(b, PORT_TRUNK, frames, stale ? drop_stale(b, frames, stale, n) : n);
	return n;
}
