/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neigh.c - see neigh.h. A table of sets of four, under a brief lock: only ARP and multicast IPv6
 * frames get here. Who does not get the lock goes on without; it hears again. How many new
 * addresses an adapter may tell in a second is bounded, as is what one costs.
 */
#include "net/neigh.h"

#include <stdlib.h>

#include "net/brief.h"

#define SETS 512
#define WAYS 4
#define CHANGES_PER_S 16
#define ARP_BYTES 28
#define ND_ROUTER_ADVERTISEMENT 134
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define OPTION_TARGET 2

struct entry {
	struct ip ip;
	uint16_t vlan; /* 0: free */
	uint16_t port;
	uint32_t seen_s;
};

struct client {
	uint32_t second, changes;
	uint16_t n;
	bool router;
};

struct neigh {
	struct brief lock;
	struct client client[PORT_CLIENTS];
	struct entry set[SETS][WAYS];
};

struct said { /* what a frame says: its sender has this address */
	struct ip ip;
	bool router;
};

struct neigh *neigh_new(void)
{
	return calloc(1, sizeof(struct neigh));
}

void neigh_free(struct neigh *n)
{
	free(n);
}

static bool read_arp(
	const uint8_t *p, size_t len_bytes, const struct frame *frame, struct said *out)
{
	static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};

	if (len_bytes < ARP_BYTES || memcmp(p, ethernet_ipv4, sizeof(ethernet_ipv4)) ||
		frame_mac_number(p + 8) != frame->src)
		return false;
	ip_from_v4(p + 14, &out->ip);
	return !ip_is_zero(&out->ip);
}

/* An advertisement may be for somebody else. */
static bool is_proxy(const struct packet *p, uint64_t mac)
{
	return p->body_bytes >= 32 && p->body[24] == OPTION_TARGET &&
	       frame_mac_number(p->body + 26) != mac;
}

static bool read_nd(
	const uint8_t *payload, size_t len_bytes, const struct frame *frame, struct said *out)
{
	struct packet p;

	if (packet_parse(payload, len_bytes, frame->ethertype, &p) || p.fragment || p.cut ||
		p.protocol != PACKET_ICMPV6 || p.hops != 255 || p.body_bytes < 16 ||
		ip_is_zero(&p.src))
		return false;
	out->ip = p.src;
	if (p.body[0] == ND_ROUTER_ADVERTISEMENT) {
		out->router = true;
	} else if (p.body[0] == ND_ADVERTISEMENT) {
		if (p.body_bytes < 24 || is_proxy(&p, frame->src))
			return false;
		memcpy(&out->ip, p.body + 8, sizeof(out->ip));
		out->router = p.body[4] >> 7;
	} else if (p.body[0] != ND_SOLICITATION) {
		return false;
	}
	return out->ip.byte[0] != 0xFF && !ip_is_zero(&out->ip);
}

static struct entry *set_of(struct neigh *n, const struct ip *ip, uint16_t vlan)
{
	uint32_t hash = UINT32_C(2166136261) ^ vlan;

	for (unsigned i = 0; i < sizeof(ip->byte); i++)
		hash = (hash ^ ip->byte[i]) * UINT32_C(16777619);
	return n->set[(hash ^ hash >> 16) % SETS];
}

static void forget(struct neigh *n, struct entry *e)
{
	n->client[e->port].n--;
	e->vlan = 0;
}

/* The oldest one of this port makes place. */
static void forget_oldest(struct neigh *n, uint16_t port)
{
	struct entry *oldest = NULL;

	for (unsigned i = 0; i < SETS * WAYS; i++) {
		struct entry *e = &n->set[0][0] + i;

		if (e->vlan && e->port == port && (!oldest || e->seen_s < oldest->seen_s))
			oldest = e;
	}
	if (oldest)
		forget(n, oldest);
}

static bool may_change(struct client *c, uint32_t now_s)
{
	if (c->second != now_s)
		c->changes = 0;
	c->second = now_s;
	return c->changes++ < CHANGES_PER_S;
}

static void keep(struct neigh *n, struct entry *set, const struct said *said, uint16_t vlan,
	uint16_t port, uint32_t now_s)
{
	struct client *c = &n->client[port];
	struct entry *place = NULL;

	if (!may_change(c, now_s))
		return;
	if (c->n == NEIGH_PORT_MAX)
		forget_oldest(n, port);
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].vlan && set[i].seen_s + NEIGH_AGE_S <= now_s)
			forget(n, &set[i]);
		if (!set[i].vlan)
			place = &set[i];
	}
	if (!place)
		return;
	*place = (struct entry){said->ip, vlan, port, now_s};
	c->n++;
}

static void hear(
	struct neigh *n, const struct said *said, uint16_t vlan, uint16_t owner, uint32_t now_s)
{
	struct entry *set = set_of(n, &said->ip, vlan);
	bool known = false;

	if (owner < PORT_CLIENTS && said->router)
		n->client[owner].router = true;
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].vlan != vlan || !ip_equal(&set[i].ip, &said->ip))
			continue;
		known = set[i].port == owner;
		if (known)
			set[i].seen_s = now_s;
		else
			forget(n, &set[i]);
	}
	if (!known && owner < PORT_CLIENTS)
		keep(n, set, said, vlan, owner, now_s);
}

void neigh_hear(struct neigh *n, const uint8_t *bytes, size_t len_bytes, const struct frame *frame,
	uint16_t vlan, uint16_t owner, uint32_t now_s)
{
	const uint8_t *payload = bytes + frame->payload_offset;
	struct said said = {.router = false};

	len_bytes -= frame->payload_offset;
	if (frame->ethertype == PACKET_TYPE_ARP ? !read_arp(payload, len_bytes, frame, &said)
						: !read_nd(payload, len_bytes, frame, &said))
		return;
	if (!brief_take(&n->lock))
		return;
	hear(n, &said, vlan, owner, now_s);
	brief_give(&n->lock);
}

unsigned neigh_list(
	struct neigh *n, uint16_t port, uint32_t now_s, struct neigh_address out[NEIGH_PORT_MAX])
{
	unsigned found = 0;

	if (!brief_take(&n->lock))
		return 0;
	for (unsigned i = 0; i < SETS * WAYS && found < n->client[port].n; i++) {
		const struct entry *e = &n->set[0][0] + i;

		if (e->vlan && e->port == port && e->seen_s + NEIGH_AGE_S > now_s)
			out[found++] =
				(struct neigh_address){e->ip, e->vlan, n->client[port].router};
	}
	brief_give(&n->lock);
	return found;
}

void neigh_flush_port(struct neigh *n, uint16_t port)
{
	while (!brief_take(&n->lock))
		;
	for (unsigned i = 0; i < SETS * WAYS; i++) {
		struct entry *e = &n->set[0][0] + i;

		if (e->vlan && e->port == port)
			forget(n, e);
	}
	n->client[port] = (struct client){0};
	brief_give(&n->lock);
}
