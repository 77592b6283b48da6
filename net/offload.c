/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See offload.h. Pure; any worker. The bytes are the caller's copy, which no guest changes; each
 * read is within len_bytes. The header's hdr_len is a hint that nobody needs: it is not read.
 */
#include "net/offload.h"

#include <stdbool.h>
#include <string.h>

#include "net/frame.h"

/* virtio 1.2, 5.1.3 */
#define F_CSUM 0
#define F_GUEST_CSUM 1
#define F_GUEST_TSO4 7
#define F_GUEST_TSO6 8
#define F_HOST_TSO4 11
#define F_HOST_TSO6 12

/* virtio 1.2, 5.1.6: struct virtio_net_hdr */
#define AT_FLAGS 0
#define AT_GSO_TYPE 1
#define AT_HDR_LEN 2
#define AT_GSO_SIZE 4
#define AT_CSUM_START 6
#define AT_CSUM_OFFSET 8
#define NEEDS_CSUM 1
#define GSO_NONE 0
#define GSO_TCPV4 1
#define GSO_TCPV6 4

#define TCP 6
#define UDP 17
#define HOP_BY_HOP 0
#define DESTINATION 60
#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6
#define TCP_MIN_BYTES 20
#define IPV6_BYTES 40
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD
#define MORE_OR_OFFSET 0x3FFF
#define L3_MAX_BYTES 511 /* what rte_mbuf's l3_len holds */

/* What the frame's headers say. */
struct place {
	uint8_t ip_version; /* 0: no IP, or not whole */
	uint8_t protocol;
	uint16_t l2_bytes;
	uint32_t l4_at;
	uint32_t ip_end; /* where the packet ends by its own word */
};

static uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint16_t le16(const uint8_t *at)
{
	return (uint16_t)(at[1] << 8 | at[0]);
}

static void put_le16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static unsigned bit(uint64_t features, unsigned number, unsigned offload)
{
	return features >> number & 1 ? offload : 0;
}

unsigned offload_may(uint64_t features)
{
	if (!bit(features, F_CSUM, 1))
		return 0;
	return OFFLOAD_CHECKSUM | bit(features, F_HOST_TSO4, OFFLOAD_TSO4) |
	       bit(features, F_HOST_TSO6, OFFLOAD_TSO6);
}

unsigned offload_can(uint64_t features)
{
	if (!bit(features, F_GUEST_CSUM, 1))
		return OFFLOAD_CHAINS;
	return OFFLOAD_CHAINS | OFFLOAD_CHECKSUM | bit(features, F_GUEST_TSO4, OFFLOAD_TSO4) |
	       bit(features, F_GUEST_TSO6, OFFLOAD_TSO6);
}

/* No fragment: only the first has a transport header, and a checksum over all of them. */
static void find_ipv4(const uint8_t *ip, size_t left, struct place *out)
{
	const unsigned header_bytes = left ? (ip[0] & 0x0F) * 4u : 0;

	if (left < 20 || ip[0] >> 4 != 4 || header_bytes < 20 || header_bytes > left ||
		(be16(ip + 6) & MORE_OR_OFFSET))
		return;
	out->ip_version = 4;
	out->protocol = ip[9];
	out->l4_at = out->l2_bytes + header_bytes;
	out->ip_end = (uint32_t)out->l2_bytes + be16(ip + 2);
}

/* Over the extension headers that change nothing in the pseudo header and may stand before each
 * segment: not routing, not a fragment. */
static void find_ipv6(const uint8_t *ip, size_t left, struct place *out)
{
	size_t at = IPV6_BYTES;
	uint8_t next;

	if (left < IPV6_BYTES || ip[0] >> 4 != 6)
		return;
	next = ip[6];
	while ((next == HOP_BY_HOP || next == DESTINATION) && at <= L3_MAX_BYTES) {
		if (left < at + 8)
			return;
		next = ip[at];
		at += (ip[at + 1] + 1u) * 8;
	}
	if (at > left || at > L3_MAX_BYTES)
		return;
	out->ip_version = 6;
	out->protocol = next;
	out->l4_at = (uint32_t)(out->l2_bytes + at);
	out->ip_end = (uint32_t)out->l2_bytes + IPV6_BYTES + be16(ip + 4);
}

/* One tag, or two. */
static void find_place(const struct offload_frame *frame, struct place *out)
{
	size_t type_at = FRAME_MACS_BYTES;
	uint16_t type = 0;

	*out = (struct place){0};
	for (unsigned tags = 0; tags <= 2; tags++, type_at += FRAME_VLAN_TAG_BYTES) {
		if (frame->len_bytes < type_at + 2)
			return;
		type = be16(frame->bytes + type_at);
		if (type != FRAME_TYPE_VLAN && type != FRAME_TYPE_SERVICE_VLAN)
			break;
	}
	out->l2_bytes = (uint16_t)(type_at + 2);
	if (type == TYPE_IPV4)
		find_ipv4(frame->bytes + out->l2_bytes, frame->len_bytes - out->l2_bytes, out);
	else if (type == TYPE_IPV6)
		find_ipv6(frame->bytes + out->l2_bytes, frame->len_bytes - out->l2_bytes, out);
}

/* A checksum may be of any protocol; TCP's and UDP's, where the headers agree, are known as such
 * and can be passed on to hardware. */
static enum offload_fault read_checksum(const uint8_t *header, const struct offload_frame *frame,
	const struct place *place, struct offload *out)
{
	const uint32_t start = le16(header + AT_CSUM_START), offset = le16(header + AT_CSUM_OFFSET);
	const unsigned field = place->protocol == TCP ? TCP_CHECKSUM : UDP_CHECKSUM;

	if (start < FRAME_HEADER_BYTES || start + offset + 2 > frame->len_bytes)
		return OFFLOAD_BAD_PLACE;
	out->asks = OFFLOAD_CHECKSUM;
	out->segments = 1;
	out->checksum_start = (uint16_t)start;
	out->checksum_offset = (uint16_t)offset;
	if (!place->ip_version || start != place->l4_at || offset != field ||
		(place->protocol != TCP && place->protocol != UDP) ||
		place->ip_end != frame->whole_bytes)
		return OFFLOAD_OK;
	out->l2_bytes = (uint8_t)place->l2_bytes;
	out->ip_version = place->ip_version;
	out->protocol = place->protocol;
	return OFFLOAD_OK;
}

static enum offload_fault read_cut(const uint8_t *header, const struct offload_frame *frame,
	const struct place *place, unsigned may, struct offload *out)
{
	const uint8_t type = header[AT_GSO_TYPE];
	const unsigned wants = type == GSO_TCPV4   ? OFFLOAD_TSO4
			       : type == GSO_TCPV6 ? OFFLOAD_TSO6
						   : 0;
	const uint32_t size = le16(header + AT_GSO_SIZE);
	uint32_t l4_bytes, payload_bytes;

	if (!(wants & may) || out->protocol != TCP ||
		place->ip_version != (wants == OFFLOAD_TSO4 ? 4 : 6))
		return OFFLOAD_BAD_TYPE;
	if (size < OFFLOAD_SEGMENT_MIN_BYTES)
		return OFFLOAD_BAD_SIZE;
	/* It is there: the checksum's field, behind it, is. */
	l4_bytes = (frame->bytes[place->l4_at + 12] >> 4) * 4u;
	if (l4_bytes < TCP_MIN_BYTES || place->l4_at + l4_bytes > frame->len_bytes ||
		place->l4_at + l4_bytes >= frame->whole_bytes)
		return OFFLOAD_BAD_LENGTHS;
	payload_bytes = (uint32_t)frame->whole_bytes - place->l4_at - l4_bytes;
	if (payload_bytes <= size)
		return OFFLOAD_OK; /* one segment is a frame like others */
	out->asks |= (uint8_t)wants;
	out->l4_bytes = (uint8_t)l4_bytes;
	out->segment_bytes = (uint16_t)size;
	out->segments = (payload_bytes + size - 1) / size;
	return OFFLOAD_OK;
}

enum offload_fault offload_read(const uint8_t header[OFFLOAD_HEADER_BYTES],
	const struct offload_frame *frame, unsigned may, struct offload *out)
{
	enum offload_fault fault;
	struct place place;

	*out = (struct offload){.segments = 1};
	if (!(header[AT_FLAGS] & NEEDS_CSUM))
		/* virtio 1.2, 5.1.6.2.1: a frame to be cut needs its checksums */
		return header[AT_GSO_TYPE] == GSO_NONE ? OFFLOAD_OK : OFFLOAD_BAD_TYPE;
	if (!(may & OFFLOAD_CHECKSUM))
		return OFFLOAD_BAD_TYPE;
	find_place(frame, &place);
	fault = read_checksum(header, frame, &place, out);
	if (fault == OFFLOAD_OK && header[AT_GSO_TYPE] != GSO_NONE)
		fault = read_cut(header, frame, &place, may, out);
	return fault;
}

void offload_write(const struct offload *offload, int moved, uint8_t header[OFFLOAD_HEADER_BYTES])
{
	const unsigned start = (unsigned)(offload->checksum_start + moved);

	memset(header, 0, OFFLOAD_HEADER_BYTES);
	if (!offload->asks)
		return;
	header[AT_FLAGS] = NEEDS_CSUM;
	put_le16(header + AT_CSUM_START, start);
	put_le16(header + AT_CSUM_OFFSET, offload->checksum_offset);
	if (!(offload->asks & (OFFLOAD_TSO4 | OFFLOAD_TSO6)))
		return;
	header[AT_GSO_TYPE] = offload->asks & OFFLOAD_TSO4 ? GSO_TCPV4 : GSO_TCPV6;
	put_le16(header + AT_HDR_LEN, start + offload->l4_bytes);
	put_le16(header + AT_GSO_SIZE, offload->segment_bytes);
}

enum offload_todo offload_todo(const struct offload *offload, unsigned can)
{
	const unsigned cut = offload->asks & (OFFLOAD_TSO4 | OFFLOAD_TSO6);

	if (!(offload->asks & ~can))
		return OFFLOAD_PASS;
	return cut ? OFFLOAD_CUT : OFFLOAD_FINISH;
}
