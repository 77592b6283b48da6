/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarding decision of the switch (IEEE 802.1Q 8.6), with what is special about a VIOS: both
 * VIOS know every client's own address, and a client is live in one of them. A client's own address
 * is its own in each of its VLANs; all else is learned per VLAN. Any worker runs it.
 *
 * With a trunk the two are one switch. An address that is not live here is beyond the trunk; what
 * came from the trunk never goes back to it; and of each VLAN one side is the primary, which alone
 * sends to an uplink and takes from it. So nothing can go in a circle, whatever connects the
 * uplinks outside, and nothing is heard twice. Without a trunk each side uses its uplink for its
 * own clients: what is not live here is beyond the uplink, and what comes in from there for it is
 * for the other VIOS.
 *
 * Of several uplinks each has VLANs of its own (rules_uplink()): what comes from one goes to no
 * other.
 */
#include "net/forward.h"

/* 01-80-C2-00-00-00 to -0F */
#define RESERVED_GROUP UINT64_C(0x0180C2000000)
#define TYPE_RARP 0x8035 /* announce.c */

static bool has_trunk(const struct forward_by *by)
{
	return portset_has(&by->live, PORT_TRUNK);
}

/* This side sends to the VLAN's uplink, and takes from it. */
static bool uses_uplink(const struct forward_by *by, uint16_t vlan)
{
	const uint16_t uplink = rules_uplink(by->rules, vlan);

	return portset_has(&by->live, uplink) && rules_member(by->rules, vlan, uplink) &&
	       (!has_trunk(by) || vlanset_has(&by->rules->primary, vlan));
}

/* It is for an uplink, too, and no side has seen to that. */
static bool lacks_uplink(
	const struct forward_by *by, const struct frame *frame, uint16_t in_port, uint16_t vlan)
{
	return has_trunk(by) && !port_is_uplink(in_port) && !frame->sent && !uses_uplink(by, vlan);
}

/* What has come in at in_port may go out at port, as far as the port is concerned. */
static bool is_open(const struct forward_by *by, uint16_t in_port, uint16_t port, uint16_t vlan)
{
	if (port == in_port)
		return false;
	if (port_is_uplink(port))
		return port == rules_uplink(by->rules, vlan) && uses_uplink(by, vlan);
	return portset_has(&by->live, port) && rules_member(by->rules, vlan, port);
}

static void to_drop(struct forward *out, enum drop reason, uint16_t charged)
{
	out->reason = reason;
	out->charged = charged;
	out->over = PORT_NONE;
	out->port = PORT_NONE;
}

/* A frame that loses its tag must not be taken for one of the VLAN that a tag behind it names: its
 * sender may not be in that one. */
static bool would_hop(
	const struct forward_by *by, const struct frame *frame, uint16_t vlan, uint16_t port)
{
	return frame->nested && by->rules->pvid[port] == vlan;
}

static void to_port(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	uint16_t port, struct forward *out)
{
	out->reason = DROP_NONE;
	out->port = port;
	if (would_hop(by, frame, out->vlan, port))
		to_drop(out, DROP_NESTED_TAG, in_port);
}

static void drop_hoppers(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	struct forward *out)
{
	for (uint16_t p = portset_next(&out->set, 0); p != PORT_NONE;
		p = portset_next(&out->set, p + 1u))
		if (would_hop(by, frame, out->vlan, p))
			portset_remove(&out->set, p);
	if (!portset_count(&out->set))
		to_drop(out, DROP_NESTED_TAG, in_port);
}

static void to_all(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	uint16_t owner, struct forward *out)
{
	const struct portset *member = &by->rules->member[out->vlan];
	uint64_t any = 0;

	out->reason = DROP_NONE;
	out->port = PORT_NONE;
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		out->set.word[i] = by->live.word[i] & member->word[i];
	portset_remove(&out->set, in_port);
	if (frame->sent || !uses_uplink(by, out->vlan))
		portset_remove(&out->set, rules_uplink(by->rules, out->vlan));
	/* A client's own frame that came back on the uplink does not reach that client. */
	if (owner != PORT_NONE)
		portset_remove(&out->set, owner);
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		any |= out->set.word[i];
	if (!any)
		to_drop(out, DROP_NO_TARGET, in_port);
	else if (frame->nested)
		drop_hoppers(by, frame, in_port, out);
}

/* To a client that must be beyond the uplink. */
static void to_other_side(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	struct forward *out)
{
	if (uses_uplink(by, out->vlan))
		to_port(by, frame, in_port, rules_uplink(by->rules, out->vlan), out);
	else
		to_drop(out, DROP_NO_TARGET, in_port);
}

/* It may be held for a client that is about to be live here; else it is passed over to the other
 * VIOS, unless it comes from there. */
static void not_live(
	const struct forward_by *by, uint16_t in_port, uint16_t dst_port, struct forward *out)
{
	to_drop(out, DROP_NOT_LIVE, dst_port);
	if (has_trunk(by) && in_port != PORT_TRUNK)
		out->over = PORT_TRUNK;
}

/* To an address that is some client's own. */
static void to_client(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	uint16_t owner, uint16_t dst_port, struct forward *out)
{
	if (dst_port == in_port || dst_port == owner)
		to_drop(out, DROP_HAIRPIN, in_port);
	else if (!rules_member(by->rules, out->vlan, dst_port))
		to_drop(out, DROP_OTHER_VLAN, in_port);
	else if (portset_has(&by->live, dst_port))
		to_port(by, frame, in_port, dst_port, out);
	else if (in_port < PORT_CLIENTS && !has_trunk(by))
		to_other_side(by, frame, in_port, out);
	else if (would_hop(by, frame, out->vlan, dst_port))
		to_drop(out, DROP_NESTED_TAG, in_port);
	else
		not_live(by, in_port, dst_port, out);
}

/* A client that is served here is heard on the uplink or the trunk: an echo, unless it has just
 * come from the other VIOS, or is about to go there and announced by it. With a trunk the other
 * VIOS's clients do not come by the uplink either, but for what was under way when it came up. */
static bool is_echo(
	const struct forward_by *by, const struct frame *frame, uint16_t in_port, uint16_t owner)
{
	if (has_trunk(by) && port_is_uplink(in_port) && !portset_has(&by->fresh, PORT_TRUNK))
		return true;
	return portset_has(&by->live, owner) && !portset_has(&by->fresh, owner) &&
	       frame->ethertype != TYPE_RARP;
}

/* It has come, or may have, by the uplink of a side that is the primary no more: its sender is not
 * to be found there. */
static bool is_roundabout(const struct forward_by *by, uint16_t in_port, uint16_t vlan)
{
	if (in_port == PORT_TRUNK)
		return uses_uplink(by, vlan) && vlanset_has(&by->rules->turning, vlan);
	return port_is_uplink(in_port) && !uses_uplink(by, vlan);
}

/* Whether the source address may be there; *owner: the client whose own it is. Learns it if
 * nobody's. */
static enum drop check_source(const struct forward_by *by, const struct frame *frame,
	uint16_t in_port, uint16_t vlan, uint16_t *owner)
{
	*owner = PORT_NONE;
	if (frame_mac_is_multicast(frame->src) || !frame->src)
		return DROP_BAD_SOURCE;
	*owner = fdb_static_get(by->fdb, frame->src);
	if (*owner == in_port)
		return DROP_NONE;
	if (*owner != PORT_NONE) {
		/* From another client it is a lie. */
		if (in_port < PORT_CLIENTS)
			return DROP_BAD_SOURCE;
		return is_echo(by, frame, in_port, *owner) ? DROP_LOOP : DROP_NONE;
	}
	if (portset_has(&by->rules->own_mac_only, in_port))
		return DROP_SPOOFED;
	if (is_roundabout(by, in_port, vlan))
		return DROP_NONE;
	return fdb_learn(by->fdb, frame->src, vlan, in_port, by->now_s) == FDB_REFUSED_HELD
		       ? DROP_BAD_SOURCE
		       : DROP_NONE;
}

static void to_destination(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	uint16_t owner, struct forward *out)
{
	uint16_t dst_port = fdb_static_get(by->fdb, frame->dst);

	if (dst_port != PORT_NONE) {
		to_client(by, frame, in_port, owner, dst_port, out);
		return;
	}
	dst_port = fdb_get(by->fdb, frame->dst, out->vlan, by->now_s);
	if (dst_port == PORT_TRUNK && uses_uplink(by, out->vlan) &&
		vlanset_has(&by->rules->turning, out->vlan))
		dst_port = PORT_NONE; /* learned while the other side was the primary */
	out->unsent = dst_port >= PORT_CLIENTS && lacks_uplink(by, frame, in_port, out->vlan);
	if (dst_port == in_port || (port_is_uplink(dst_port) && frame->sent)) {
		to_drop(out, DROP_HAIRPIN, in_port);
	} else if (dst_port != PORT_NONE && is_open(by, in_port, dst_port, out->vlan)) {
		to_port(by, frame, in_port, dst_port, out);
	} else {
		out->kind = FLOOD_UNKNOWN;
		to_all(by, frame, in_port, owner, out);
	}
}

/* From the uplink, of a VLAN whose primary the other side is. When that has just moved, the switch
 * outside still sends here what is for a client. That comes once, and can leave by no uplink: at
 * the other side it comes from the trunk. */
static bool is_the_others(const struct forward_by *by, const struct frame *frame, uint16_t vlan)
{
	if (!has_trunk(by) || vlanset_has(&by->rules->primary, vlan))
		return false;
	return !vlanset_has(&by->rules->turning, vlan) ||
	       fdb_static_get(by->fdb, frame->dst) == PORT_NONE;
}

void forward_frame(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	struct forward *out)
{
	uint16_t vlan = frame->vlan ? frame->vlan : by->rules->pvid[in_port], owner;
	enum drop reason;

	out->vlan = 0;
	out->unsent = false;
	if (!rules_member(by->rules, vlan, in_port)) {
		to_drop(out, DROP_VLAN, in_port);
		return;
	}
	out->vlan = vlan;
	if (port_is_uplink(in_port) && is_the_others(by, frame, vlan)) {
		to_drop(out, DROP_NOT_PRIMARY, in_port);
		return;
	}
	reason = check_source(by, frame, in_port, vlan, &owner);
	if (reason != DROP_NONE) {
		to_drop(out, reason, in_port);
	} else if ((frame->dst & ~UINT64_C(0x0F)) == RESERVED_GROUP) {
		to_drop(out, DROP_RESERVED, in_port);
	} else if (frame_mac_is_multicast(frame->dst)) {
		out->kind = frame->dst == FRAME_MAC_BROADCAST ? FLOOD_BROADCAST : FLOOD_MULTICAST;
		out->unsent = lacks_uplink(by, frame, in_port, vlan);
		to_all(by, frame, in_port, owner, out);
	} else {
		to_destination(by, frame, in_port, owner, out);
	}
}
