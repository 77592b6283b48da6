/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge_private.h - between the files of the bridge. Edge: mbuf. */
#ifndef VIOS_NET_BRIDGE_PRIVATE_H
#define VIOS_NET_BRIDGE_PRIVATE_H

#include "net/bridge.h"

/* bridge.c; frames are taken over. */
void bridge_drop(struct bridge *bridge, uint16_t port, enum drop reason, struct rte_mbuf *frame);
void bridge_switch(struct bridge *bridge, uint16_t in_port, struct rte_mbuf **frames, unsigned n);
/* Takes over one reference to the frame, which has this tag and is in this VLAN. */
void bridge_send(struct bridge *bridge, uint16_t port, const struct frame *frame, uint16_t vlan,
	struct rte_mbuf *m);

/* bridge_handover.c; a frame that came from the trunk has TRUNK_FLAGS in its hash.usr. */
/* A frame for an adapter that is not live here; takes it over. */
void bridge_not_live(struct bridge *bridge, uint16_t in_port, const struct frame *what,
	const struct forward *to, struct rte_mbuf *m);
/* A frame from the trunk for the outside, too, in a VLAN whose primary this side is not. true: that
 * was all, and it is taken over. */
bool bridge_unsent(struct bridge *bridge, const struct frame *what, const struct forward *to,
	struct rte_mbuf *m);
/* A frame with TRUNK_BACK; takes it over. */
void bridge_take_back(struct bridge *bridge, struct rte_mbuf *m);
/* For a client that is live here but takes no frames now. true: the frame is taken over, and waits
 * until it does, or has left. */
bool bridge_deaf(struct bridge *bridge, uint16_t port, const struct frame *what, uint16_t vlan,
	struct rte_mbuf *m);
/* Sends what is held and can go now. */
void bridge_settle_held(struct bridge *bridge);

/* bridge.c; the same, and what was made here. */
void bridge_settle(struct bridge *bridge);

/* bridge_trunk.c */
/* Those that the other side serves, since plane->expected was another. */
void bridge_announce_elsewhere(struct bridge *bridge);

/* bridge_probe.c: sends the probes that are due. */
void bridge_probe(struct bridge *bridge);

#endif
