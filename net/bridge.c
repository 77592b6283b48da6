/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the rings and the forwarding decision. One worker runs it and owns all of a struct
 * bridge. Before it touches a client's ring, and while it handles frames that a client wrote, the
 * heartbeat page says whose they are. Nothing stays in its buffers when a poll returns, so a round
 * leaves no frame of a withdrawn port behind; what is held for a port that will be live (held.h) is
 * not in them.
 */
#include "net/bridge.h"

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "net/announce.h"
#include "net/fault.h"
#include "net/forward.h"
#include "net/frame.h"
#include "net/uplink.h"

#define FLOOD_COPIES_PER_S 1000000
#define FLOOD_BURST_COPIES 8192

/* The worker is the only writer, so no atomic addition is needed. */
static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

static void count_drops(struct bridge *b, uint16_t port, enum drop reason, uint64_t n)
{
	count(&b->stats[port].drops[reason], n);
}

static uint32_t serve(struct bridge *b, uint32_t adapter_id)
{
	uint32_t before = b->serving;

	b->serving = adapter_id;
	hb_serving(hb_page(b->plane->hb), b->worker, adapter_id);
	return before;
}

void bridge_init(struct bridge *b, struct plane *plane, unsigned worker, uint64_t now_us)
{
	b->plane = plane;
	b->worker = worker;
	flood_init(&b->flood, FLOOD_COPIES_PER_S, FLOOD_BURST_COPIES, now_us);
}

void bridge_begin(struct bridge *b, uint64_t now_us)
{
	b->now_us = now_us;
	b->now_s = (uint32_t)(now_us / 1000000);
	atomic_portset_load(&b->plane->live, &b->live);
	b->uplink = atomic_load_explicit(&b->plane->uplink, memory_order_acquire);
	if (!b->uplink)
		portset_remove(&b->live, PORT_UPLINK);
}

static uint64_t bytes_of(struct rte_mbuf **frames, unsigned n)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += rte_pktmbuf_pkt_len(frames[i]);
	return bytes;
}

/* What was counted apart while the heartbeat page named another adapter. */
static void add_drops(struct bridge *b, uint16_t port, const uint64_t *drops)
{
	for (unsigned reason = 0; reason < DROP_COUNT; reason++)
		if (drops[reason])
			count_drops(b, port, reason, drops[reason]);
}

/* How many of the frames from `from` on go to the same pair of queues. */
static unsigned run_length(const struct bridge_tx *tx, unsigned from)
{
	unsigned n = 1;

	while (from + n < tx->n && tx->pair[from + n] == tx->pair[from])
		n++;
	return n;
}

static void flush_client(struct bridge *b, uint16_t port_number, struct bridge_tx *tx)
{
	struct port *port = &b->plane->port[port_number];
	struct port_stats *stats = &b->stats[port_number];
	uint64_t drops[DROP_COUNT] = {0}, bytes = 0, given = 0;
	uint32_t before = serve(b, port->adapter_id);

	for (unsigned at = 0, n; at < tx->n; at += n) {
		n = run_length(tx, at);
		given += vport_give(&port->vport, tx->pair[at], tx->frame + at, n, &bytes, drops);
	}
	serve(b, before);
	count(&stats->tx_packets, given);
	count(&stats->tx_bytes, bytes);
	add_drops(b, port_number, drops);
	rte_pktmbuf_free_bulk(tx->frame, tx->n); /* they have been copied */
}

static void flush_uplink(struct bridge *b, struct bridge_tx *tx)
{
	struct port_stats *stats = &b->stats[PORT_UPLINK];
	uint64_t bytes = bytes_of(tx->frame, tx->n);
	unsigned sent = uplink_tx(b->uplink, b->worker, tx->frame, tx->n);

	if (sent < tx->n) {
		bytes -= bytes_of(tx->frame + sent, tx->n - sent);
		count_drops(b, PORT_UPLINK, DROP_TX_FULL, tx->n - sent);
		rte_pktmbuf_free_bulk(tx->frame + sent, tx->n - sent);
	}
	count(&stats->tx_packets, sent);
	count(&stats->tx_bytes, bytes);
}

static void flush_port(struct bridge *b, uint16_t port_number)
{
	struct bridge_tx *tx = &b->tx[port_number];

	if (port_number == PORT_UPLINK)
		flush_uplink(b, tx);
	else
		flush_client(b, port_number, tx);
	tx->n = 0;
	portset_remove(&b->waiting, port_number);
}

static void flush_all(struct bridge *b)
{
	for (uint16_t p = portset_next(&b->waiting, 0); p != PORT_NONE;
		p = portset_next(&b->waiting, p))
		flush_port(b, p);
}

/* The queue pair of a flow: one of those on which the client takes frames. */
static uint16_t choose_pair(const struct port *port, uint32_t flow)
{
	uint32_t takes = port->vport.takes;
	unsigned skip;

	if (!(takes & (takes - 1)))
		return takes ? (uint16_t)__builtin_ctz(takes) : 0;
	for (skip = flow % (unsigned)__builtin_popcount(takes); skip; skip--)
		takes &= takes - 1;
	return (uint16_t)__builtin_ctz(takes);
}

/* Takes over one reference to the frame. */
static void send_to(struct bridge *b, uint16_t port_number, uint32_t flow, struct rte_mbuf *m)
{
	struct bridge_tx *tx = &b->tx[port_number];
	uint16_t pair = 0;

	if (port_number != PORT_UPLINK) {
		const struct port *port = &b->plane->port[port_number];

		if (rte_pktmbuf_pkt_len(m) > port->frame_max_bytes) {
			count_drops(b, port_number, DROP_OVERSIZE, 1);
			rte_pktmbuf_free(m);
			return;
		}
		pair = choose_pair(port, flow);
	}
	tx->pair[tx->n] = pair;
	tx->frame[tx->n++] = m;
	portset_add(&b->waiting, port_number);
	if (tx->n == BRIDGE_TX_MAX)
		flush_port(b, port_number);
}

static void drop(struct bridge *b, uint16_t port, enum drop reason, struct rte_mbuf *m)
{
	count_drops(b, port, reason, 1);
	rte_pktmbuf_free(m);
}

/* A frame for an adapter that is not live here. */
static void hold_or_drop(struct bridge *b, uint16_t port_number, uint32_t flow, struct rte_mbuf *m)
{
	const struct port *port = &b->plane->port[port_number];
	const struct held_frame frame = {
		.mbuf = m,
		.until_us = atomic_load_explicit(&port->expected_until_us, memory_order_relaxed),
		.adapter_id = port->adapter_id,
		.flow = flow,
		.port = port_number,
	};

	if (frame.until_us <= b->now_us || !held_put(&b->held, &frame))
		drop(b, port_number, DROP_NOT_LIVE, m);
}

/* What is held for an adapter that is live now goes to it; what has waited too long goes. An
 * adapter that is not live yet does not keep others' frames back: newer ones would overtake them.
 */
static bool settle(const struct held_frame *frame, void *user)
{
	struct bridge *b = user;

	if (portset_has(&b->live, frame->port) &&
		b->plane->port[frame->port].adapter_id == frame->adapter_id)
		send_to(b, frame->port, frame->flow, frame->mbuf);
	else if (frame->until_us <= b->now_us)
		drop(b, frame->port, DROP_NOT_LIVE, frame->mbuf);
	else
		return false;
	return true;
}

static void send_copies(struct bridge *b, uint16_t in_port, const struct portset *set,
	uint32_t flow, struct rte_mbuf *m)
{
	unsigned copies = portset_count(set);

	if (!flood_take(&b->flood, copies, b->now_us)) {
		drop(b, in_port, DROP_FLOOD_LIMIT, m);
		return;
	}
	/* All share the bytes: nobody changes a frame on its way out. */
	if (copies > 1)
		rte_pktmbuf_refcnt_update(m, (int16_t)(copies - 1));
	for (uint16_t p = portset_next(set, 0); p != PORT_NONE; p = portset_next(set, p + 1u))
		send_to(b, p, flow, m);
}

static void switch_frame(struct bridge *b, uint16_t in_port, struct rte_mbuf *m)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	size_t len_bytes = rte_pktmbuf_data_len(m);
	struct forward out;
	struct frame frame;

	if (frame_parse(bytes, len_bytes, &frame)) {
		drop(b, in_port, DROP_RUNT, m);
		return;
	}
	if (in_port != PORT_UPLINK) {
		if (rte_pktmbuf_pkt_len(m) > b->plane->port[in_port].frame_max_bytes) {
			drop(b, in_port, DROP_OVERSIZE, m);
			return;
		}
		fault_frame(&frame, bytes, len_bytes);
	}
	forward_frame(b->plane->fdb, &frame, in_port, &b->live, b->now_s, &out);
	if (out.reason == DROP_NOT_LIVE)
		hold_or_drop(b, out.charged, frame.flow, m);
	else if (out.reason != DROP_NONE)
		drop(b, out.charged, out.reason, m);
	else if (out.port != PORT_NONE)
		send_to(b, out.port, frame.flow, m);
	else
		send_copies(b, in_port, &out.set, frame.flow, m);
}

static void switch_burst(struct bridge *b, uint16_t in_port, struct rte_mbuf **frames, unsigned n)
{
	struct port_stats *stats = &b->stats[in_port];

	count(&stats->rx_packets, n);
	count(&stats->rx_bytes, bytes_of(frames, n));
	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n)
			rte_prefetch0(rte_pktmbuf_mtod(frames[i + 1], void *));
		switch_frame(b, in_port, frames[i]);
	}
}

static void announce(struct bridge *b, struct port *port)
{
	struct rte_mbuf *m;

	atomic_store(&port->announce, false);
	if (!b->uplink)
		return;
	m = rte_pktmbuf_alloc(b->plane->pool);
	if (!m)
		return; /* it is repeated */
	announce_rarp(port->mac, (uint8_t *)rte_pktmbuf_append(m, ANNOUNCE_RARP_BYTES));
	send_to(b, PORT_UPLINK, 0, m);
}

/* The client has frames again: it need not kick for more. */
static void disarm(struct port *port)
{
	port->armed = false;
	for (unsigned pair = 0; pair < port->vport.n_pairs; pair++)
		vport_want_kicks(&port->vport, pair, false);
}

unsigned bridge_poll_client(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];
	uint64_t drops[DROP_COUNT] = {0};
	struct rte_mbuf *frames[BRIDGE_BURST];
	unsigned total = 0;

	/* About to move: what it sends waits in its ring, and the other side has the word. */
	const bool yields =
		atomic_load_explicit(&port->yields_until_us, memory_order_relaxed) > b->now_us;

	if (!yields && atomic_load_explicit(&port->announce, memory_order_relaxed))
		announce(b, port);
	serve(b, port->adapter_id);
	if (!port->greeted)
		vport_greet(&port->vport);
	port->greeted = true;
	if (yields) {
		serve(b, 0);
		return 0;
	}
	for (unsigned pair = 0; pair < port->vport.n_pairs; pair++) {
		unsigned n =
			vport_take(&port->vport, pair, b->plane->pool, frames, BRIDGE_BURST, drops);

		if (!n)
			continue;
		if (port->armed)
			disarm(port);
		switch_burst(b, port_number, frames, n);
		total += n;
	}
	serve(b, 0);
	add_drops(b, port_number, drops);
	flush_all(b);
	return total;
}

/* Adapters that are expected are announced before they are live: the switch outside turns first. */
static void announce_expected(struct bridge *b, uint32_t expected)
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
		if (!portset_has(&b->live, p) &&
			atomic_load_explicit(&port->expected_until_us, memory_order_relaxed) >
				b->now_us &&
			atomic_load_explicit(&port->announce, memory_order_relaxed))
			announce(b, port);
	}
}

unsigned bridge_poll_uplink(struct bridge *b)
{
	const uint32_t expected = atomic_load_explicit(&b->plane->expected, memory_order_acquire);
	struct rte_mbuf *frames[BRIDGE_BURST];
	unsigned n;

	if (expected != b->expected)
		announce_expected(b, expected);
	if (b->held.n)
		held_settle(&b->held, settle, b);
	flush_all(b);
	if (!b->uplink)
		return 0;
	n = uplink_rx(b->uplink, b->worker, frames, BRIDGE_BURST);
	if (!n)
		return 0;
	switch_burst(b, PORT_UPLINK, frames, n);
	flush_all(b);
	return n;
}

void bridge_arm(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];

	if (port->armed)
		return;
	serve(b, port->adapter_id);
	for (unsigned pair = 0; pair < port->vport.n_pairs; pair++)
		vport_want_kicks(&port->vport, pair, true);
	port->armed = true;
	serve(b, 0);
}

bool bridge_waiting(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];
	bool waiting = false;

	serve(b, port->adapter_id);
	for (unsigned pair = 0; pair < port->vport.n_pairs && !waiting; pair++)
		waiting = vport_waiting(&port->vport, pair);
	serve(b, 0);
	return waiting;
}
