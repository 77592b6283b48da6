/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See gather.h. Pure; any worker. The bytes are those of the wire, which says what it likes: a
 * piece is only what is whole, has right checksums, and whose headers say nothing that the long
 * frame could not say for all.
 */
#include "net/gather.h"

#include <string.h>

#include "net/frame.h"
#include "net/packet.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define MORE_OR_OFFSET 0x3FFF
#define TCP 6
#define TCP_BYTES 20
#define TCP_CHECKSUM 16
#define PUSH 0x08
#define ACKNOWLEDGE 0x10
#define IP_LENGTH_MAX 65535

static uint16_t peek16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t peek32(const uint8_t *p)
{
	return (uint32_t)peek16(p) << 16 | peek16(p + 2);
}

static void poke16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* Behind at most two tags; 0: too short. */
static uint16_t find_type(const uint8_t *bytes, size_t len_bytes, uint8_t *l2_bytes)
{
	uint16_t type = 0;
	uint8_t at = FRAME_MACS_BYTES;

	for (unsigned tags = 0; tags <= 2; tags++, at += FRAME_VLAN_TAG_BYTES) {
		if (len_bytes < at + 2u)
			return 0;
		type = peek16(bytes + at);
		if (type != FRAME_TYPE_VLAN && type != FRAME_TYPE_SERVICE_VLAN)
			break;
	}
	*l2_bytes = (uint8_t)(at + 2);
	return type;
}

/* What is behind the IP header by its own word; -1: it has none of the plain form. */
static int32_t read_ipv4(const uint8_t *ip, size_t left, struct gather_piece *out)
{
	if (left < IPV4_BYTES || ip[0] != 0x45 || (peek16(ip + 6) & MORE_OR_OFFSET))
		return -1;
	out->ip_version = 4;
	out->l3_bytes = IPV4_BYTES;
	return (int32_t)peek16(ip + 2) - IPV4_BYTES;
}

static int32_t read_ipv6(const uint8_t *ip, size_t left, struct gather_piece *out)
{
	if (left < IPV6_BYTES || ip[0] >> 4 != 6 || ip[6] != TCP)
		return -1;
	out->ip_version = 6;
	out->l3_bytes = IPV6_BYTES;
	return peek16(ip + 4);
}

/* Of a TCP segment of so many bytes. */
static uint32_t pseudo_sum(const uint8_t *ip, const struct gather_piece *piece, uint32_t bytes)
{
	const unsigned at = piece->ip_version == 4 ? 12 : 8, both = piece->ip_version == 4 ? 8 : 32;

	return packet_sum(ip + at, both, TCP + bytes);
}

static bool sums_are_right(const uint8_t *ip, const struct gather_piece *piece, uint32_t bytes)
{
	if (piece->ip_version == 4 && packet_sum(ip, IPV4_BYTES, 0) != 0xFFFF)
		return false;
	return packet_sum(ip + piece->l3_bytes, bytes, pseudo_sum(ip, piece, bytes)) == 0xFFFF;
}

static bool may_be_joined(const uint8_t *tcp, uint32_t segment_bytes, struct gather_piece *piece)
{
	const uint32_t header_bytes = (tcp[12] >> 4) * 4u;

	if (header_bytes < TCP_BYTES || header_bytes >= segment_bytes ||
		(tcp[13] & ~PUSH) != ACKNOWLEDGE)
		return false;
	piece->l4_bytes = (uint8_t)header_bytes;
	piece->payload_bytes = segment_bytes - header_bytes;
	piece->number = peek32(tcp + 4);
	piece->ends = tcp[13] & PUSH;
	return true;
}

static bool is_other(const uint8_t *ip, size_t left, uint16_t type)
{
	if (type == PACKET_TYPE_IPV4)
		return left >= IPV4_BYTES && ip[9] != TCP;
	if (type == PACKET_TYPE_IPV6)
		return left >= IPV6_BYTES && (ip[6] == PACKET_UDP || ip[6] == PACKET_ICMPV6);
	return true;
}

enum gather_kind gather_read(
	const uint8_t *bytes, size_t len_bytes, bool checked, struct gather_piece *out)
{
	const uint16_t type = find_type(bytes, len_bytes, &out->l2_bytes);
	const uint8_t *ip;
	size_t left;
	int32_t segment_bytes;

	if (!type)
		return GATHER_OTHER;
	ip = bytes + out->l2_bytes;
	left = len_bytes - out->l2_bytes;
	if (is_other(ip, left, type))
		return GATHER_OTHER;
	segment_bytes =
		type == PACKET_TYPE_IPV4 ? read_ipv4(ip, left, out) : read_ipv6(ip, left, out);
	if (segment_bytes < TCP_BYTES || (size_t)segment_bytes > left - out->l3_bytes)
		return GATHER_UNKNOWN;
	if (!may_be_joined(ip + out->l3_bytes, (uint32_t)segment_bytes, out))
		return GATHER_ALONE;
	return checked || sums_are_right(ip, out, (uint32_t)segment_bytes) ? GATHER_PIECE
									   : GATHER_ALONE;
}

bool gather_same_flow(const uint8_t *held, const struct gather_piece *a, const uint8_t *bytes,
	const struct gather_piece *b)
{
	const unsigned from = a->l2_bytes + (a->ip_version == 4 ? 12u : 8u),
		       to = a->l2_bytes + a->l3_bytes + 4u; /* addresses, then ports */

	return a->ip_version == b->ip_version && a->l2_bytes == b->l2_bytes &&
	       memcmp(held, bytes, a->l2_bytes) == 0 &&
	       memcmp(held + from, bytes + from, to - from) == 0;
}

/* Of headers of the same lengths: all that is not a piece's own. */
static bool same_headers(const uint8_t *a, const uint8_t *b, const struct gather_piece *piece)
{
	const uint8_t *tcp_a = a + piece->l2_bytes + piece->l3_bytes,
		      *tcp_b = b + piece->l2_bytes + piece->l3_bytes;

	a += piece->l2_bytes;
	b += piece->l2_bytes;
	if (piece->ip_version == 4 ? memcmp(a, b, 2) != 0 || memcmp(a + 6, b + 6, 4) != 0
				   : memcmp(a, b, 4) != 0 || memcmp(a + 6, b + 6, 2) != 0)
		return false;
	/* Acknowledged, the length, the window; urgent and options. The flags are a piece's. */
	return memcmp(tcp_a + 8, tcp_b + 8, 5) == 0 && memcmp(tcp_a + 14, tcp_b + 14, 2) == 0 &&
	       memcmp(tcp_a + 18, tcp_b + 18, piece->l4_bytes - 18u) == 0;
}

void gather_begin(struct gather *gather, const struct gather_piece *first)
{
	*gather = (struct gather){
		.first = *first,
		.payload_bytes = first->payload_bytes,
		.n_pieces = 1,
		.closed = first->ends || first->payload_bytes < OFFLOAD_SEGMENT_MIN_BYTES,
	};
}

bool gather_joins(const struct gather *gather, const uint8_t *held, const uint8_t *bytes,
	const struct gather_piece *piece)
{
	const struct gather_piece *first = &gather->first;

	return !gather->closed && piece->l4_bytes == first->l4_bytes &&
	       piece->number == first->number + gather->payload_bytes &&
	       piece->payload_bytes <= first->payload_bytes &&
	       IPV6_BYTES + first->l4_bytes + gather->payload_bytes + piece->payload_bytes <=
		       IP_LENGTH_MAX &&
	       gather_same_flow(held, first, bytes, piece) && same_headers(held, bytes, piece);
}

void gather_add(struct gather *gather, const struct gather_piece *piece)
{
	gather->payload_bytes += piece->payload_bytes;
	gather->n_pieces++;
	gather->first.ends = piece->ends;
	gather->closed = piece->ends || piece->payload_bytes < gather->first.payload_bytes;
}

void gather_finish(const struct gather *gather, uint8_t *held, struct offload *out)
{
	const struct gather_piece *piece = &gather->first;
	const uint32_t bytes = piece->l4_bytes + gather->payload_bytes;
	uint8_t *ip = held + piece->l2_bytes, *tcp = ip + piece->l3_bytes;

	if (piece->ip_version == 4) {
		poke16(ip + 2, IPV4_BYTES + bytes);
		poke16(ip + 10, 0);
		poke16(ip + 10, ~packet_sum(ip, IPV4_BYTES, 0));
	} else {
		poke16(ip + 4, bytes);
	}
	if (piece->ends)
		tcp[13] |= PUSH;
	/* virtio 1.2, 5.1.6.2: the sum of the pseudo header; the rest is left to whoever sends. */
	poke16(tcp + TCP_CHECKSUM, pseudo_sum(ip, piece, bytes));
	*out = (struct offload){
		.asks = (uint8_t)(OFFLOAD_CHECKSUM |
				  (piece->ip_version == 4 ? OFFLOAD_TSO4 : OFFLOAD_TSO6)),
		.protocol = TCP,
		.ip_version = piece->ip_version,
		.l2_bytes = piece->l2_bytes,
		.l4_bytes = piece->l4_bytes,
		.checksum_start = (uint16_t)(piece->l2_bytes + piece->l3_bytes),
		.checksum_offset = TCP_CHECKSUM,
		.segment_bytes = (uint16_t)piece->payload_bytes,
		.segments = gather->n_pieces,
	};
}
