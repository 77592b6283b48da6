/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mcast.c - see mcast.h. Any worker runs it on bytes that a guest or the wire wrote; each read
 * states how many bytes it needs. Sources that a report of the newest versions names are passed
 * over: a group is confined as a whole. A report that leaves a group says nothing to a switch: it
 * waits for the querier, who asks who is left.
 */
#include "net/mcast.h"

#define PROTOCOL_PIM 103
#define IGMP_QUERY 0x11
#define IGMP_REPORT_V1 0x12
#define IGMP_REPORT_V2 0x16
#define IGMP_LEAVE 0x17
#define IGMP_REPORT_V3 0x22
#define MLD_QUERY 130
#define MLD_REPORT_V1 131
#define MLD_DONE 132
#define MLD_REPORT_V2 143
#define ALL_HOSTS UINT64_C(0x01005E000001)
#define ALL_NODES UINT64_C(0x333300000001)
#define RESPONSE_V1_MS 10000

enum record { IS_INCLUDE = 1, IS_EXCLUDE, TO_INCLUDE, TO_EXCLUDE, ALLOW, BLOCK };

static uint32_t peek16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static bool is_multicast(const struct ip *ip)
{
	return ip_is_v4(ip) ? ip->byte[12] >> 4 == 0xE : ip->byte[0] == 0xFF;
}

bool mcast_is_link_local(const struct ip *ip)
{
	if (ip_is_v4(ip))
		return ip->byte[12] == 224 && !ip->byte[13] && !ip->byte[14];
	return ip->byte[0] == 0xFF && (ip->byte[1] & 0x0F) <= 2;
}

uint64_t mcast_mac(const struct ip *ip)
{
	const uint8_t *b = ip->byte;

	if (ip_is_v4(ip))
		return UINT64_C(0x01005E000000) | (uint64_t)(b[13] & 0x7F) << 16 |
		       (uint64_t)b[14] << 8 | b[15];
	return UINT64_C(0x333300000000) | (uint64_t)b[12] << 24 | (uint64_t)b[13] << 16 |
	       (uint64_t)b[14] << 8 | b[15];
}

static void take_group(const uint8_t *bytes, bool is_v6, struct ip *out)
{
	if (is_v6)
		memcpy(out, bytes, sizeof(*out));
	else
		ip_from_v4(bytes, out);
}

/* Codes of the newest versions: a number, or mantissa and exponent (RFC 3376 4.1.1, 3810 5.1.3). */
static uint32_t code8(uint8_t code)
{
	return code < 128 ? code : (uint32_t)((code & 0x0F) | 0x10) << ((code >> 4 & 7) + 3);
}

static uint32_t code16(uint32_t code)
{
	return code < 32768 ? code : ((code & 0x0FFF) | 0x1000) << ((code >> 12 & 7) + 3);
}

static void take_join(const struct ip *group, struct mcast *out)
{
	if (!is_multicast(group) || mcast_is_link_local(group))
		return;
	if (out->n == MCAST_RECORDS_MAX)
		out->more = true;
	else
		out->joins[out->n++] = mcast_mac(group);
}

static bool joins(uint8_t type, uint32_t n_sources)
{
	if (type == IS_EXCLUDE || type == TO_EXCLUDE)
		return true;
	return n_sources && (type == IS_INCLUDE || type == TO_INCLUDE || type == ALLOW);
}

/* Of both families: type, length of auxiliary data in words, number of sources, group, sources. */
static void read_records(const struct packet *p, struct mcast *out)
{
	const size_t address = p->is_v6 ? 16 : 4;
	uint32_t n = peek16(p->body + 6);
	size_t at = 8;

	out->kind = MCAST_REPORT;
	for (; n && at + 4 + address <= p->body_bytes; n--) {
		uint32_t n_sources = peek16(p->body + at + 2);
		struct ip group;

		take_group(p->body + at + 4, p->is_v6, &group);
		if (joins(p->body[at], n_sources))
			take_join(&group, out);
		at += 4 + address + n_sources * address + (size_t)p->body[at + 1] * 4;
	}
	/* What it says it says is not there. */
	out->more |= n > 0;
}

static void read_query(const struct packet *p, const uint8_t *group_at, size_t newest_bytes,
	uint64_t everybody, uint64_t dst, struct mcast *out)
{
	const size_t address = p->is_v6 ? 16 : 4;
	struct ip group;

	take_group(group_at, p->is_v6, &group);
	/* One that not all have heard, nobody will have answered. */
	out->general = ip_is_zero(&group);
	if (dst != (out->general ? everybody : mcast_mac(&group)))
		return;
	out->kind = MCAST_QUERY;
	out->group = out->general ? 0 : mcast_mac(&group);
	out->from_none = ip_is_zero(&p->src);
	if (p->body_bytes >= newest_bytes)
		out->interval_s = code8(group_at[address + 1]);
}

static void read_igmp(const struct packet *p, uint64_t dst, struct mcast *out)
{
	struct ip group;

	if (p->body_bytes < 8 || !packet_sum_is_right(p))
		return;
	switch (p->body[0]) {
	case IGMP_QUERY:
		read_query(p, p->body + 4, 12, ALL_HOSTS, dst, out);
		out->response_ms = p->body_bytes < 12 ? p->body[1] * 100u : code8(p->body[1]) * 100;
		if (!p->body[1])
			out->response_ms = RESPONSE_V1_MS;
		break;
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		out->kind = MCAST_REPORT;
		take_group(p->body + 4, false, &group);
		take_join(&group, out);
		break;
	case IGMP_LEAVE:
		out->kind = MCAST_REPORT;
		break;
	case IGMP_REPORT_V3:
		read_records(p, out);
		break;
	}
}

static void read_mld(const struct packet *p, uint64_t dst, struct mcast *out)
{
	struct ip group;

	/* From the link itself, and no further (RFC 3810 5.1.14, 5.2.13). */
	if (p->body_bytes < 8 || p->hops != 1 || !packet_sum_is_right(p))
		return;
	if (!ip_is_zero(&p->src) && (p->src.byte[0] != 0xFE || (p->src.byte[1] & 0xC0) != 0x80))
		return;
	if (p->body[0] != MLD_REPORT_V2 && p->body_bytes < 24)
		return;
	switch (p->body[0]) {
	case MLD_QUERY:
		if (ip_is_zero(&p->src))
			return; /* hosts do not answer it */
		read_query(p, p->body + 8, 28, ALL_NODES, dst, out);
		out->response_ms =
			p->body_bytes < 28 ? peek16(p->body + 4) : code16(peek16(p->body + 4));
		break;
	case MLD_REPORT_V1:
		out->kind = MCAST_REPORT;
		take_group(p->body + 8, true, &group);
		take_join(&group, out);
		break;
	case MLD_DONE:
		out->kind = MCAST_REPORT;
		break;
	case MLD_REPORT_V2:
		read_records(p, out);
		break;
	}
}

/* All PIM routers: 224.0.0.13, ff02::d. */
static bool is_pim_hello(const struct packet *p)
{
	return p->protocol == PROTOCOL_PIM && p->body_bytes >= 4 && p->body[0] == 0x20 &&
	       mcast_is_link_local(&p->dst) && p->dst.byte[15] == 13;
}

bool mcast_parse(
	const uint8_t *bytes, size_t len_bytes, const struct frame *frame, struct mcast *out)
{
	struct packet p;

	out->kind = MCAST_DATA;
	out->link_local = out->from_none = out->general = out->more = false;
	out->group = 0;
	out->response_ms = out->interval_s = out->n = 0;
	if (packet_parse(bytes + frame->payload_offset, len_bytes - frame->payload_offset,
		    frame->ethertype, &p))
		return false;
	out->is_v6 = p.is_v6;
	out->link_local = mcast_is_link_local(&p.dst);
	if (p.fragment || !is_multicast(&p.dst))
		return true;
	if (!p.is_v6 && p.protocol == PACKET_IGMP)
		read_igmp(&p, frame->dst, out);
	else if (p.is_v6 && p.protocol == PACKET_ICMPV6)
		read_mld(&p, frame->dst, out);
	else if (is_pim_hello(&p))
		out->kind = MCAST_ROUTER;
	return true;
}
