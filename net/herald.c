/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * herald.c - see herald.h. The worker's thread; announce.c makes the frames, pacer.c says when. An
 * adapter is announced for as long as it is live and not about to leave; one that is expected, by
 * its MAC address alone.
 */
#include "net/herald.h"

#include <rte_mbuf.h>

#include "net/announce.h"

/* Its frame of this number. false: it has no more. */
static bool send_one(struct bridge *b, uint16_t port_number, unsigned index)
{
	const struct announce what = {
		.rules = b->ingress.by.rules,
		.neigh = b->plane->neigh,
		.port = port_number,
		.mac = b->pacer.job[port_number].mac,
		.now_s = b->ingress.by.now_s,
		.mac_only = !portset_has(&b->ingress.by.live, port_number),
		.trunk = portset_has(&b->ingress.by.live, PORT_TRUNK),
	};
	struct announce_out out;
	struct rte_mbuf *m;
	int n = announce_frame(&what, index, &out);

	if (n <= 0 || !portset_has(&b->ingress.by.live, out.uplink))
		return n >= 0;
	m = rte_pktmbuf_alloc(b->plane->pool);
	if (!m)
		return true; /* it is repeated */
	memcpy(rte_pktmbuf_mtod(m, void *), out.bytes, (size_t)n);
	m->data_len = (uint16_t)n;
	m->pkt_len = (uint32_t)n;
	bridge_to_uplink(b, out.uplink, m);
	return true;
}

static bool has_uplink(const struct bridge *b)
{
	const uint16_t first = portset_next(&b->ingress.by.live, PORT_UPLINK);

	return first != PORT_NONE && port_is_uplink(first);
}

/* Reads nothing but atomics of it: it may be neither live nor expected any more. */
static bool may_be_announced(const struct bridge *b, uint16_t port_number)
{
	const struct port *port = &b->plane->port[port_number];
	const bool live = portset_has(&b->ingress.by.live, port_number);
	const _Atomic uint64_t *until = live ? &port->yields_until_us : &port->expected_until_us;

	const bool is_until = atomic_load_explicit(until, memory_order_relaxed) > b->ingress.now_us;

	if (live || !portset_has(&b->ingress.by.live, PORT_TRUNK))
		return has_uplink(b) && live != is_until;
	return has_uplink(b); /* it is served on the other side, and reached through this one */
}

void herald_announce(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];

	atomic_store(&port->announce, false);
	if (!has_uplink(b))
		return;
	pacer_want(&b->pacer, port_number, frame_mac_number(port->mac), b->ingress.now_us);
	send_one(b, port_number, 0);
}

void herald_expected(struct bridge *b, uint32_t expected)
{
	struct portset expects;

	b->expected = expected;
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
			herald_announce(b, p);
	}
}

bool herald_go_on(struct bridge *b)
{
	const uint32_t per_s = PACER_PER_S / b->plane->n_workers;
	unsigned index;
	uint16_t p;

	while ((p = pacer_next(&b->pacer, per_s, b->ingress.now_us, &index)) != PORT_NONE) {
		if (!may_be_announced(b, p))
			pacer_drop(&b->pacer, p);
		else if (!send_one(b, p, index))
			pacer_done(&b->pacer, p);
	}
	return pacer_busy(&b->pacer);
}
