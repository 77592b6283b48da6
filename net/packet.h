/* SPDX-License-Identifier: BSD-3-Clause */
/* packet.h - the Internet headers behind an Ethernet header (RFC 791, 8200), as far as the switch
 * looks at them: who sends what to whom. Pure. */
#ifndef VIOS_NET_PACKET_H
#define VIOS_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PACKET_TYPE_IPV4 0x0800
#define PACKET_TYPE_ARP 0x0806
#define PACKET_TYPE_IPV6 0x86DD
#define PACKET_IGMP 2
#define PACKET_UDP 17
#define PACKET_ICMPV6 58
#define PACKET_IPV6_HEADERS_MAX 8 /* extension headers; more are taken for broken */

/* An address of either family: IPv4 as ::ffff:a.b.c.d. */
struct ip {
	uint8_t byte[16];
};

struct packet {
	struct ip src, dst;
	const uint8_t *body; /* behind the headers; of a later fragment: its bytes */
	size_t body_bytes;   /* what is there of it */
	bool is_v6;
	bool cut;   /* there is less of it than the header says */
	bool first; /* has the beginning of the body: no later fragment */
	bool fragment;
	uint8_t protocol;
	uint8_t hops; /* that it may still make */
};

/* payload: behind the Ethernet header, whose type is ethertype. 0; -ENOENT: no IP; -EBADMSG: its
 * headers are not whole or contradict themselves. */
int packet_parse(const uint8_t *payload, size_t len_bytes, uint16_t ethertype, struct packet *out);

/* The Internet checksum over what a body is sent with is right (ICMPv6: over its pseudo header
 * also). */
bool packet_sum_is_right(const struct packet *packet);
/* Its complement, ones' complement sum of bytes; start: of what came before. */
uint32_t packet_sum(const uint8_t *bytes, size_t n, uint32_t start);
/* Of an IPv6 pseudo header (RFC 8200 8.1). */
uint32_t packet_sum_pseudo(
	const struct ip *src, const struct ip *dst, size_t body_bytes, uint8_t protocol);

void ip_from_v4(const uint8_t bytes[4], struct ip *out);
bool ip_is_v4(const struct ip *ip);
/* No address at all: 0.0.0.0 or ::. */
bool ip_is_zero(const struct ip *ip);
/* fe80::/64 and the interface identifier made of a MAC address (RFC 4291 appendix A). */
void ip_link_local(uint64_t mac, struct ip *out);
static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
	return !memcmp(a, b, sizeof(*a));
}

#endif
