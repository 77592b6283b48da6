/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.h - what a switch needs to know of an Ethernet frame (IEEE 802.3, 802.1Q). Pure. */
#ifndef VIOS_NET_FRAME_H
#define VIOS_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 14
#define FRAME_VLAN_TAG_BYTES 4
/* Enough bytes for everything that frame_parse() looks at: two tags, IPv6 and the ports of TCP or
 * UDP. */
#define FRAME_PARSE_BYTES (FRAME_HEADER_BYTES + 2 * FRAME_VLAN_TAG_BYTES + 40 + 4)

#define FRAME_TYPE_VLAN 0x8100
#define FRAME_TYPE_FAULT 0x88B5 /* IEEE 802 local experimental 1 */

/* A MAC address as a number: its first byte is bits 47 to 40. */
#define FRAME_MAC_MULTICAST (UINT64_C(1) << 40)
#define FRAME_MAC_BROADCAST UINT64_C(0xFFFFFFFFFFFF)

struct frame {
	uint64_t dst;
	uint64_t src;
	uint32_t flow; /* same for all frames of one flow; spreads frames over queues */
	uint16_t vlan; /* 1 to 4094; 0: untagged or priority-tagged (802.1Q 9.6) */
	uint16_t ethertype;
	uint16_t payload_offset;
};

uint64_t frame_mac_number(const uint8_t mac[6]);
void frame_mac_bytes(uint64_t number, uint8_t mac[6]);
static inline bool frame_mac_is_multicast(uint64_t mac)
{
	return mac & FRAME_MAC_MULTICAST;
}

/*
 * bytes: the first len_bytes of the frame, without FCS. 0, or -EBADMSG: shorter than its headers
 * say. Never reads beyond len_bytes. A payload cut short is no error: flow then covers what is
 * there.
 */
int frame_parse(const uint8_t *bytes, size_t len_bytes, struct frame *out);

#endif
