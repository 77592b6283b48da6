/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge_private.h - between the files of the bridge. Edge: mbuf. */
#ifndef VIOS_NET_BRIDGE_PRIVATE_H
#define VIOS_NET_BRIDGE_PRIVATE_H

#include "net/bridge.h"

/* bridge.c; frames are taken over. */
void bridge_drop(struct bridge *bridge, uint16_t port, enum drop reason, struct rte_mbuf *frame);
void bridge_switch(struct bridge *bridge, uint16_t in_port, struct rte_mbuf **frames, unsigned n);
/* What is held for adapters and may go; and what was made here. */
void bridge_settle(struct bridge *bridge);

/* bridge_trunk.c */
/* Those that the other side serves, since plane->expected was another. */
void bridge_announce_elsewhere(struct bridge *bridge);

/* bridge_probe.c: sends the probes that are due. */
void bridge_probe(struct bridge *bridge);

#endif
