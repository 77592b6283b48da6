/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds the announcement of a client's MAC address. A RARP request needs no IP address, which the
 * VIOS does not know; switches learn the source address from any frame. Any worker runs it; the
 * bytes are the caller's.
 */
#include "net/announce.h"

#include <string.h>

void announce_rarp(const uint8_t mac[6], uint8_t out[ANNOUNCE_RARP_BYTES])
{
	static const uint8_t fixed[] = {
		0x80, 0x35, /* EtherType: RARP */
		0x00, 0x01, /* hardware: Ethernet */
		0x08, 0x00, /* protocol: IPv4 */
		6, 4,	    /* address lengths */
		0x00, 0x03, /* request reverse */
	};

	memset(out, 0, ANNOUNCE_RARP_BYTES);
	memset(out, 0xFF, 6);
	memcpy(out + 6, mac, 6);
	memcpy(out + 12, fixed, sizeof(fixed));
	memcpy(out + 22, mac, 6); /* sender hardware address; its IPv4 address stays 0 */
	memcpy(out + 32, mac, 6); /* target hardware address */
}

static bool is_announced(const struct rules *rules, uint16_t vlan, bool trunk)
{
	return rules_member(rules, vlan, PORT_UPLINK) &&
	       (!trunk || vlanset_has(&rules->primary, vlan));
}

unsigned announce_edits(
	const struct rules *rules, uint16_t port, bool trunk, uint32_t edits[ANNOUNCE_VLANS_MAX])
{
	const uint16_t pvid = rules->pvid[port];
	unsigned n = 0;

	if (is_announced(rules, pvid, trunk))
		edits[n++] = rules_edit(rules, PORT_UPLINK, pvid, 0);
	for (unsigned i = 0; i < rules->n_vlans[port]; i++) {
		uint16_t vlan = rules->vlans[port][i];

		if (is_announced(rules, vlan, trunk))
			edits[n++] = rules_edit(rules, PORT_UPLINK, vlan, 0);
	}
	return n;
}

unsigned announce_in(const uint8_t mac[6], uint32_t edit, uint8_t out[ANNOUNCE_BYTES_MAX])
{
	uint8_t plain[ANNOUNCE_RARP_BYTES];

	announce_rarp(mac, plain);
	if (!(edit & FRAME_EDIT_PUSH)) {
		memcpy(out, plain, sizeof(plain));
		return ANNOUNCE_RARP_BYTES;
	}
	memcpy(out, plain, FRAME_MACS_BYTES);
	frame_tag_bytes(edit, out + FRAME_MACS_BYTES);
	memcpy(out + FRAME_MACS_BYTES + FRAME_VLAN_TAG_BYTES, plain + FRAME_MACS_BYTES,
		ANNOUNCE_RARP_BYTES - FRAME_MACS_BYTES);
	return ANNOUNCE_BYTES_MAX;
}
