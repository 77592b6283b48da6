/* SPDX-License-Identifier: BSD-3-Clause */
/* packets.h - frames for tests, byte by byte. */
#ifndef TESTS_UNIT_NET_PACKETS_H
#define TESTS_UNIT_NET_PACKETS_H

#include <stdint.h>
#include <string.h>

#include "net/frame.h"
#include "net/packet.h"

struct bytes {
	uint8_t at[512];
	size_t n;
};

static inline void add(struct bytes *b, const void *from, size_t n)
{
	memcpy(b->at + b->n, from, n);
	b->n += n;
}

static inline void add16(struct bytes *b, unsigned value)
{
	add(b, (const uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static inline struct bytes ethernet(uint64_t dst, uint64_t src, uint16_t type)
{
	struct bytes b = {.n = 12};

	frame_mac_bytes(dst, b.at);
	frame_mac_bytes(src, b.at + 6);
	add16(&b, type);
	return b;
}

static inline struct ip v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	struct ip ip;

	ip_from_v4((const uint8_t[]){(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}, &ip);
	return ip;
}

static inline struct ip v6(unsigned first, unsigned last)
{
	struct ip ip = {{(uint8_t)(first >> 8), (uint8_t)first}};

	ip.byte[14] = (uint8_t)(last >> 8);
	ip.byte[15] = (uint8_t)last;
	return ip;
}

static inline void add_ip(struct bytes *b, const struct ip *src, const struct ip *dst,
	uint8_t protocol, uint8_t hops, size_t body_bytes)
{
	if (ip_is_v4(dst)) {
		add(b, (const uint8_t[]){0x45, 0}, 2);
		add16(b, (unsigned)(20 + body_bytes));
		add(b, (const uint8_t[]){0, 0, 0, 0, hops, protocol, 0, 0}, 8);
		add(b, src->byte + 12, 4);
		add(b, dst->byte + 12, 4);
		return;
	}
	add(b, (const uint8_t[]){0x60, 0, 0, 0, 0, (uint8_t)body_bytes, protocol, hops}, 8);
	add(b, src->byte, 16);
	add(b, dst->byte, 16);
}

/* body: its checksum, at offset 2, is filled in. */
static inline struct bytes message(uint64_t mac, uint64_t dst_mac, const struct ip *src,
	const struct ip *dst, uint8_t hops, const uint8_t *body, size_t n)
{
	const bool is_v6 = !ip_is_v4(dst);
	struct bytes b = ethernet(dst_mac, mac, is_v6 ? PACKET_TYPE_IPV6 : PACKET_TYPE_IPV4);
	const size_t at = b.n + (is_v6 ? 40 : 20);
	uint32_t sum;

	add_ip(&b, src, dst, is_v6 ? PACKET_ICMPV6 : PACKET_IGMP, hops, n);
	add(&b, body, n);
	sum = packet_sum(body, n, is_v6 ? packet_sum_pseudo(src, dst, n, PACKET_ICMPV6) : 0);
	b.at[at + 2] = (uint8_t)(~sum >> 8);
	b.at[at + 3] = (uint8_t)~sum;
	return b;
}

static inline struct bytes arp(
	uint64_t src, unsigned op, uint64_t mac, struct ip from, struct ip to)
{
	struct bytes b = ethernet(FRAME_MAC_BROADCAST, src, PACKET_TYPE_ARP);

	add(&b, (const uint8_t[28]){0, 1, 8, 0, 6, 4, 0, (uint8_t)op}, 28);
	frame_mac_bytes(mac, b.at + 22);
	memcpy(b.at + 28, from.byte + 12, 4);
	memcpy(b.at + 38, to.byte + 12, 4);
	return b;
}

#endif
