/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge_private.h - between the files of the bridge. Edge: mbuf. */
#ifndef VIOS_NET_BRIDGE_PRIVATE_H
#define VIOS_NET_BRIDGE_PRIVATE_H

#include "net/bridge.h"

/* bridge.c; frames are taken over. */
void bridge_out(struct bridge *bridge, struct rte_mbuf *frame); /* to the uplink, as it is */
void bridge_drop(struct bridge *bridge, uint16_t port, enum drop reason, struct rte_mbuf *frame);
void bridge_switch(struct bridge *bridge, uint16_t in_port, struct rte_mbuf **frames, unsigned n);

/* bridge_trunk.c */
void bridge_announce(struct bridge *bridge, uint16_t port_number);
/* Those that are to be announced since plane->expected was another. */
void bridge_announce_new(struct bridge *bridge, uint32_t expected);

#endif
