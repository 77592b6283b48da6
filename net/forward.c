/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarding decision of the switch (IEEE 802.1Q 8.6), with what is special about a VIOS: both
 * VIOS know every client's own address, and a client is live in one of them. So an address that is
 * not live here is beyond the uplink, and what comes in from the uplink for it is for the other
 * VIOS. Any worker runs it.
 */
#include "net/forward.h"

/* 01-80-C2-00-00-00 to -0F */
#define RESERVED_GROUP UINT64_C(0x0180C2000000)

const char *drop_name(enum drop reason)
{
	static const char *const names[DROP_COUNT] = {
		[DROP_NONE] = "none",
		[DROP_RUNT] = "runt",
		[DROP_OVERSIZE] = "oversize",
		[DROP_BAD_SOURCE] = "bad_source",
		[DROP_RESERVED] = "reserved",
		[DROP_NOT_LIVE] = "not_live",
		[DROP_HAIRPIN] = "hairpin",
		[DROP_NO_TARGET] = "no_target",
		[DROP_FLOOD_LIMIT] = "flood_limit",
		[DROP_TX_FULL] = "tx_full",
		[DROP_BROKEN_RING] = "broken_ring",
	};

	return reason < DROP_COUNT ? names[reason] : "unknown";
}

static void to_drop(struct forward *out, enum drop reason, uint16_t charged)
{
	out->reason = reason;
	out->charged = charged;
	out->port = PORT_NONE;
}

static void to_port(struct forward *out, uint16_t port)
{
	out->reason = DROP_NONE;
	out->port = port;
}

static void to_all(
	struct forward *out, const struct portset *live, uint16_t in_port, uint16_t owner)
{
	out->reason = DROP_NONE;
	out->port = PORT_NONE;
	out->set = *live;
	portset_remove(&out->set, in_port);
	/* A client's own frame that came back on the uplink does not reach that client. */
	if (owner != PORT_NONE)
		portset_remove(&out->set, owner);
	if (!portset_count(&out->set))
		to_drop(out, DROP_NO_TARGET, in_port);
}

/* To an address that is some client's own. */
static void to_client(struct forward *out, const struct portset *live, uint16_t in_port,
	uint16_t owner, uint16_t dst_port)
{
	if (dst_port == in_port || dst_port == owner)
		to_drop(out, DROP_HAIRPIN, in_port);
	else if (portset_has(live, dst_port))
		to_port(out, dst_port);
	else if (in_port == PORT_UPLINK)
		to_drop(out, DROP_NOT_LIVE, dst_port);
	else if (portset_has(live, PORT_UPLINK))
		to_port(out, PORT_UPLINK);
	else
		to_drop(out, DROP_NO_TARGET, in_port);
}

/* Whether the source address may be there; *owner: the client whose own it is. Learns it if
 * nobody's. */
static bool source_ok(struct fdb *fdb, const struct frame *frame, uint16_t in_port, uint32_t now_s,
	uint16_t *owner)
{
	if (frame_mac_is_multicast(frame->src) || !frame->src)
		return false;
	*owner = fdb_static_get(fdb, frame->src);
	if (*owner == PORT_NONE)
		return fdb_learn(fdb, frame->src, frame->vlan, in_port, now_s) != FDB_REFUSED_HELD;
	/* From the uplink it is the client served by the other VIOS, or an echo; from another
	 * client a lie. */
	return *owner == in_port || in_port == PORT_UPLINK;
}

void forward_frame(struct fdb *fdb, const struct frame *frame, uint16_t in_port,
	const struct portset *live, uint32_t now_s, struct forward *out)
{
	uint16_t owner = PORT_NONE, dst_port;

	if (!source_ok(fdb, frame, in_port, now_s, &owner)) {
		to_drop(out, DROP_BAD_SOURCE, in_port);
		return;
	}
	if ((frame->dst & ~UINT64_C(0x0F)) == RESERVED_GROUP) {
		to_drop(out, DROP_RESERVED, in_port);
		return;
	}
	if (frame_mac_is_multicast(frame->dst)) {
		to_all(out, live, in_port, owner);
		return;
	}
	dst_port = fdb_static_get(fdb, frame->dst);
	if (dst_port != PORT_NONE) {
		to_client(out, live, in_port, owner, dst_port);
		return;
	}
	dst_port = fdb_get(fdb, frame->dst, frame->vlan, now_s);
	if (dst_port == in_port)
		to_drop(out, DROP_HAIRPIN, in_port);
	else if (dst_port != PORT_NONE && portset_has(live, dst_port))
		to_port(out, dst_port);
	else
		to_all(out, live, in_port, owner);
}
