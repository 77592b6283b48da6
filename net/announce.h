/* SPDX-License-Identifier: BSD-3-Clause */
/* announce.h - the frame that tells the switches outside where a client now lives. Pure. */
#ifndef VIOS_NET_ANNOUNCE_H
#define VIOS_NET_ANNOUNCE_H

#include <stdint.h>

#include "net/rules.h"

#define ANNOUNCE_RARP_BYTES 60 /* the shortest Ethernet frame without its FCS */
#define ANNOUNCE_BYTES_MAX (ANNOUNCE_RARP_BYTES + FRAME_VLAN_TAG_BYTES)
#define ANNOUNCE_VLANS_MAX (1 + RULES_CLIENT_VLANS_MAX)

/* A broadcast RARP request (RFC 903) from mac, about mac: what hypervisors send after a migration.
 */
void announce_rarp(const uint8_t mac[6], uint8_t out[ANNOUNCE_RARP_BYTES]);

/* The VLANs in which a client is to be announced on the uplink: those that both are in,
 * with a trunk only where this side is the primary. Each is the edit (frame.h) that brings the
 * announcement into it. Returns how many. */
unsigned announce_edits(
	const struct rules *rules, uint16_t port, bool trunk, uint32_t edits[ANNOUNCE_VLANS_MAX]);

/* The announcement in one of them. Returns how many bytes. */
unsigned announce_in(const uint8_t mac[6], uint32_t edit, uint8_t out[ANNOUNCE_BYTES_MAX]);

#endif
