/* SPDX-License-Identifier: BSD-3-Clause */
/* guard.h - whether a client's frame says that it is from an address that the client may use: IP
 * source, ARP sender (RFC 826, 5227), neighbour discovery (RFC 4861). Pure. */
#ifndef VIOS_NET_GUARD_H
#define VIOS_NET_GUARD_H

#include "net/drop.h"
#include "net/frame.h"
#include "net/packet.h"

#define GUARD_ADDRESSES_MAX 16

struct guard {
	uint16_t n;
	struct ip allowed[GUARD_ADDRESSES_MAX];
};

/* bytes: the frame, whose header is *frame. DROP_NONE, or what it lies about. */
enum drop guard_check(const struct guard *guard, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame);
/* One of the list; and with any IPv6 address in it, the link-local one made of the MAC address. */
bool guard_allows(const struct guard *guard, const struct ip *ip, uint64_t mac);

#endif
