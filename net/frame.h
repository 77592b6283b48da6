/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.h - what a switch needs to know of an Ethernet frame (IEEE 802.3, 802.1Q). Pure. */
#ifndef VIOS_NET_FRAME_H
#define VIOS_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 14
#define FRAME_VLAN_TAG_BYTES 4
#define FRAME_MACS_BYTES 12
/* Enough bytes for everything that frame_parse() looks at: two tags, IPv6 and the ports of TCP or
 * UDP. */
#define FRAME_PARSE_BYTES (FRAME_HEADER_BYTES + 2 * FRAME_VLAN_TAG_BYTES + 40 + 4)

#define FRAME_TYPE_VLAN 0x8100
#define FRAME_TYPE_SERVICE_VLAN 0x88A8
#define FRAME_VLANS 4096
#define FRAME_TYPE_FAULT 0x88B5 /* IEEE 802 local experimental 1 */

/* A MAC address as a number: its first byte is bits 47 to 40. */
#define FRAME_MAC_MULTICAST (UINT64_C(1) << 40)
#define FRAME_MAC_BROADCAST UINT64_C(0xFFFFFFFFFFFF)

/* A tag as a number: 0: there is none, else its TCI (802.1Q 9.6) and this. */
#define FRAME_TAGGED UINT32_C(0x10000)

/* What is done to a tag: both: it is replaced. With PUSH the low 16 bits are the new TCI. */
#define FRAME_EDIT_STRIP UINT32_C(0x40000000)
#define FRAME_EDIT_PUSH UINT32_C(0x80000000)

struct frame {
	uint64_t dst;
	uint64_t src;
	uint32_t flow; /* same for all frames of one flow; spreads frames over queues */
	uint32_t tag;
	uint16_t vlan;	    /* the tag's; 0: untagged or priority-tagged */
	uint16_t ethertype; /* behind the tag */
	uint16_t payload_offset;
	bool nested; /* there is another tag behind the tag */
	/* Not of the bytes: it comes by the trunk, and the side there has seen to the uplink. */
	bool sent;
};

uint64_t frame_mac_number(const uint8_t mac[6]);
void frame_mac_bytes(uint64_t number, uint8_t mac[6]);
static inline bool frame_mac_is_multicast(uint64_t mac)
{
	return mac & FRAME_MAC_MULTICAST;
}

/* How many bytes an edit adds, or takes away. */
static inline int frame_edit_bytes(uint32_t edit)
{
	return (edit & FRAME_EDIT_PUSH ? FRAME_VLAN_TAG_BYTES : 0) -
	       (edit & FRAME_EDIT_STRIP ? FRAME_VLAN_TAG_BYTES : 0);
}

/* The four bytes of a tag that FRAME_EDIT_PUSH puts behind the addresses. */
static inline void frame_tag_bytes(uint32_t edit, uint8_t out[FRAME_VLAN_TAG_BYTES])
{
	out[0] = FRAME_TYPE_VLAN >> 8;
	out[1] = FRAME_TYPE_VLAN & 0xFF;
	out[2] = (uint8_t)(edit >> 8);
	out[3] = (uint8_t)edit;
}

/*
 * bytes: the first len_bytes of the frame, without FCS. 0, or -EBADMSG: shorter than its headers
 * say. Never reads beyond len_bytes. A payload cut short is no error: flow then covers what is
 * there.
 */
int frame_parse(const uint8_t *bytes, size_t len_bytes, struct frame *out);

#endif
