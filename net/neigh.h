/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neigh.h - which Internet addresses the clients use, by what they say of themselves in ARP and
 * neighbour discovery: for announcements. Pure; time is passed in, in seconds of any clock that
 * does not step back. Any number of workers at once.
 *
 * Heard wherever a frame comes in: a VIOS that does not serve a client hears its broadcasts on the
 * uplink, and so knows most of its addresses before it takes over. An address that somebody else
 * says is theirs is forgotten.
 */
#ifndef VIOS_NET_NEIGH_H
#define VIOS_NET_NEIGH_H

#include "net/frame.h"
#include "net/packet.h"
#include "net/portset.h"

#define NEIGH_PORT_MAX 8 /* addresses of one adapter; a new one takes the place of the oldest */
#define NEIGH_AGE_S 14400

struct neigh;

struct neigh_address {
	struct ip ip;
	uint16_t vlan;
	bool router; /* it says so: hosts must not take it for less */
};

struct neigh *neigh_new(void); /* NULL: no memory */
void neigh_free(struct neigh *neigh);

/* Whether a frame may say something of addresses. */
static inline bool neigh_cares(const struct frame *frame)
{
	return frame->ethertype == PACKET_TYPE_ARP ||
	       (frame->ethertype == PACKET_TYPE_IPV6 && frame_mac_is_multicast(frame->dst));
}

/* bytes: a frame, not dropped, whose header is *frame, in this VLAN. owner: the client whose own
 * address is its source, or PORT_NONE. */
void neigh_hear(struct neigh *neigh, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame, uint16_t vlan, uint16_t owner, uint32_t now_s);
/* What the adapter uses. Returns how many. */
unsigned neigh_list(struct neigh *neigh, uint16_t port, uint32_t now_s,
	struct neigh_address out[NEIGH_PORT_MAX]);
/* Another client is at this port now. */
void neigh_flush_port(struct neigh *neigh, uint16_t port);

#endif
