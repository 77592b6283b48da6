/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge_uplink.c - a round's work at the uplinks: what waits for them goes first, then a burst of
 * each is taken. The worker's thread.
 */
#include "net/bridge_private.h"

#include "net/herald.h"
#include "net/large_rx.h"

static unsigned poll_one(struct bridge *b, unsigned uplink)
{
	struct rte_mbuf *frames[BRIDGE_BURST];
	const unsigned n = b->uplink[uplink] ? large_rx(b, uplink, frames, BRIDGE_BURST) : 0;

	if (n)
		bridge_switch(b, (uint16_t)(PORT_UPLINK + uplink), frames, n);
	return n;
}

unsigned bridge_poll_uplinks(struct bridge *b)
{
	const uint32_t expected = atomic_load_explicit(&b->plane->expected, memory_order_acquire);
	unsigned n = 0, more;

	if (expected != b->expected) {
		herald_expected(b, expected);
		bridge_announce_elsewhere(b);
		bridge_probe(b);
	}
	more = herald_go_on(b);
	for (unsigned i = 0; i < b->n_uplinks; i++)
		if (share_waits(&b->share[i]))
			share_settle(b, i);
	bridge_settle(b);
	for (unsigned i = 0; i < b->n_uplinks; i++)
		n += poll_one(b, i);
	return n ? n : more;
}
