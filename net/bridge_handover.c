/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the bridge does with frames that come too early or too late for a client, or for the uplink,
 * that goes over to the other VIOS or comes from there: handover.c says what. The worker's thread,
 * which owns the struct bridge.
 */
#include "net/bridge_private.h"

#include <rte_mbuf.h>

#include "net/handover.h"
#include "net/trunk_link.h"

static enum drop reason_of(uint16_t port)
{
	return port_is_uplink(port) ? DROP_NOT_PRIMARY : DROP_NOT_LIVE;
}

/* port: a client's, or the uplink's; over: held.h */
static void hold(struct bridge *b, uint16_t port, const struct frame *what, uint16_t vlan,
	uint64_t until_us, uint32_t over, struct rte_mbuf *m)
{
	const struct held_frame frame = {
		.mbuf = m,
		.until_us = until_us,
		.adapter_id = port < PORT_CLIENTS ? b->plane->port[port].adapter_id : 0,
		.flow = what->flow,
		.tag = what->tag,
		.vlan = vlan,
		.port = port,
		.over = over,
	};

	if (!held_put(&b->held, &frame))
		bridge_drop(b, port, reason_of(port), m);
}

static uint64_t read_us(const _Atomic uint64_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

/* The flags with which a frame that waits for a client goes over, once that has left. */
static uint32_t if_it_leaves(const struct bridge *b)
{
	return TRUNK_UNSERVED | (b->source == PORT_TRUNK ? TRUNK_BACK : 0);
}

static void pass_over(struct bridge *b, uint32_t flags, const struct frame *what, uint16_t vlan,
	struct rte_mbuf *m)
{
	b->over = flags;
	bridge_send(b, PORT_TRUNK, what, vlan, m);
}

static bool is_trunk_up(const struct bridge *b)
{
	return portset_has(&b->ingress.by.live, PORT_TRUNK);
}

void bridge_not_live(struct bridge *b, uint16_t in_port, const struct frame *what,
	const struct forward *to, struct rte_mbuf *m)
{
	const struct port *port = &b->plane->port[to->charged];
	const uint64_t now_us = b->ingress.now_us, expected_us = read_us(&port->expected_until_us),
		       returns_us = read_us(&port->returns_until_us),
		       left_us = read_us(&port->left_us);
	const struct handover_client facts = {
		.expected = expected_us > now_us || returns_us > now_us,
		.left = left_us + HANDOVER_US > now_us,
		.left_us = left_us,
		.trunk = is_trunk_up(b),
		.by_trunk = in_port == PORT_TRUNK,
		.flags = in_port == PORT_TRUNK ? m->hash.usr : 0,
	};
	uint32_t flags;

	switch (handover_client(&facts, &flags)) {
	case HANDOVER_HOLD:
		if (returns_us > now_us)
			hold(b, to->charged, what, to->vlan, returns_us, if_it_leaves(b), m);
		else
			hold(b, to->charged, what, to->vlan,
				facts.expected ? expected_us : now_us + HANDOVER_US, 0, m);
		break;
	case HANDOVER_OVER:
		pass_over(b, flags, what, to->vlan, m);
		break;
	case HANDOVER_DROP:
		bridge_drop(b, to->charged, DROP_NOT_LIVE, m);
		break;
	}
}

/* A frame that would lose its tag, and not the one behind it: as forward.c. */
static bool would_hop(const struct bridge *b, uint16_t port, const struct frame *what)
{
	return what->nested && b->ingress.by.rules->pvid[port] == what->vlan;
}

bool bridge_unsent(
	struct bridge *b, const struct frame *what, const struct forward *to, struct rte_mbuf *m)
{
	const struct rules *rules = b->ingress.by.rules;
	const uint16_t uplink = rules_uplink(rules, to->vlan);
	const bool whole = to->reason == DROP_NO_TARGET || to->reason == DROP_HAIRPIN;
	uint32_t flags;
	enum handover what_now =
		handover_uplink(m->hash.usr, vlanset_has(&rules->left, to->vlan), &flags);

	if (what_now == HANDOVER_DROP || (!whole && to->reason != DROP_NONE) ||
		!portset_has(&b->ingress.by.live, uplink) ||
		!rules_member(rules, to->vlan, uplink) || would_hop(b, uplink, what))
		return false;
	if (!whole)
		rte_pktmbuf_refcnt_update(m, 1);
	if (what_now == HANDOVER_HOLD)
		hold(b, uplink, what, to->vlan, b->ingress.now_us + HANDOVER_US, 0, m);
	else
		pass_over(b, flags, what, to->vlan, m);
	return whole;
}

static bool is_served(const struct bridge *b, uint16_t port, uint16_t vlan)
{
	const struct portset *live = &b->ingress.by.live;

	if (!portset_has(live, port))
		return false;
	if (!port_is_uplink(port))
		return b->plane->port[port].vport.takes;
	return !portset_has(live, PORT_TRUNK) || vlanset_has(&b->ingress.by.rules->primary, vlan);
}

bool bridge_deaf(struct bridge *b, uint16_t port, const struct frame *what, uint16_t vlan,
	struct rte_mbuf *m)
{
	const uint64_t until_us = b->plane->port[port].deaf_until_us;

	if (until_us <= b->ingress.now_us || fdb_static_get(b->ingress.by.fdb, what->dst) != port)
		return false;
	hold(b, port, what, vlan, until_us, if_it_leaves(b), m);
	return true;
}

/* Whom it is not for has had it at the other side; its source is known here. */
void bridge_take_back(struct bridge *b, struct rte_mbuf *m)
{
	const struct rules *rules = b->ingress.by.rules;
	struct frame what;
	uint16_t port;

	if (frame_parse(rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m), &what)) {
		bridge_drop(b, PORT_TRUNK, DROP_RUNT, m);
		return;
	}
	port = fdb_static_get(b->ingress.by.fdb, what.dst);
	if (port == PORT_NONE)
		port = rules_uplink(rules, what.vlan);
	if (!what.vlan || !rules_member(rules, what.vlan, port))
		bridge_drop(b, PORT_TRUNK, DROP_VLAN, m);
	else if (would_hop(b, port, &what))
		bridge_drop(b, PORT_TRUNK, DROP_NESTED_TAG, m);
	else if (is_served(b, port, what.vlan))
		bridge_send(b, port, &what, what.vlan, m);
	else
		hold(b, port, &what, what.vlan, b->ingress.now_us + HANDOVER_US, 0, m);
}

/* It was held for a client that was live here, and has left since. */
static bool has_left(const struct bridge *b, const struct held_frame *frame)
{
	return frame->over && is_trunk_up(b) && !portset_has(&b->ingress.by.live, frame->port) &&
	       read_us(&b->plane->port[frame->port].returns_until_us) <= b->ingress.now_us;
}

static bool is_same(const struct bridge *b, const struct held_frame *frame)
{
	return (frame->port >= PORT_CLIENTS ||
		       b->plane->port[frame->port].adapter_id == frame->adapter_id) &&
	       rules_member(b->ingress.by.rules, frame->vlan, frame->port);
}

/* What is held for who can have it now goes there; what has waited too long goes. An adapter that
 * is not live yet does not keep others' frames back: newer ones would overtake them. */
static bool settle(const struct held_frame *frame, void *user)
{
	const struct frame what = {.flow = frame->flow, .tag = frame->tag};
	struct bridge *b = user;

	if (is_served(b, frame->port, frame->vlan) && is_same(b, frame))
		bridge_send(b, frame->port, &what, frame->vlan, frame->mbuf);
	else if (frame->until_us <= b->ingress.now_us)
		bridge_drop(b, frame->port, reason_of(frame->port), frame->mbuf);
	else if (has_left(b, frame))
		pass_over(b,
			frame->over | handover_stamp(read_us(&b->plane->port[frame->port].left_us)),
			&what, frame->vlan, frame->mbuf);
	else
		return false;
	return true;
}

void bridge_settle_held(struct bridge *b)
{
	b->source = PORT_TRUNK; /* of what waits for the uplink */
	held_settle(&b->held, settle, b);
}
