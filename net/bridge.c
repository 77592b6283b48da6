/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the rings and the forwarding decision. One worker runs it and owns all of a struct
 * bridge. Before it touches a client's ring, and while it handles frames that a client wrote, the
 * heartbeat page says whose they are. Nothing stays in its buffers when a poll returns, so a round
 * leaves no frame of a withdrawn port behind.
 */
#include "net/bridge.h"

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "net/announce.h"
#include "net/fault.h"
#include "net/forward.h"
#include "net/frame.h"
#include "net/uplink.h"
#include "net/vhost.h"

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

/* The first frames that go to one pair of a client's queues. Returns how many there were, sent or
 * not. */
static unsigned send_run(struct bridge *b, const struct port *port, struct bridge_tx *tx,
	unsigned from, unsigned *sent)
{
	unsigned n = 1;

	while (from + n < tx->n && tx->pair[from + n] == tx->pair[from])
		n++;
	*sent += vhost_tx(
		port->vid, tx->pair[from], tx->frame + from, (uint16_t)n, port->tx_burst_max);
	return n;
}

/*
 * Looking for room in a hostile client's ring can take rte_vhost a third of a millisecond (chains
 * of empty buffers), at the cost of all clients of this worker. So one that takes nothing is left
 * alone, for twice as long each time in a row, from a microsecond on.
 */
static void pause_after(struct bridge *b, struct bridge_tx *tx, unsigned sent)
{
	if (sent) {
		tx->pause_shift = 0;
		return;
	}
	tx->paused_until_us = b->now_us + (UINT64_C(1) << tx->pause_shift);
	if (tx->pause_shift < BRIDGE_PAUSE_SHIFT_MAX)
		tx->pause_shift++;
}

static unsigned send_client(struct bridge *b, const struct port *port, struct bridge_tx *tx)
{
	uint32_t before = serve(b, port->adapter_id);
	unsigned sent = 0;

	for (unsigned at = 0; at < tx->n;)
		at += send_run(b, port, tx, at, &sent);
	serve(b, before);
	pause_after(b, tx, sent);
	return sent;
}

static void flush_client(struct bridge *b, uint16_t port_number, struct bridge_tx *tx)
{
	struct port_stats *stats = &b->stats[port_number];
	uint64_t bytes = bytes_of(tx->frame, tx->n);
	unsigned sent = 0;

	if (b->now_us >= tx->paused_until_us)
		sent = send_client(b, &b->plane->port[port_number], tx);
	count(&stats->tx_packets, sent);
	/* Which ones a full ring refused is not known per pair; an average serves for a counter of
	 * bytes. */
	count(&stats->tx_bytes, bytes * sent / tx->n);
	if (sent < tx->n)
		count_drops(b, port_number, DROP_TX_FULL, tx->n - sent);
	rte_pktmbuf_free_bulk(tx->frame, tx->n); /* rte_vhost has copied */
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
	uint32_t enabled = atomic_load_explicit(&port->rx_enabled, memory_order_relaxed) &
			   ((1u << atomic_load_explicit(&port->pairs, memory_order_relaxed)) - 1);
	unsigned skip;

	if (!(enabled & (enabled - 1)))
		return enabled ? (uint16_t)__builtin_ctz(enabled) : 0;
	for (skip = flow % (unsigned)__builtin_popcount(enabled); skip; skip--)
		enabled &= enabled - 1;
	return (uint16_t)__builtin_ctz(enabled);
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
	if (out.reason != DROP_NONE)
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

unsigned bridge_poll_client(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];
	unsigned pairs = atomic_load_explicit(&port->pairs, memory_order_relaxed);
	struct rte_mbuf *frames[BRIDGE_BURST];
	unsigned total = 0;

	if (atomic_load_explicit(&port->announce, memory_order_relaxed))
		announce(b, port);
	serve(b, port->adapter_id);
	for (unsigned pair = 0; pair < pairs; pair++) {
		unsigned n = vhost_rx(port->vid, pair, b->plane->pool, frames, BRIDGE_BURST);

		if (!n)
			continue;
		if (port->armed) {
			port->armed = false;
			for (unsigned other = 0; other < pairs; other++)
				vhost_arm(port->vid, other, false);
		}
		switch_burst(b, port_number, frames, n);
		total += n;
	}
	serve(b, 0);
	flush_all(b);
	return total;
}

unsigned bridge_poll_uplink(struct bridge *b)
{
	struct rte_mbuf *frames[BRIDGE_BURST];
	unsigned n;

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
	unsigned pairs = atomic_load_explicit(&port->pairs, memory_order_relaxed);

	if (port->armed)
		return;
	serve(b, port->adapter_id);
	for (unsigned pair = 0; pair < pairs; pair++)
		vhost_arm(port->vid, pair, true);
	port->armed = true;
	serve(b, 0);
}

bool bridge_waiting(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];
	unsigned pairs = atomic_load_explicit(&port->pairs, memory_order_relaxed);
	bool waiting = false;

	serve(b, port->adapter_id);
	for (unsigned pair = 0; pair < pairs && !waiting; pair++)
		waiting = vhost_rx_waiting(port->vid, pair);
	serve(b, 0);
	return waiting;
}
