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
