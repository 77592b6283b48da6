/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard.c - see guard.h. Any worker runs it, on bytes that a guest wrote. What cannot be looked at
 * is refused: a packet behind a second tag, headers that are not whole, neighbour discovery in
 * fragments. Clients that are routers send what others have sent and cannot be checked; so one that
 * is checked does not announce itself as a router.
 */
#include "net/guard.h"

#include <errno.h>

#define TYPE_RARP 0x8035
#define ARP_BYTES 28
#define ND_ROUTER_SOLICITATION 133
#define ND_ROUTER_ADVERTISEMENT 134
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_REDIRECT 137
#define MLD_REPORT_V1 131
#define MLD_DONE 132
#define MLD_REPORT_V2 143
#define OPTION_SOURCE 1
#define OPTION_TARGET 2

bool guard_allows(const struct guard *guard, const struct ip *ip, uint64_t mac)
{
	bool any_v6 = false;
	struct ip own;

	for (unsigned i = 0; i < guard->n; i++) {
		if (ip_equal(&guard->allowed[i], ip))
			return true;
		any_v6 |= !ip_is_v4(&guard->allowed[i]);
	}
	ip_link_local(mac, &own);
	return any_v6 && ip_equal(&own, ip);
}

static enum drop check_arp(
	const struct guard *guard, const uint8_t *p, size_t len_bytes, const struct frame *frame)
{
	static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
	struct ip sender, target;

	if (len_bytes < ARP_BYTES || memcmp(p, ethernet_ipv4, sizeof(ethernet_ipv4)) ||
		frame_mac_number(p + 8) != frame->src)
		return DROP_SPOOFED_ARP;
	ip_from_v4(p + 14, &sender);
	ip_from_v4(p + 24, &target);
	/* RARP, whose sender has none, and a probe for one that it may have. */
	if (ip_is_zero(&sender) && frame->ethertype == TYPE_RARP)
		return DROP_NONE;
	if (ip_is_zero(&sender) && p[7] == 1)
		sender = target;
	return guard_allows(guard, &sender, frame->src) ? DROP_NONE : DROP_SPOOFED_ARP;
}

/* Each link-layer address among the options of a message is the sender's. */
static bool options_are_own(const uint8_t *p, size_t len_bytes, uint64_t mac, bool *any)
{
	*any = false;
	while (len_bytes) {
		size_t bytes;

		if (len_bytes < 8 || !p[1])
			return false;
		bytes = (size_t)p[1] * 8;
		if (bytes > len_bytes)
			return false;
		if (p[0] == OPTION_SOURCE || p[0] == OPTION_TARGET) {
			*any = true;
			if (frame_mac_number(p + 2) != mac)
				return false;
		}
		p += bytes;
		len_bytes -= bytes;
	}
	return true;
}

static bool nd_is_true(const struct guard *guard, const struct packet *p, uint64_t mac)
{
	const uint8_t type = p->body[0];
	size_t fixed = type == ND_ROUTER_SOLICITATION ? 8 : 24;
	struct ip target;
	bool named;

	if (type == ND_ROUTER_ADVERTISEMENT || type == ND_REDIRECT)
		return false;
	if (p->cut || p->fragment || p->body_bytes < fixed ||
		!options_are_own(p->body + fixed, p->body_bytes - fixed, mac, &named))
		return false;
	if (type == ND_ROUTER_SOLICITATION)
		return !ip_is_zero(&p->src) || !named;
	memcpy(&target, p->body + 8, sizeof(target));
	/* From no address: asks whether somebody has the one that it wants to take. */
	if (type == ND_ADVERTISEMENT || ip_is_zero(&p->src))
		return guard_allows(guard, &target, mac) && !(ip_is_zero(&p->src) && named);
	return true;
}

static bool is_nd(const struct packet *p)
{
	return p->body[0] >= ND_ROUTER_SOLICITATION && p->body[0] <= ND_REDIRECT;
}

static bool may_be_from_none(const struct packet *p)
{
	static const uint8_t everybody[4] = {255, 255, 255, 255};
	uint8_t type;

	if (!p->first || p->body_bytes < 4)
		return false;
	type = p->body[0];
	if (p->is_v6)
		return p->protocol == PACKET_ICMPV6 &&
		       (is_nd(p) || type == MLD_REPORT_V1 || type == MLD_DONE ||
			       type == MLD_REPORT_V2);
	/* A client that asks for an address by DHCP, or reports groups before it has one. */
	if (p->protocol == PACKET_IGMP)
		return true;
	return p->protocol == PACKET_UDP && !memcmp(p->dst.byte + 12, everybody, 4) &&
	       p->body[0] == 0 && p->body[1] == 68 && p->body[2] == 0 && p->body[3] == 67;
}

static enum drop check_ip(const struct guard *guard, const uint8_t *payload, size_t len_bytes,
	const struct frame *frame)
{
	struct packet p;
	int rc = packet_parse(payload, len_bytes, frame->ethertype, &p);

	if (rc == -ENOENT)
		return DROP_NONE;
	if (rc || !(ip_is_zero(&p.src) ? may_be_from_none(&p)
				       : guard_allows(guard, &p.src, frame->src)))
		return DROP_SPOOFED_IP;
	if (!p.is_v6 || !p.first || p.protocol != PACKET_ICMPV6)
		return DROP_NONE;
	if (!p.body_bytes)
		return DROP_SPOOFED_IP;
	return !is_nd(&p) || nd_is_true(guard, &p, frame->src) ? DROP_NONE : DROP_SPOOFED_ND;
}

enum drop guard_check(const struct guard *guard, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame)
{
	const uint8_t *payload = bytes + frame->payload_offset;

	len_bytes -= frame->payload_offset;
	if (frame->nested)
		return DROP_SPOOFED_IP;
	if (frame->ethertype == PACKET_TYPE_ARP || frame->ethertype == TYPE_RARP)
		return check_arp(guard, payload, len_bytes, frame);
	return check_ip(guard, payload, len_bytes, frame);
}
