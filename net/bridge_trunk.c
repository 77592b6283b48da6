/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the bridge does because there is another VIOS: takes from the trunk, and tells the switch
 * outside where clients are. The worker's thread, which owns the struct bridge.
 */
#include "net/bridge_private.h"

#include <rte_mbuf.h>

#include "net/herald.h"
#include "net/trunk_link.h"

/* This side has become the primary of VLANs: the switch outside is to find all clients here. */
void bridge_announce_elsewhere(struct bridge *b)
{
	struct portset elsewhere;

	atomic_portset_load(&b->plane->elsewhere, &elsewhere);
	for (uint16_t p = portset_next(&elsewhere, 0); p != PORT_NONE;
		p = portset_next(&elsewhere, p + 1u)) {
		if (b->plane->port[p].worker != b->worker)
			continue;
		atomic_portset_clear(&b->plane->elsewhere, p);
		if (!portset_has(&b->ingress.by.live, p)) /* else it announces itself */
			herald_announce(b, p);
	}
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
