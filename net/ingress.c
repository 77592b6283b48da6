/* SPDX-License-Identifier: BSD-3-Clause */
/* ingress.c - see ingress.h. Pure; the worker's thread. */
#include "net/ingress.h"

#define FLOOD_COPIES_PER_S 1000000
#define FLOOD_BURST_COPIES 8192

void ingress_init(struct ingress *in, uint64_t now_us)
{
	flood_init(&in->flood, FLOOD_COPIES_PER_S, FLOOD_BURST_COPIES, now_us);
}

void ingress_begin(
	struct ingress *in, const struct rules *rules, const struct portset *live, uint64_t now_us)
{
	uint64_t came = 0;

	in->now_us = now_us;
	in->by.now_s = (uint32_t)(now_us / 1000000);
	in->by.rules = rules;
	if (now_us >= in->fresh_until_us)
		in->by.fresh = (struct portset){{0}};
	for (unsigned i = 0; i < PORTSET_WORDS; i++) {
		uint64_t new = live->word[i] & ~in->by.live.word[i];

		came |= new;
		in->by.fresh.word[i] |= new;
	}
	in->by.live = *live;
	if (came)
		in->fresh_until_us = now_us + INGRESS_FRESH_US;
}

static void refuse(struct forward *out, enum drop reason, uint16_t in_port)
{
	out->reason = reason;
	out->charged = in_port;
	out->over = PORT_NONE;
	out->port = PORT_NONE;
}

/* Of a frame that shall be flooded. */
static void control_storm(struct ingress *in, uint16_t in_port, struct forward *out, bool *pruned)
{
	static const enum drop reasons[FLOOD_KINDS] = {
		[FLOOD_BROADCAST] = DROP_STORM_BROADCAST,
		[FLOOD_MULTICAST] = DROP_STORM_MULTICAST,
		[FLOOD_UNKNOWN] = DROP_STORM_UNKNOWN,
	};
	const uint16_t uplink = rules_uplink(in->by.rules, out->vlan);
	const unsigned copies = portset_count(&out->set);

	/* To one place only it is as good as known. */
	if (out->kind == FLOOD_UNKNOWN && copies == 1)
		return;
	if (storm_take(&in->storm[in_port], out->kind, in->by.rules->storm_per_s[in_port],
		    in->now_us)) {
		if (!flood_take(&in->flood, copies, in->now_us))
			refuse(out, DROP_FLOOD_LIMIT, in_port);
		return;
	}
	/* Clients' own addresses are known, so what is not is most likely outside: a client that
	 * came a moment ago, and sends much to somebody who does not answer, loses nothing. */
	if (out->kind == FLOOD_UNKNOWN && portset_has(&out->set, uplink))
		out->port = uplink;
	else if (out->kind == FLOOD_UNKNOWN && portset_has(&out->set, PORT_TRUNK))
		out->port = PORT_TRUNK; /* the uplink is on that side */
	*pruned = out->port != PORT_NONE;
	if (*pruned)
		return;
	refuse(out, reasons[out->kind], in_port);
}

/* What is not for frames to one station is kept out of their way. */
#define APART __attribute__((noinline))

static bool is_confined(const struct ingress *in, uint16_t vlan)
{
	return in->snoop && in->by.rules->snooping[rules_uplink(in->by.rules, vlan) - PORT_UPLINK];
}

/* Of a frame that shall be flooded. */
static APART void flood(struct ingress *in, uint16_t in_port, const struct ingress_frame *what,
	const struct frame *frame, struct forward *out, bool *pruned)
{
	struct mcast message;

	message.kind = MCAST_DATA;
	if (out->kind == FLOOD_MULTICAST && is_confined(in, out->vlan))
		confine_frame(in->snoop, what->bytes, what->len_bytes, frame, in_port, in->by.now_s,
			out, &message);
	if (out->reason == DROP_NONE)
		control_storm(in, in_port, out, pruned);
	else if (!storm_take(&in->storm[in_port], out->kind, in->by.rules->storm_per_s[in_port],
			 in->now_us))
		refuse(out, DROP_STORM_MULTICAST, in_port);
	if (message.kind != MCAST_DATA &&
		(out->reason == DROP_NONE || out->reason == DROP_NO_LISTENER))
		snoop_hear(in->snoop, out->vlan, in_port, &message, in->by.now_s);
}

static APART bool lies(const struct ingress *in, uint16_t in_port, const struct ingress_frame *what,
	const struct frame *frame, struct forward *out)
{
	enum drop lie =
		guard_check(&in->by.rules->guard[in_port], what->bytes, what->len_bytes, frame);

	if (lie != DROP_NONE)
		refuse(out, lie, in_port);
	return lie != DROP_NONE;
}

static APART void hear_addresses(struct ingress *in, const struct ingress_frame *what,
	const struct frame *frame, const struct forward *out)
{
	if (in->neigh && (out->reason == DROP_NONE || out->reason == DROP_NOT_LIVE))
		neigh_hear(in->neigh, what->bytes, what->len_bytes, frame, out->vlan,
			fdb_static_get(in->by.fdb, frame->src), in->by.now_s);
}

/* An answer to a probe goes no further, whoever is primary, and whatever a client says of the
 * address that it is for. */
static APART bool is_for_vios(struct ingress *in, uint16_t in_port,
	const struct ingress_frame *what, const struct frame *frame, struct forward *out)
{
	const unsigned uplink = in_port - PORT_UPLINK;
	const struct probe_table *asked = &in->by.rules->probe[uplink];
	const int target = in->ear ? probe_answer(asked, what->bytes, what->len_bytes, frame) : -1;

	if (target < 0)
		return false;
	atomic_store_explicit(&in->ear[uplink].heard_us[target], in->now_us, memory_order_relaxed);
	refuse(out, DROP_FOR_VIOS, in_port);
	return true;
}

void ingress_decide(struct ingress *in, uint16_t in_port, const struct ingress_frame *what,
	struct frame *frame, struct forward *out, bool *pruned)
{
	*pruned = false;
	out->vlan = 0;
	out->unsent = false;
	if (frame_parse(what->bytes, what->len_bytes, frame)) {
		*frame = (struct frame){0};
		refuse(out, DROP_RUNT, in_port);
		return;
	}
	frame->sent = what->sent;
	if (what->whole_bytes > what->most_bytes) {
		refuse(out, DROP_OVERSIZE, in_port);
		return;
	}
	if (portset_has(&in->by.rules->guarded, in_port) && lies(in, in_port, what, frame, out))
		return;
	if (port_is_uplink(in_port) &&
		probe_cares(&in->by.rules->probe[in_port - PORT_UPLINK], frame) &&
		is_for_vios(in, in_port, what, frame, out))
		return;
	forward_frame(&in->by, frame, in_port, out);
	if (out->reason == DROP_NONE && out->port == PORT_NONE)
		flood(in, in_port, what, frame, out, pruned);
	if (neigh_cares(frame))
		hear_addresses(in, what, frame, out);
}
