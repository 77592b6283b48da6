/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds the announcements of a client. A RARP request needs no IP address; switches learn the
 * source address from any frame. Addresses that are known follow, for who goes by ARP and neighbour
 * discovery instead. Any worker runs it; the bytes are the caller's.
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

static bool is_announced(const struct rules *rules, uint16_t vlan, bool trunk)
{
	return rules_member(rules, vlan, rules_uplink(rules, vlan)) &&
	       (!trunk || vlanset_has(&rules->primary, vlan));
}

static uint32_t edit_into(const struct rules *rules, uint16_t vlan)
{
	return rules_edit(rules, rules_uplink(rules, vlan), vlan, 0);
}

unsigned announce_vlans(
	const struct rules *rules, uint16_t port, bool trunk, uint16_t vlans[ANNOUNCE_VLANS_MAX])
{
	const uint16_t pvid = rules->pvid[port];
	unsigned n = 0;

	if (is_announced(rules, pvid, trunk))
		vlans[n++] = pvid;
	for (unsigned i = 0; i < rules->n_vlans[port]; i++) {
		uint16_t vlan = rules->vlans[port][i];

		if (is_announced(rules, vlan, trunk))
			vlans[n++] = vlan;
	}
	return n;
}

/* The frame, which has no tag, after the edit. Returns how many bytes. */
static unsigned edited(const uint8_t *plain, unsigned n, uint32_t edit, uint8_t *out)
{
	if (!(edit & FRAME_EDIT_PUSH)) {
		memcpy(out, plain, n);
		return n;
	}
	memcpy(out, plain, FRAME_MACS_BYTES);
	frame_tag_bytes(edit, out + FRAME_MACS_BYTES);
	memcpy(out + FRAME_MACS_BYTES + FRAME_VLAN_TAG_BYTES, plain + FRAME_MACS_BYTES,
		n - FRAME_MACS_BYTES);
	return n + FRAME_VLAN_TAG_BYTES;
}

unsigned announce_in(const uint8_t mac[6], uint32_t edit, uint8_t out[ANNOUNCE_BYTES_MAX])
{
	uint8_t plain[ANNOUNCE_RARP_BYTES];

	announce_rarp(mac, plain);
	return edited(plain, sizeof(plain), edit, out);
}

static unsigned arp(const uint8_t mac[6], const struct ip *ip, uint8_t *out)
{
	static const uint8_t fixed[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1}; /* a request */

	memset(out, 0, ANNOUNCE_RARP_BYTES);
	memset(out, 0xFF, 6);
	memcpy(out + 6, mac, 6);
	memcpy(out + 12, fixed, sizeof(fixed));
	memcpy(out + 22, mac, 6);
	memcpy(out + 28, ip->byte + 12, 4); /* sender and target are the same */
	memcpy(out + 38, ip->byte + 12, 4);
	return ANNOUNCE_RARP_BYTES;
}

/* From the address itself to all nodes: override, and not a router unless it says so itself: hosts
 * would give up a router that says that it is none. */
static unsigned advertisement(const uint8_t mac[6], const struct ip *ip, bool router, uint8_t *out)
{
	static const uint8_t to[] = {0x33, 0x33, 0, 0, 0, 1},
			     fixed[] = {0x86, 0xDD, 0x60, 0, 0, 0, 0, 32, PACKET_ICMPV6, 255};
	static const struct ip all_nodes = {{0xFF, 2, [15] = 1}};
	uint8_t *body = out + FRAME_HEADER_BYTES + 40;
	uint32_t sum;

	memcpy(out, to, 6);
	memcpy(out + 6, mac, 6);
	memcpy(out + 12, fixed, sizeof(fixed));
	memcpy(out + 22, ip, 16);
	memcpy(out + 38, &all_nodes, 16);
	memset(body, 0, 32);
	body[0] = 136;
	body[4] = (router ? 0x80 : 0) | 0x20;
	memcpy(body + 8, ip, 16);
	body[24] = 2; /* target's link-layer address, of one unit */
	body[25] = 1;
	memcpy(body + 26, mac, 6);
	sum = ~packet_sum(body, 32, packet_sum_pseudo(ip, &all_nodes, 32, PACKET_ICMPV6));
	body[2] = (uint8_t)(sum >> 8);
	body[3] = (uint8_t)sum;
	return ANNOUNCE_ND_BYTES;
}

unsigned announce_ip(
	const uint8_t mac[6], const struct neigh_address *address, uint8_t out[ANNOUNCE_ND_BYTES])
{
	if (ip_is_v4(&address->ip))
		return arp(mac, &address->ip, out);
	return advertisement(mac, &address->ip, address->router, out);
}

static bool has_ip(const struct neigh_address *list, unsigned n, const struct ip *ip)
{
	for (unsigned i = 0; i < n; i++)
		if (ip_equal(&list[i].ip, ip))
			return true;
	return false;
}

/* Those that it was heard to use, of those that it is allowed; and where none was heard, in the
 * VLAN of its untagged frames, those that it is allowed. */
static unsigned ips_of(const struct announce *what, struct neigh_address out[ANNOUNCE_IPS_MAX])
{
	const struct rules *rules = what->rules;
	const struct guard *guard = &rules->guard[what->port];
	const bool guarded = portset_has(&rules->guarded, what->port);
	struct neigh_address heard[NEIGH_PORT_MAX];
	unsigned n_heard = neigh_list(what->neigh, what->port, what->now_s, heard), n = 0;

	for (unsigned i = 0; i < n_heard; i++)
		if (!guarded || guard_allows(guard, &heard[i].ip, what->mac))
			out[n++] = heard[i];
	for (unsigned i = 0; guarded && i < guard->n; i++)
		if (!has_ip(out, n, &guard->allowed[i]))
			out[n++] = (struct neigh_address){
				guard->allowed[i], rules->pvid[what->port], false};
	return n;
}

int announce_frame(const struct announce *what, unsigned index, struct announce_out *out)
{
	struct neigh_address ips[ANNOUNCE_IPS_MAX];
	uint8_t mac[6], plain[ANNOUNCE_ND_BYTES];
	uint16_t vlans[ANNOUNCE_VLANS_MAX], vlan;
	unsigned n = announce_vlans(what->rules, what->port, what->trunk, vlans);

	frame_mac_bytes(what->mac, mac);
	if (index < n) {
		out->uplink = rules_uplink(what->rules, vlans[index]);
		return (int)announce_in(mac, edit_into(what->rules, vlans[index]), out->bytes);
	}
	if (what->mac_only || index - n >= ips_of(what, ips))
		return -1;
	vlan = ips[index - n].vlan;
	if (!is_announced(what->rules, vlan, what->trunk) ||
		!rules_member(what->rules, vlan, what->port))
		return 0;
	out->uplink = rules_uplink(what->rules, vlan);
	return (int)edited(plain, announce_ip(mac, &ips[index - n], plain),
		edit_into(what->rules, vlan), out->bytes);
}
