/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe.c - see probe.h. The worker's thread; the bytes are the caller's. What is taken for an
 * answer is addressed to who asked, so a target that is only heard of (it asks for others, or
 * announces itself) does not count: frames must get there, too.
 */
#include "net/probe.h"

#include <string.h>

#define ARP_BYTES 28
#define ARP_REPLY 2
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_ADVERTISEMENT_BYTES 24
#define ND_SOLICITED 0x40
#define OPTION_SOURCE 1

static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};

/* The sender has no address to give: nobody learns anything from it. */
static unsigned arp_probe(const uint8_t mac[6], const struct ip *ip, uint8_t *out)
{
	memset(out, 0, PROBE_ARP_BYTES);
	memset(out, 0xFF, 6);
	memcpy(out + 6, mac, 6);
	out[12] = PACKET_TYPE_ARP >> 8;
	out[13] = PACKET_TYPE_ARP & 0xFF;
	memcpy(out + 14, ethernet_ipv4, sizeof(ethernet_ipv4));
	out[21] = 1; /* a request */
	memcpy(out + 22, mac, 6);
	memcpy(out + 38, ip->byte + 12, 4);
	return PROBE_ARP_BYTES;
}

/* To the target's solicited-node group (RFC 4291 2.7.1, RFC 2464 7). */
static unsigned solicitation(
	uint64_t mac_number, const uint8_t mac[6], const struct ip *ip, uint8_t *out)
{
	static const uint8_t fixed[] = {0x86, 0xDD, 0x60, 0, 0, 0, 0, 32, PACKET_ICMPV6, 255};
	struct ip own, group = {{0xFF, 2, [11] = 1, [12] = 0xFF}};
	uint8_t *body = out + FRAME_HEADER_BYTES + 40;
	uint32_t sum;

	memcpy(group.byte + 13, ip->byte + 13, 3);
	ip_link_local(mac_number, &own);
	out[0] = out[1] = 0x33;
	memcpy(out + 2, group.byte + 12, 4);
	memcpy(out + 6, mac, 6);
	memcpy(out + 12, fixed, sizeof(fixed));
	memcpy(out + 22, &own, 16);
	memcpy(out + 38, &group, 16);
	memset(body, 0, 32);
	body[0] = ND_SOLICITATION;
	memcpy(body + 8, ip, 16);
	body[24] = OPTION_SOURCE;
	body[25] = 1;
	memcpy(body + 26, mac, 6);
	sum = ~packet_sum(body, 32, packet_sum_pseudo(&own, &group, 32, PACKET_ICMPV6));
	body[2] = (uint8_t)(sum >> 8);
	body[3] = (uint8_t)sum;
	return PROBE_ND_BYTES;
}

unsigned probe_frame(const struct probe_table *table, unsigned i, uint8_t out[PROBE_ND_BYTES])
{
	const struct ip *ip = &table->target[i];
	uint8_t mac[6];

	frame_mac_bytes(table->mac, mac);
	return ip_is_v4(ip) ? arp_probe(mac, ip, out) : solicitation(table->mac, mac, ip, out);
}

static int find(const struct probe_table *table, const struct ip *ip)
{
	for (int i = 0; i < table->n; i++)
		if (ip_equal(&table->target[i], ip))
			return i;
	return -1;
}

static int arp_answer(const struct probe_table *table, const uint8_t *p, size_t len_bytes)
{
	struct ip from;

	if (len_bytes < ARP_BYTES || memcmp(p, ethernet_ipv4, sizeof(ethernet_ipv4)) || p[6] != 0 ||
		p[7] != ARP_REPLY || frame_mac_number(p + 18) != table->mac)
		return -1;
	ip_from_v4(p + 14, &from);
	return find(table, &from);
}

/* RFC 4861 7.1.2, 7.2.4: only what was asked for is solicited. What is cut, or a fragment, has no
 * right checksum. */
static int nd_answer(const struct probe_table *table, const uint8_t *payload, size_t len_bytes)
{
	struct packet p;
	struct ip own, from;

	if (packet_parse(payload, len_bytes, PACKET_TYPE_IPV6, &p) || p.protocol != PACKET_ICMPV6 ||
		p.hops != 255 || p.body_bytes < ND_ADVERTISEMENT_BYTES ||
		p.body[0] != ND_ADVERTISEMENT || p.body[1] != 0 || !(p.body[4] & ND_SOLICITED))
		return -1;
	ip_link_local(table->mac, &own);
	memcpy(&from, p.body + 8, sizeof(from));
	return ip_equal(&p.dst, &own) && packet_sum_is_right(&p) ? find(table, &from) : -1;
}

int probe_answer(const struct probe_table *table, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame)
{
	const uint8_t *payload = bytes + frame->payload_offset;

	if (!table->n || frame->vlan || len_bytes < frame->payload_offset ||
		(frame->dst != table->mac && frame->dst != FRAME_MAC_BROADCAST))
		return -1;
	len_bytes -= frame->payload_offset;
	if (frame->ethertype == PACKET_TYPE_ARP)
		return arp_answer(table, payload, len_bytes);
	return frame->ethertype == PACKET_TYPE_IPV6 ? nd_answer(table, payload, len_bytes) : -1;
}
