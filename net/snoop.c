/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snoop.c - see snoop.h. Look-ups take no lock: a group's key and ports are words that change one
 * at a time, and a place that becomes another group's between two loads costs one frame sent too
 * wide, which its VLAN still bounds. Changes are made under a brief lock; a report that did not get
 * it in a moment opens its adapter to everything, so nothing is lost. Nothing allocates but
 * snoop_new().
 */
#include "net/snoop.h"

#include <stdlib.h>

#include "net/brief.h"

#define PROBE 8	     /* places looked at from a hash on */
#define SLACK_S 5    /* answers may be late */
#define AGE_SLICE 16 /* groups looked at under the lock at once */

struct group {
	_Atomic uint64_t key; /* VLAN and MAC address; 0: free */
	_Atomic uint64_t ports[PORTSET_WORDS];
	uint32_t until_s[PORT_CLIENTS]; /* under the lock */
};

struct querier {			  /* of one family */
	_Atomic uint32_t from_s, until_s; /* groups are confined in between */
	_Atomic uint32_t hold_s;	  /* a report counts for so long; 0: not told yet */
};

struct router {		     /* under the lock */
	uint16_t vlan, port; /* VLAN 0: free */
	uint32_t until_s;
};

struct counted {
	_Atomic uint64_t reports, queries, refused;
};

struct snoop {
	struct brief lock;
	_Atomic uint32_t window_s; /* in which every host has said what it wants */
	_Atomic uint32_t n_groups[PORT_CLIENTS];
	_Atomic uint64_t open[PORTSET_WORDS];
	_Atomic uint32_t open_until_s[PORT_CLIENTS];
	struct counted counted[PORT_COUNT];
	struct router router[SNOOP_ROUTERS];
	struct {
		struct querier querier[2];
		_Atomic uint64_t routers[PORTSET_WORDS];
	} vlan[FRAME_VLANS];
	struct group group[SNOOP_GROUPS];
};

#define LOAD(at) atomic_load_explicit(at, memory_order_relaxed)
#define STORE(at, value) atomic_store_explicit(at, value, memory_order_relaxed)
#define COUNT(at) atomic_fetch_add_explicit(at, 1, memory_order_relaxed)

static void set_bit(_Atomic uint64_t *words, uint16_t port)
{
	atomic_fetch_or_explicit(&words[port / 64], UINT64_C(1) << port % 64, memory_order_relaxed);
}

static void clear_bit(_Atomic uint64_t *words, uint16_t port)
{
	atomic_fetch_and_explicit(
		&words[port / 64], ~(UINT64_C(1) << port % 64), memory_order_relaxed);
}

static bool has_bit(const _Atomic uint64_t *words, uint16_t port)
{
	return LOAD(&words[port / 64]) >> port % 64 & 1;
}

static void add_bits(const _Atomic uint64_t *words, struct portset *to)
{
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		to->word[i] |= LOAD(&words[i]);
}

struct snoop *snoop_new(void)
{
	struct snoop *s = calloc(1, sizeof(*s));

	if (s)
		s->window_s = SNOOP_WINDOW_S;
	return s;
}

void snoop_free(struct snoop *s)
{
	free(s);
}

static void open_port(struct snoop *s, uint16_t port, uint32_t now_s)
{
	STORE(&s->open_until_s[port], now_s + LOAD(&s->window_s));
	set_bit(s->open, port);
}

static void refuse(struct snoop *s, uint16_t port, uint32_t now_s)
{
	COUNT(&s->counted[port].refused);
	open_port(s, port, now_s);
}

static unsigned place_of(uint64_t key)
{
	key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)(key ^ key >> 31) & (SNOOP_GROUPS - 1);
}

/* The group's place or, with take, a free one; NULL: none. */
static struct group *find(const struct snoop *s, uint64_t key, bool take)
{
	const struct group *unused = NULL;
	unsigned at = place_of(key);

	for (unsigned i = 0; i < PROBE; i++) {
		const struct group *g = &s->group[(at + i) & (SNOOP_GROUPS - 1)];
		uint64_t is = LOAD(&g->key);

		if (is == key)
			return (struct group *)g;
		if (!is && !unused)
			unused = g;
	}
	return take ? (struct group *)unused : NULL;
}

static uint64_t key_of(uint16_t vlan, uint64_t mac)
{
	return (uint64_t)vlan << 48 | mac;
}

static void drop_member(struct snoop *s, struct group *g, uint16_t port)
{
	uint64_t any = 0;

	clear_bit(g->ports, port);
	atomic_fetch_sub_explicit(&s->n_groups[port], 1, memory_order_relaxed);
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		any |= LOAD(&g->ports[i]);
	if (!any)
		STORE(&g->key, 0);
}

/* Under the lock. Whether it is kept. */
static bool join(struct snoop *s, uint64_t key, uint16_t port, uint32_t until_s)
{
	struct group *g = find(s, key, false);

	if (!g || !has_bit(g->ports, port)) {
		if (LOAD(&s->n_groups[port]) >= SNOOP_PORT_GROUPS)
			return false;
		g = g ? g : find(s, key, true);
		if (!g)
			return false;
		atomic_fetch_add_explicit(&s->n_groups[port], 1, memory_order_relaxed);
		set_bit(g->ports, port);
		STORE(&g->key, key);
	}
	g->until_s[port] = until_s;
	return true;
}

static void hear_report(
	struct snoop *s, uint16_t vlan, uint16_t port, const struct mcast *message, uint32_t now_s)
{
	const uint32_t told_s = LOAD(&s->vlan[vlan].querier[message->is_v6].hold_s);
	const uint32_t until_s = now_s + (told_s ? told_s : SNOOP_WINDOW_S) + SLACK_S;

	COUNT(&s->counted[port].reports);
	/* The uplink gets everything anyway. */
	if (port >= PORT_CLIENTS)
		return;
	if (message->more)
		refuse(s, port, now_s);
	if (!message->n)
		return;
	if (!brief_take(&s->lock)) {
		refuse(s, port, now_s);
		return;
	}
	for (unsigned i = 0; i < message->n; i++)
		if (!join(s, key_of(vlan, message->joins[i]), port, until_s))
			refuse(s, port, now_s);
	brief_give(&s->lock);
}

static void hear_router(struct snoop *s, uint16_t vlan, uint16_t port, uint32_t now_s)
{
	struct router *place = NULL;

	if (port >= PORT_CLIENTS)
		return;
	if (!brief_take(&s->lock)) {
		open_port(s, port, now_s);
		return;
	}
	for (unsigned i = 0; i < SNOOP_ROUTERS; i++) {
		struct router *r = &s->router[i];

		if (r->vlan == vlan && r->port == port) {
			place = r;
			break;
		}
		if (!r->vlan && !place)
			place = r;
	}
	if (place) {
		*place = (struct router){vlan, port, now_s + LOAD(&s->window_s)};
		set_bit(s->vlan[vlan].routers, port);
	} else {
		refuse(s, port, now_s);
	}
	brief_give(&s->lock);
}

static uint32_t response_s(const struct mcast *message)
{
	return (message->response_ms + 999) / 1000;
}

/* All will have answered in a moment. One that asks too seldom, or lets hosts take too long, does
 * not count. */
static void hear_general(
	struct snoop *s, uint16_t vlan, const struct mcast *message, uint32_t now_s)
{
	struct querier *q = &s->vlan[vlan].querier[message->is_v6];
	const uint32_t every_s = message->interval_s ? message->interval_s : SNOOP_INTERVAL_S;
	uint32_t hold_s = 2 * every_s + response_s(message);

	if (every_s > SNOOP_INTERVAL_MAX_S || message->response_ms > SNOOP_RESPONSE_MAX_MS) {
		STORE(&q->until_s, now_s);
		return;
	}
	/* What was said before counts for less long than this querier needs to ask again. */
	if (now_s >= LOAD(&q->until_s) || hold_s > LOAD(&q->hold_s))
		STORE(&q->from_s, now_s + response_s(message) + 1);
	STORE(&q->hold_s, hold_s);
	STORE(&q->until_s, now_s + hold_s);
	if (hold_s > LOAD(&s->window_s))
		STORE(&s->window_s, hold_s);
}

/* Somebody has left: who does not answer soon has left as well (RFC 3376 6.4.2: asked twice). */
static void hear_specific(
	struct snoop *s, uint16_t vlan, const struct mcast *message, uint32_t now_s)
{
	const uint32_t until_s = now_s + 2 * response_s(message) + 1;
	struct group *g;

	if (!brief_take(&s->lock))
		return;
	g = find(s, key_of(vlan, message->group), false);
	for (uint16_t p = 0; g && p < PORT_CLIENTS; p++)
		if (has_bit(g->ports, p) && g->until_s[p] > until_s)
			g->until_s[p] = until_s;
	brief_give(&s->lock);
}

void snoop_hear(
	struct snoop *s, uint16_t vlan, uint16_t port, const struct mcast *message, uint32_t now_s)
{
	if (message->kind == MCAST_REPORT) {
		hear_report(s, vlan, port, message, now_s);
	} else if (message->kind == MCAST_QUERY) {
		COUNT(&s->counted[port].queries);
		if (message->general)
			hear_general(s, vlan, message, now_s);
		else
			hear_specific(s, vlan, message, now_s);
		if (!message->from_none)
			hear_router(s, vlan, port, now_s);
	} else if (message->kind == MCAST_ROUTER) {
		hear_router(s, vlan, port, now_s);
	}
}

bool snoop_confines(const struct snoop *s, uint16_t vlan, bool is_v6, uint32_t now_s)
{
	const struct querier *q = &s->vlan[vlan].querier[is_v6];

	return now_s < LOAD(&q->until_s) && now_s >= LOAD(&q->from_s);
}

void snoop_add_routers(const struct snoop *s, uint16_t vlan, struct portset *to)
{
	add_bits(s->vlan[vlan].routers, to);
}

void snoop_add_open(const struct snoop *s, struct portset *to)
{
	add_bits(s->open, to);
}

void snoop_add_members(const struct snoop *s, uint16_t vlan, uint64_t mac, struct portset *to)
{
	const struct group *g = find(s, key_of(vlan, mac), false);

	if (g)
		add_bits(g->ports, to);
}

static void drop_router(struct snoop *s, struct router *r)
{
	clear_bit(s->vlan[r->vlan].routers, r->port);
	r->vlan = 0;
}

/* Drops what ends by now_s, of one port or, with PORT_NONE, of all. */
static void drop_members(struct snoop *s, uint16_t port, uint32_t now_s, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct group *g = &s->group[i];
		struct portset has = {{0}};

		if (!LOAD(&g->key))
			continue;
		add_bits(g->ports, &has);
		for (uint16_t p = portset_next(&has, 0); p != PORT_NONE;
			p = portset_next(&has, p + 1u))
			if (port == PORT_NONE ? g->until_s[p] <= now_s : p == port)
				drop_member(s, g, p);
	}
}

void snoop_port_came(struct snoop *s, uint16_t port, uint32_t now_s)
{
	open_port(s, port, now_s);
	if (!brief_take(&s->lock))
		return; /* what is left of it ages */
	/* A client waits for this one; the table is large. */
	if (LOAD(&s->n_groups[port]))
		drop_members(s, port, now_s, 0, SNOOP_GROUPS);
	for (unsigned i = 0; i < SNOOP_ROUTERS; i++)
		if (s->router[i].vlan && s->router[i].port == port)
			drop_router(s, &s->router[i]);
	brief_give(&s->lock);
}

void snoop_reset(struct snoop *s)
{
	for (unsigned vlan = 0; vlan < FRAME_VLANS; vlan++)
		for (unsigned family = 0; family < 2; family++) {
			STORE(&s->vlan[vlan].querier[family].until_s, 0);
			STORE(&s->vlan[vlan].querier[family].hold_s, 0);
		}
	STORE(&s->window_s, SNOOP_WINDOW_S);
}

void snoop_age(struct snoop *s, uint32_t now_s)
{
	for (unsigned i = 0; i < SNOOP_GROUPS; i += AGE_SLICE) {
		if (!brief_take(&s->lock))
			continue;
		drop_members(s, PORT_NONE, now_s, i, i + AGE_SLICE);
		brief_give(&s->lock);
	}
	for (uint16_t p = 0; p < PORT_CLIENTS; p++)
		if (has_bit(s->open, p) && LOAD(&s->open_until_s[p]) <= now_s)
			clear_bit(s->open, p);
	if (!brief_take(&s->lock))
		return;
	for (unsigned i = 0; i < SNOOP_ROUTERS; i++)
		if (s->router[i].vlan && s->router[i].until_s <= now_s)
			drop_router(s, &s->router[i]);
	brief_give(&s->lock);
}

struct snoop_counts snoop_counts(const struct snoop *s, uint16_t port)
{
	const struct counted *c = &s->counted[port];
	struct snoop_counts out = {
		.reports = LOAD(&c->reports),
		.queries = LOAD(&c->queries),
		.refused = LOAD(&c->refused),
	};

	if (port < PORT_CLIENTS) {
		out.groups = LOAD(&s->n_groups[port]);
		out.open = has_bit(s->open, port);
		return out;
	}
	for (unsigned i = 0; i < SNOOP_GROUPS; i++)
		out.groups += LOAD(&s->group[i].key) != 0;
	return out;
}

void snoop_clear_counts(struct snoop *s, uint16_t port)
{
	struct counted *c = &s->counted[port];

	STORE(&c->reports, 0);
	STORE(&c->queries, 0);
	STORE(&c->refused, 0);
}

unsigned snoop_queriers(const struct snoop *s, uint32_t now_s)
{
	unsigned n = 0;

	for (uint16_t vlan = 0; vlan < FRAME_VLANS; vlan++)
		n += snoop_confines(s, vlan, false, now_s) + snoop_confines(s, vlan, true, now_s);
	return n;
}
