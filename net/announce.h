/* SPDX-License-Identifier: BSD-3-Clause */
/* announce.h - the frames that tell the network outside where a client now lives. Pure. */
#ifndef VIOS_NET_ANNOUNCE_H
#define VIOS_NET_ANNOUNCE_H

#include <stdint.h>

#include "net/neigh.h"
#include "net/rules.h"

#define ANNOUNCE_RARP_BYTES 60 /* the shortest Ethernet frame without its FCS */
#define ANNOUNCE_ND_BYTES (FRAME_HEADER_BYTES + 40 + 32)
#define ANNOUNCE_BYTES_MAX (ANNOUNCE_ND_BYTES + FRAME_VLAN_TAG_BYTES)
#define ANNOUNCE_IPS_MAX (NEIGH_PORT_MAX + GUARD_ADDRESSES_MAX)
#define ANNOUNCE_VLANS_MAX (1 + RULES_CLIENT_VLANS_MAX)

/* A broadcast RARP request (RFC 903) from mac, about mac: what hypervisors send after a migration.
 */
void announce_rarp(const uint8_t mac[6], uint8_t out[ANNOUNCE_RARP_BYTES]);

/* The VLANs in which a client is to be announced on their uplinks: those that both are in,
 * with a trunk only where this side is the primary. Returns how many. */
unsigned announce_vlans(
	const struct rules *rules, uint16_t port, bool trunk, uint16_t vlans[ANNOUNCE_VLANS_MAX]);

/* The announcement in one of them, by the edit (frame.h) that brings it there. Returns how many
 * bytes. */
unsigned announce_in(const uint8_t mac[6], uint32_t edit, uint8_t out[ANNOUNCE_BYTES_MAX]);

/* A gratuitous ARP request (RFC 5227 3) or an unsolicited neighbour advertisement (RFC 4861 7.2.6)
 * of one address. Returns how many bytes. */
unsigned announce_ip(
	const uint8_t mac[6], const struct neigh_address *address, uint8_t out[ANNOUNCE_ND_BYTES]);

struct announce {
	const struct rules *rules;
	struct neigh *neigh;
	uint16_t port;
	uint64_t mac;
	uint32_t now_s;
	bool mac_only;
	bool trunk; /* only where this side is the primary */
};

struct announce_out {
	uint16_t uplink; /* port that it is for */
	uint8_t bytes[ANNOUNCE_BYTES_MAX];
};

/* Frame number index of all that announce a client: its MAC address in each of its VLANs, then each
 * address that it was heard to use or is allowed to. How many bytes; 0: not this one, but there may
 * be more; -1: there are no more. */
int announce_frame(const struct announce *what, unsigned index, struct announce_out *out);

#endif
