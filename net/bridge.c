/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the rings and the forwarding decision. One worker runs it and owns all of a struct
 * bridge. Before it touches a client's ring, and while it handles frames that a client wrote, the
 * heartbeat page says whose they are. Nothing stays in its buffers when a poll returns, so a round
 * leaves no frame of a withdrawn port behind; what is held (held.h) is not in them.
 */
#include "net/bridge_private.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "net/fault.h"
#include "net/frame.h"
#include "net/herald.h"
#include "net/retag.h"
#include "net/trace.h"
#include "net/trunk_link.h"
#include "net/uplink.h"

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	stats_count(counter, n);
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
	b->ingress.snoop = plane->snoop;
	b->ingress.neigh = plane->neigh;
	b->ingress.ear = plane->probe;
	ingress_init(&b->ingress, now_us);
}

void bridge_begin(struct bridge *b, uint64_t now_us)
{
	struct portset live;

	atomic_portset_load(&b->plane->live, &live);
	b->n_uplinks = atomic_load_explicit(&b->plane->n_uplinks, memory_order_acquire);
	for (unsigned i = 0; i < b->n_uplinks; i++) {
		b->uplink[i] = atomic_load_explicit(&b->plane->uplink[i], memory_order_acquire);
		if (!b->uplink[i])
			portset_remove(&live, PORT_UPLINK + i);
	}
	b->traced = trace_traced();
	b->trunk = atomic_load_explicit(&b->plane->trunk, memory_order_acquire);
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

	if (b->traced == port_number + 1u)
		trace_frames(b->plane, b->worker, tx->frame, tx->edit, tx->n);
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

	if (port_number < PORT_CLIENTS)
		flush_client(b, port_number, tx);
	else if (port_number == PORT_TRUNK)
		flush_trunk(b, tx);
	else
		share_flush(b, port_number - PORT_UPLINK, tx);
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

static void send_to_uplink(
	struct bridge *b, uint16_t port_number, uint32_t edit, struct rte_mbuf *m)
{
	if (edit)
		m = retag(m, edit, b->plane->pool);
	if (m)
		enqueue(b, port_number, b->source, 0, m);
	else
		count_drops(b, port_number, DROP_TX_FULL, 1);
}

static void drop(struct bridge *b, uint16_t port, enum drop reason, struct rte_mbuf *m)
{
	count_drops(b, port, reason, 1);
	rte_pktmbuf_free(m);
}

static void send_to_client(
	struct bridge *b, uint16_t port_number, uint32_t flow, uint32_t edit, struct rte_mbuf *m)
{
	const struct port *port = &b->plane->port[port_number];
	const uint32_t edit_bytes = (uint32_t)frame_edit_bytes(edit);

	if (segment_wire_bytes(m) + edit_bytes > port->frame_max_bytes)
		drop(b, port_number, DROP_OVERSIZE, m);
	else if (portset_has(&b->ingress.by.rules->limited_out, port_number) &&
		 !limit_give(b, port_number, rte_pktmbuf_pkt_len(m) + edit_bytes))
		drop(b, port_number, DROP_RECV_RATE, m);
	else
		enqueue(b, port_number, choose_pair(port, flow), edit, m);
}

static void send_one(
	struct bridge *b, uint16_t port_number, uint32_t flow, uint32_t edit, struct rte_mbuf *m)
{
	if (port_number < PORT_CLIENTS)
		send_to_client(b, port_number, flow, edit, m);
	else if (port_number == PORT_TRUNK)
		enqueue(b, PORT_TRUNK, 0, edit | b->over, m);
	else
		send_to_uplink(b, port_number, edit, m);
}

/* What goes over the trunk is finished: the other side need not believe what it is told. */
static unsigned what_can(const struct bridge *b, uint16_t port_number)
{
	if (port_number < PORT_CLIENTS)
		return b->plane->port[port_number].vport.can;
	return port_number == PORT_TRUNK ? 0 : uplink_can(b->uplink[port_number - PORT_UPLINK]);
}

/* A frame with something left to do: by who gets it, or else here. */
static __rte_noinline void send_asking(
	struct bridge *b, uint16_t port_number, uint32_t flow, uint32_t edit, struct rte_mbuf *m)
{
	const unsigned can = what_can(b, port_number);
	struct rte_mbuf *out[OFFLOAD_SEGMENTS_MAX];
	int n = segment_for(&b->plane->segment, m, can, out);

	if (n < 0)
		count_drops(b, port_number, DROP_NO_BUFFER, 1);
	for (int i = 0; i < n; i++)
		send_one(b, port_number, flow, edit, out[i]);
}

/* Takes over one reference to the frame, which has this tag and is in this VLAN. */
static void send_to(struct bridge *b, uint16_t port_number, const struct frame *frame,
	uint16_t vlan, struct rte_mbuf *m)
{
	uint32_t edit = rules_edit(b->ingress.by.rules, port_number, vlan, frame->tag);

	if (port_number < PORT_CLIENTS && !b->plane->port[port_number].vport.takes &&
		bridge_deaf(b, port_number, frame, vlan, m))
		return;
	if (segment_asks(m))
		send_asking(b, port_number, frame->flow, edit, m);
	else
		send_one(b, port_number, frame->flow, edit, m);
}

static void send_copies(struct bridge *b, uint16_t in_port, const struct forward *to,
	const struct frame *frame, struct rte_mbuf *m)
{
	unsigned copies = portset_count(&to->set);

	count(&b->stats[in_port].rx_flood[to->kind], 1);
	/* All share the bytes: nobody changes a frame on its way out. */
	if (copies > 1 && segment_asks(m) && !segment_is_long(m))
		segment_finish(m);
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
		.whole_bytes = segment_wire_bytes(m),
		.sent = in_port == PORT_TRUNK && !(m->hash.usr & TRUNK_UNSERVED),
		.most_bytes = in_port >= PORT_CLIENTS ? SIZE_MAX
						      : b->plane->port[in_port].frame_max_bytes,
	};
	struct forward to;
	struct frame frame;
	bool pruned;

	if (in_port == PORT_TRUNK && (m->hash.usr & TRUNK_BACK)) {
		bridge_take_back(b, m);
		return;
	}
	ingress_decide(&b->ingress, in_port, &what, &frame, &to, &pruned);
	if (in_port < PORT_CLIENTS)
		fault_frame(&frame, what.bytes, what.len_bytes);
	if (pruned)
		count(&b->stats[in_port].pruned, 1);
	if (in_port == PORT_TRUNK && to.unsent && bridge_unsent(b, &frame, &to, m))
		return;
	b->over = to.unsent ? TRUNK_UNSERVED : 0;
	if (to.reason == DROP_NOT_LIVE)
		bridge_not_live(b, in_port, &frame, &to, m);
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
	b->source = in_port;
	if (b->traced == in_port + 1u)
		trace_frames(b->plane, b->worker, frames, NULL, n);
	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n)
			rte_prefetch0(rte_pktmbuf_mtod(frames[i + 1], void *));
		switch_frame(b, in_port, frames[i]);
	}
}

void bridge_to_uplink(struct bridge *b, uint16_t port_number, struct rte_mbuf *m)
{
	enqueue(b, port_number, SHARE_OWN, 0, m);
}

/* The client has frames again: it need not kick for more. */
static void disarm(struct port *port)
{
	port->armed = false;
	for (unsigned pair = 0; pair < port->vport.n_pairs; pair++)
		vport_want_kicks(&port->vport, pair, false);
}

/* A burst of each pair of queues, as far as the adapter's rate allows. */
static unsigned take_all(struct bridge *b, uint16_t port_number, uint64_t *drops)
{
	struct port *port = &b->plane->port[port_number];
	const bool limited = portset_has(&b->ingress.by.rules->limited_in, port_number);
	const unsigned pairs = port->vport.n_pairs,
		       first = limited ? limit_first_pair(b, port_number, pairs) : 0;
	struct rte_mbuf *frames[BRIDGE_BURST];
	unsigned total = 0;

	if (!limited && limit_is_held(&b->limit, port_number))
		limit_end(b, port_number);
	for (unsigned i = 0; i < pairs; i++) {
		unsigned pair = first + i < pairs ? first + i : first + i - pairs;
		unsigned n = limited ? limit_take(b, port_number, BRIDGE_BURST) : BRIDGE_BURST;

		n = n ? vport_take(&port->vport, pair, b->plane->pool, frames, n, drops) : 0;
		if (!n)
			continue;
		if (port->armed)
			disarm(port);
		if (limited)
			limit_taken(b, port_number, bytes_of(frames, n));
		switch_burst(b, port_number, frames, n);
		total += n;
	}
	return total;
}

unsigned bridge_poll_client(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];
	uint64_t drops[DROP_COUNT] = {0};
	unsigned total;

	/* About to move: what it sends waits in its ring, and the other side has the word. */
	const bool yields = atomic_load_explicit(&port->yields_until_us, memory_order_relaxed) >
			    b->ingress.now_us;

	if (!yields && atomic_load_explicit(&port->announce, memory_order_relaxed))
		herald_announce(b, port_number);
	serve(b, port->adapter_id);
	if (!port->greeted)
		vport_greet(&port->vport);
	port->greeted = true;
	if (yields) {
		serve(b, 0);
		share_hurry(b, port_number);
		return 0;
	}
	total = take_all(b, port_number, drops);
	serve(b, 0);
	add_drops(b, port_number, drops);
	flush_all(b);
	return total;
}

void bridge_drop(struct bridge *b, uint16_t port, enum drop reason, struct rte_mbuf *m)
{
	drop(b, port, reason, m);
}

void bridge_send(struct bridge *b, uint16_t port, const struct frame *frame, uint16_t vlan,
	struct rte_mbuf *m)
{
	send_to(b, port, frame, vlan, m);
}

void bridge_switch(struct bridge *b, uint16_t in_port, struct rte_mbuf **frames, unsigned n)
{
	switch_burst(b, in_port, frames, n);
	flush_all(b);
}

void bridge_settle(struct bridge *b)
{
	if (b->held.n)
		bridge_settle_held(b);
	flush_all(b);
}

void bridge_arm(struct bridge *b, uint16_t port_number)
{
	struct port *port = &b->plane->port[port_number];

	if (port->armed || limit_is_held(&b->limit, port_number))
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

	if (limit_is_held(&b->limit, port_number))
		return false; /* it does, for its rate: see bridge_hurries() */
	serve(b, port->adapter_id);
	for (unsigned pair = 0; pair < port->vport.n_pairs && !waiting; pair++)
		waiting = vport_waiting(&port->vport, pair);
	serve(b, 0);
	return waiting;
}

bool bridge_hurries(const struct bridge *b)
{
	uint64_t held = 0;

	for (unsigned i = 0; i < b->n_uplinks; i++)
		held |= share_waits(&b->share[i]);
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		held |= b->limit.held.word[i] & b->ingress.by.live.word[i];
	return held || b->held.n;
}
