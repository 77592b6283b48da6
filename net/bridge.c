/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the rings and the forwarding decision. One worker runs it and owns all of a struct
 * bridge. Before it touches a client's ring, and while it handles frames that a client wrote, the
 * heartbeat page says whose they are. Nothing stays in its buffers when a poll returns, so a round
 * leaves no frame of a withdrawn port behind; what is held for a port that will be live (held.h) is
 * not in them.
 */
#include "net/bridge_private.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "net/fault.h"
#include "net/frame.h"
#include "net/trunk_link.h"
#include "net/uplink.h"

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
	b->ingress.by.fdb = plane->fdb;
	ingress_init(&b->ingress, now_us);
}

void bridge_begin(struct bridge *b, uint64_t now_us)
{
	struct portset live;

	atomic_portset_load(&b->plane->live, &live);
	b->uplink = atomic_load_explicit(&b->plane->uplink, memory_order_acquire);
	b->trunk = atomic_load_explicit(&b->plane->trunk, memory_order_acquire);
	if (!b->uplink)
		portset_remove(&live, PORT_UPLINK);
	if (!b->trunk)
		portset_remove(&live, PORT_TRUNK);
	/* The rules after the trunk: who sees it knows whose the uplinks are. */
	ingress_begin(&b->ingress, atomic_load_explicit(&b->plane->rules, memory_order_acquire),
		&live, now_us);
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
		given += vport_give(&port->vport, tx->pair[at], tx->frame + at, tx->edit + at, n,
			&bytes, drops);
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

static void flush_trunk(struct bridge *b, struct bridge_tx *tx)
{
	struct port_stats *stats = &b->stats[PORT_TRUNK];
	uint64_t bytes = 0;
	unsigned sent = trunk_link_tx(b->trunk, b->worker, tx->frame, tx->edit, tx->n, &bytes);

	if (sent < tx->n)
		count_drops(b, PORT_TRUNK, DROP_TX_FULL, tx->n - sent);
	count(&stats->tx_packets, sent);
	count(&stats->tx_bytes, bytes);
	rte_pktmbuf_free_bulk(tx->frame, tx->n); /* they have been copied */
}

static void flush_port(struct bridge *b, uint16_t port_number)
{
	struct bridge_tx *tx = &b->tx[port_number];

	if (port_number == PORT_UPLINK)
		flush_uplink(b, tx);
	else if (port_number == PORT_TRUNK)
		flush_trunk(b, tx);
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

/* Changes the tag in the frame's own bytes. Nobody else has the frame. */
static bool edit_in_place(struct rte_mbuf *m, uint32_t edit)
{
	uint8_t macs[FRAME_MACS_BYTES], *bytes = rte_pktmbuf_mtod(m, uint8_t *);

	memcpy(macs, bytes, sizeof(macs));
	if (edit & FRAME_EDIT_STRIP)
		bytes = (uint8_t *)rte_pktmbuf_adj(m, FRAME_VLAN_TAG_BYTES);
	if (bytes && (edit & FRAME_EDIT_PUSH))
		bytes = (uint8_t *)rte_pktmbuf_prepend(m, FRAME_VLAN_TAG_BYTES);
	if (!bytes)
		return false;
	memcpy(bytes, macs, sizeof(macs));
	if (edit & FRAME_EDIT_PUSH)
		frame_tag_bytes(edit, bytes + FRAME_MACS_BYTES);
	return true;
}

/* The frame as the uplink takes it, instead of m; NULL: there is no room, and m is gone. */
static struct rte_mbuf *edit_for_uplink(struct bridge *b, struct rte_mbuf *m, uint32_t edit)
{
	if (rte_mbuf_refcnt_read(m) > 1) { /* a flood: others get it with another tag */
		struct rte_mbuf *copy = rte_pktmbuf_copy(m, b->plane->pool, 0, UINT32_MAX);

		rte_pktmbuf_free(m);
		m = copy;
	}
	if (m && edit_in_place(m, edit))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

static void enqueue(
	struct bridge *b, uint16_t port_number, uint16_t pair, uint32_t edit, struct rte_mbuf *m)
{
	struct bridge_tx *tx = &b->tx[port_number];

	tx->pair[tx->n] = pair;
	tx->edit[tx->n] = edit;
	tx->frame[tx->n++] = m;
	portset_add(&b->waiting, port_number);
	if (tx->n == BRIDGE_TX_MAX)
		flush_port(b, port_number);
}

static void send_to_uplink(struct bridge *b, uint32_t edit, struct rte_mbuf *m)
{
	if (edit)
		m = edit_for_uplink(b, m, edit);
	if (m)
		enqueue(b, PORT_UPLINK, 0, 0, m);
	else
		count_drops(b, PORT_UPLINK, DROP_TX_FULL, 1);
}

static void send_to_client(
	struct bridge *b, uint16_t port_number, uint32_t flow, uint32_t edit, struct rte_mbuf *m)
{
	const struct port *port = &b->plane->port[port_number];

	if (rte_pktmbuf_pkt_len(m) + (uint32_t)frame_edit_bytes(edit) <= port->frame_max_bytes) {
		enqueue(b, port_number, choose_pair(port, flow), edit, m);
	} else {
		count_drops(b, port_number, DROP_OVERSIZE, 1);
		rte_pktmbuf_free(m);
	}
}

/* Takes over one reference to the frame, which has this tag and is in this VLAN. */
static void send_to(struct bridge *b, uint16_t port_number, const struct frame *frame,
	uint16_t vlan, struct rte_mbuf *m)
{
	uint32_t edit = rules_edit(b->ingress.by.rules, port_number, vlan, frame->tag);

	if (port_number == PORT_UPLINK)
		send_to_uplink(b, edit, m);
	else if (port_number == PORT_TRUNK)
		enqueue(b, PORT_TRUNK, 0, edit, m);
	else
		send_to_client(b, port_number, frame->flow, edit, m);
}

static void drop(struct bridge *b, uint16_t port, enum drop reason, struct rte_mbuf *m)
{
	count_drops(b, port, reason, 1);
	rte_pktmbuf_free(m);
}

/* A frame for an adapter that is not live here: held for it if it is about to be, else passed over
 * to the other side if it may be. */
static void hold_or_drop(struct bridge *b, uint16_t port_number, const struct frame *what,
	const struct forward *to, struct rte_mbuf *m)
{
	const struct port *port = &b->plane->port[port_number];
	const struct held_frame frame = {
		.mbuf = m,
		.until_us = atomic_load_explicit(&port->expected_until_us, memory_order_relaxed),
		.adapter_id = port->adapter_id,
		.flow = what->flow,
		.tag = what->tag,
		.vlan = to->vlan,
		.port = port_number,
	};

	if (frame.until_us <= b->ingress.now_us && to->over != PORT_NONE)
		send_to(b, to->over, what, to->vlan, m);
	else if (frame.until_us <= b->ingress.now_us || !held_put(&b->held, &frame))
		drop(b, port_number, DROP_NOT_LIVE, m);
}

/* What is held for an adapter that is live now goes to it; what has waited too long goes. An
 * adapter that is not live yet does not keep others' frames back: newer ones would overtake them.
 */
static bool settle(const struct held_frame *frame, void *user)
{
	const struct frame what = {.flow = frame->flow, .tag = frame->tag};
	struct bridge *b = user;

	if (portset_has(&b->ingress.by.live, frame->port) &&
		b->plane->port[frame->port].adapter_id == frame->adapter_id &&
		rules_member(b->ingress.by.rules, frame->vlan, frame->port))
		send_to(b, frame->port, &what, frame->vlan, frame->mbuf);
	else if (frame->until_us <= b->ingress.now_us)
		drop(b, frame->port, DROP_NOT_LIVE, frame->mbuf);
	else
		return false;
	return true;
}

static void send_copies(struct bridge *b, uint16_t in_port, const struct forward *to,
	const struct frame *frame, struct rte_mbuf *m)
{
	unsigned copies = portset_count(&to->set);

	count(&b->stats[in_port].rx_flood[to->kind], 1);
	/* All share the bytes: nobody changes a frame on its way out. */
	if (copies > 1)
		rte_pktmbuf_refcnt_update(m, (int16_t)(copies - 1));
	for (uint16_t p = portset_next(&to->set, 0); p != PORT_NONE;
		p = portset_next(&to->set, p + 1u)) {
		count(&b->stats[p].tx_flood[to->kind], 1);
		send_to(b, p, frame, to->vlan, m);
	}
}

static void switch_frame(struct bridge *b, uint16_t in_port, struct rte_mbuf *m)
{
	const struct ingress_frame what = {
		.bytes = rte_pktmbuf_mtod(m, const uint8_t *),
		.len_bytes = rte_pktmbuf_data_len(m),
		.whole_bytes = rte_pktmbuf_pkt_len(m),
		.most_bytes = in_port >= PORT_CLIENTS ? SIZE_MAX
						      : b->plane->port[in_port].frame_max_bytes,
	};
	struct forward to;
	struct frame frame;
	bool pruned;

	ingress_decide(&b->ingress, in_port, &what, &frame, &to, &pruned);
	if (in_port < PORT_CLIENTS)
		fault_frame(&frame, what.bytes, what.len_bytes);
	if (pruned)
		count(&b->stats[in_port].pruned, 1);
	if (to.reason == DROP_NOT_LIVE)
		hold_or_drop(b, to.charged, &frame, &to, m);
	else if (to.reason != DROP_NONE)
		drop(b, to.charged, to.reason, m);
	else if (to.port != PORT_NONE)
		send_to(b, to.port, &frame, to.vlan, m);
	else
		send_copies(b, in_port, &to, &frame, m);
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
	const bool yields = atomic_load_explicit(&port->yields_until_us, memory_order_relaxed) >
			    b->ingress.now_us;

	if (!yields && atomic_load_explicit(&port->announce, memory_order_relaxed))
		bridge_announce(b, port_number);
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

void bridge_out(struct bridge *b, struct rte_mbuf *m)
{
	enqueue(b, PORT_UPLINK, 0, 0, m);
}

void bridge_drop(struct bridge *b, uint16_t port, enum drop reason, struct rte_mbuf *m)
{
	drop(b, port, reason, m);
}

void bridge_switch(struct bridge *b, uint16_t in_port, struct rte_mbuf **frames, unsigned n)
{
	switch_burst(b, in_port, frames, n);
	flush_all(b);
}

unsigned bridge_poll_uplink(struct bridge *b)
{
	const uint32_t expected = atomic_load_explicit(&b->plane->expected, memory_order_acquire);
	struct rte_mbuf *frames[BRIDGE_BURST];
	unsigned n;

	if (expected != b->expected)
		bridge_announce_new(b, expected);
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
