/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet.c - see packet.h. Any worker runs it on bytes that a guest or the wire wrote: nothing is
 * read that was not seen to be there, and the walk over extension headers is bounded.
 */
#include "net/packet.h"

#include <errno.h>

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_AUTHENTICATION 51
#define NEXT_DESTINATION 60

static uint16_t peek16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

void ip_from_v4(const uint8_t bytes[4], struct ip *out)
{
	memset(out, 0, sizeof(*out));
	out->byte[10] = out->byte[11] = 0xFF;
	memcpy(out->byte + 12, bytes, 4);
}

bool ip_is_v4(const struct ip *ip)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

	return !memcmp(ip, mapped, sizeof(mapped));
}

bool ip_is_zero(const struct ip *ip)
{
	static const uint8_t zero[16];

	return !memcmp(ip->byte + (ip_is_v4(ip) ? 12 : 0), zero, ip_is_v4(ip) ? 4 : 16);
}

void ip_link_local(uint64_t mac, struct ip *out)
{
	memset(out, 0, sizeof(*out));
	out->byte[0] = 0xFE;
	out->byte[1] = 0x80;
	for (unsigned i = 0; i < 3; i++) {
		out->byte[8 + i] = (uint8_t)(mac >> (40 - 8 * i));
		out->byte[13 + i] = (uint8_t)(mac >> (16 - 8 * i));
	}
	out->byte[8] ^= 2;
	out->byte[11] = 0xFF;
	out->byte[12] = 0xFE;
}

/* What the header says there is behind it, of what is there. */
static void set_body(struct packet *out, const uint8_t *at, size_t there, size_t said)
{
	out->cut = there < said;
	out->body = at;
	out->body_bytes = out->cut ? there : said;
}

static int parse_ipv4(const uint8_t *p, size_t len_bytes, struct packet *out)
{
	size_t header, whole;

	if (len_bytes < IPV4_BYTES || p[0] >> 4 != 4)
		return -EBADMSG;
	header = (size_t)(p[0] & 0x0F) * 4;
	whole = peek16(p + 2);
	if (header < IPV4_BYTES || header > len_bytes || whole < header)
		return -EBADMSG;
	out->is_v6 = false;
	out->fragment = peek16(p + 6) & 0x3FFF;
	out->first = !(peek16(p + 6) & 0x1FFF);
	out->hops = p[8];
	out->protocol = p[9];
	ip_from_v4(p + 12, &out->src);
	ip_from_v4(p + 16, &out->dst);
	set_body(out, p + header, len_bytes - header, whole - header);
	return 0;
}

/* How long the extension header of this kind is at body; 0: it is none. */
static size_t extension_bytes(const struct packet *p)
{
	switch (p->protocol) {
	case NEXT_HOP_BY_HOP:
	case NEXT_ROUTING:
	case NEXT_DESTINATION:
		return ((size_t)p->body[1] + 1) * 8;
	case NEXT_FRAGMENT:
		return 8;
	case NEXT_AUTHENTICATION:
		return ((size_t)p->body[1] + 2) * 4;
	default:
		return 0;
	}
}

static bool is_extension(uint8_t protocol)
{
	return protocol == NEXT_HOP_BY_HOP || protocol == NEXT_ROUTING ||
	       protocol == NEXT_DESTINATION || protocol == NEXT_FRAGMENT ||
	       protocol == NEXT_AUTHENTICATION;
}

static int walk_extensions(struct packet *p)
{
	for (unsigned i = 0; is_extension(p->protocol) && p->first; i++) {
		size_t bytes;

		if (i == PACKET_IPV6_HEADERS_MAX || p->body_bytes < 8)
			return -EBADMSG;
		bytes = extension_bytes(p);
		if (bytes > p->body_bytes)
			return -EBADMSG;
		if (p->protocol == NEXT_FRAGMENT) {
			p->fragment = true;
			p->first = !(peek16(p->body + 2) & 0xFFF8);
		}
		p->protocol = p->body[0];
		p->body += bytes;
		p->body_bytes -= bytes;
	}
	return 0;
}

static int parse_ipv6(const uint8_t *p, size_t len_bytes, struct packet *out)
{
	if (len_bytes < IPV6_BYTES || p[0] >> 4 != 6)
		return -EBADMSG;
	out->is_v6 = true;
	out->fragment = false;
	out->first = true;
	out->protocol = p[6];
	out->hops = p[7];
	memcpy(&out->src, p + 8, 16);
	memcpy(&out->dst, p + 24, 16);
	set_body(out, p + IPV6_BYTES, len_bytes - IPV6_BYTES, peek16(p + 4));
	return walk_extensions(out);
}

int packet_parse(const uint8_t *payload, size_t len_bytes, uint16_t ethertype, struct packet *out)
{
	if (ethertype == PACKET_TYPE_IPV4)
		return parse_ipv4(payload, len_bytes, out);
	if (ethertype == PACKET_TYPE_IPV6)
		return parse_ipv6(payload, len_bytes, out);
	return -ENOENT;
}

static uint32_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint32_t)sum;
}

uint32_t packet_sum(const uint8_t *bytes, size_t n, uint32_t start)
{
	uint64_t sum = 0;
	uint16_t last = 0;
	uint8_t folded[2];

	/* In this machine's order, four bytes at once: the sum's bytes only change places with the
	 * words' (RFC 1071 2 (B)). */
	for (; n >= 4; bytes += 4, n -= 4) {
		uint32_t word;

		memcpy(&word, bytes, sizeof(word));
		sum += word;
	}
	for (; n >= 2; bytes += 2, n -= 2) {
		memcpy(&last, bytes, sizeof(last));
		sum += last;
	}
	last = 0;
	memcpy(&last, bytes, n); /* one byte, or none */
	last = (uint16_t)fold(sum + last);
	memcpy(folded, &last, sizeof(folded));
	return fold((uint64_t)start + peek16(folded));
}

uint32_t packet_sum_pseudo(
	const struct ip *src, const struct ip *dst, size_t body_bytes, uint8_t protocol)
{
	const uint8_t tail[8] = {
		0, 0, (uint8_t)(body_bytes >> 8), (uint8_t)body_bytes, 0, 0, 0, protocol};

	return packet_sum(
		tail, sizeof(tail), packet_sum(dst->byte, 16, packet_sum(src->byte, 16, 0)));
}

bool packet_sum_is_right(const struct packet *p)
{
	uint32_t start = 0;

	if (p->cut || p->fragment)
		return false;
	if (p->is_v6)
		start = packet_sum_pseudo(&p->src, &p->dst, p->body_bytes, p->protocol);
	return packet_sum(p->body, p->body_bytes, start) == 0xFFFF;
}
