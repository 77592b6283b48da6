/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarding database. A learned entry is two words: `who` (address and port) changes in one
 * atomic step, so a reader never sees one entry's address with another's port; `what` holds VLAN
 * and time of last use. A place is taken by swapping `who` from 0. Two workers that learn the same
 * new address at once may store it twice: look-ups agree on the first, the second ages. Nothing
 * here allocates but fdb_new().
 *
 * Static entries live in a table of their own that learning cannot fill: guests and the wire choose
 * what is learned, the operator alone what is static.
 */
#include "net/fdb.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define STATIC_SLOTS (4 * PORT_CLIENTS)
#define PROBE_MAX 16 /* slots looked at from a hash on; bounds what hostile addresses can cost */
#define STATIC_PROBE_MAX 64

/* In `who`, the low 16 bits hold port + 1, so that an entry in use is never 0. */
#define WHO(mac, port) ((mac) << 16 | (uint64_t)((port) + 1))
#define WHO_MAC(who) ((who) >> 16)
#define WHO_PORT(who) ((uint16_t)(((who)&0xFFFF) - 1))
#define WHO_GONE                                                                                   \
	(UINT64_C(1) << 63) /* static table: a place that was used; a search goes on past it */

#define WHAT(vlan, now_s) ((uint64_t)(vlan) << 32 | (now_s))
#define WHAT_VLAN(what) ((uint16_t)((what) >> 32))
#define WHAT_STAMP(what) ((uint32_t)(what))

struct entry {
	_Atomic uint64_t who;
	_Atomic uint64_t what;
};

struct fdb {
	unsigned mask;
	unsigned client_limit;
	_Atomic uint64_t statics[STATIC_SLOTS]; /* writer: main thread */
	_Atomic uint32_t learned[PORT_COUNT];	/* writers: workers, main thread */
	struct entry entries[];			/* writers: workers, main thread */
};

/* splitmix64's finaliser: neighbouring addresses of one vendor spread over the table. */
static uint64_t hash(uint64_t mac, uint16_t vlan)
{
	uint64_t x = mac ^ (uint64_t)vlan << 48;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Relaxed throughout: each word is complete in itself, and a look-up may as well have come earlier.
 */
static uint64_t load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_relaxed);
}

struct fdb *fdb_new(unsigned slots, unsigned client_limit)
{
	struct fdb *fdb;

	if (slots < 64 || (slots & (slots - 1)))
		return NULL;
	fdb = calloc(1, sizeof(*fdb) + slots * sizeof(struct entry));
	if (!fdb)
		return NULL;
	fdb->mask = slots - 1;
	fdb->client_limit = client_limit;
	return fdb;
}

void fdb_free(struct fdb *fdb)
{
	free(fdb);
}

/* Its place, or STATIC_SLOTS. */
static unsigned static_find(const struct fdb *fdb, uint64_t mac)
{
	unsigned at = (unsigned)(hash(mac, 0) % STATIC_SLOTS);

	for (unsigned i = 0; i < STATIC_PROBE_MAX; i++) {
		uint64_t who = load(&fdb->statics[at]);

		if (!who)
			break;
		if (who != WHO_GONE && WHO_MAC(who) == mac)
			return at;
		at = (at + 1) % STATIC_SLOTS;
	}
	return STATIC_SLOTS;
}

uint16_t fdb_static_get(const struct fdb *fdb, uint64_t mac)
{
	unsigned at = static_find(fdb, mac);

	return at == STATIC_SLOTS ? PORT_NONE : WHO_PORT(load(&fdb->statics[at]));
}

static void forget(struct fdb *fdb, struct entry *entry, uint64_t who)
{
	if (atomic_compare_exchange_strong(&entry->who, &who, 0))
		atomic_fetch_sub(&fdb->learned[WHO_PORT(who)], 1);
}

/* What was learned about an address before it became a client's own. */
static void forget_mac(struct fdb *fdb, uint64_t mac)
{
	for (unsigned i = 0; i <= fdb->mask; i++) {
		uint64_t who = load(&fdb->entries[i].who);

		if (who && WHO_MAC(who) == mac)
			forget(fdb, &fdb->entries[i], who);
	}
}

int fdb_static_add(struct fdb *fdb, uint64_t mac, uint16_t port)
{
	unsigned at = (unsigned)(hash(mac, 0) % STATIC_SLOTS);
	uint16_t old = fdb_static_get(fdb, mac);

	if (old != PORT_NONE)
		return old == port ? 0 : -EEXIST;
	for (unsigned i = 0; i < STATIC_PROBE_MAX; i++) {
		uint64_t who = load(&fdb->statics[at]);

		if (!who || who == WHO_GONE) {
			store(&fdb->statics[at], WHO(mac, port));
			forget_mac(fdb, mac);
			return 0;
		}
		at = (at + 1) % STATIC_SLOTS;
	}
	return -ENOSPC;
}

void fdb_static_del(struct fdb *fdb, uint64_t mac)
{
	unsigned at = static_find(fdb, mac);

	if (at != STATIC_SLOTS)
		store(&fdb->statics[at], WHO_GONE);
}

static bool too_old(uint64_t what, uint32_t now_s)
{
	/* Two workers' clocks may differ by a tick: a stamp ahead of now_s is fresh. */
	return (int32_t)(now_s - WHAT_STAMP(what)) > FDB_AGE_S;
}

/* The entry of an address, whatever its age, with what its `who` was; or NULL. */
static struct entry *find(const struct fdb *fdb, uint64_t mac, uint16_t vlan, uint64_t *who_out)
{
	uint64_t at = hash(mac, vlan);

	for (unsigned i = 0; i < PROBE_MAX; i++) {
		const struct entry *entry = &fdb->entries[(at + i) & fdb->mask];
		uint64_t who = load(&entry->who);

		if (who && WHO_MAC(who) == mac && WHAT_VLAN(load(&entry->what)) == vlan) {
			*who_out = who;
			return (struct entry *)entry;
		}
	}
	return NULL;
}

uint16_t fdb_get(const struct fdb *fdb, uint64_t mac, uint16_t vlan, uint32_t now_s)
{
	uint64_t who;
	const struct entry *entry = find(fdb, mac, vlan, &who);

	return entry && !too_old(load(&entry->what), now_s) ? WHO_PORT(who) : PORT_NONE;
}

/* Counts one more address behind port, unless it has as many as it may. */
static bool charge(struct fdb *fdb, uint16_t port)
{
	uint32_t limit = port >= PORT_CLIENTS ? fdb->mask + 1 : fdb->client_limit;

	if (atomic_fetch_add(&fdb->learned[port], 1) < limit)
		return true;
	atomic_fetch_sub(&fdb->learned[port], 1);
	return false;
}

static enum fdb_learned move(
	struct fdb *fdb, struct entry *entry, uint64_t who, uint16_t port, uint32_t now_s)
{
	uint64_t mac = WHO_MAC(who);
	int32_t unused_s = (int32_t)(now_s - WHAT_STAMP(load(&entry->what)));

	if (port < PORT_CLIENTS && unused_s <= FDB_HOLD_S)
		return FDB_REFUSED_HELD;
	if (!charge(fdb, port))
		return FDB_REFUSED_LIMIT;
	if (!atomic_compare_exchange_strong(&entry->who, &who, WHO(mac, port))) {
		/* Somebody else moved or dropped it meanwhile; the next frame learns it. */
		atomic_fetch_sub(&fdb->learned[port], 1);
		return FDB_KNOWN;
	}
	atomic_fetch_sub(&fdb->learned[WHO_PORT(who)], 1);
	store(&entry->what, WHAT(WHAT_VLAN(load(&entry->what)), now_s));
	return FDB_MOVED;
}

static enum fdb_learned insert(
	struct fdb *fdb, uint64_t mac, uint16_t vlan, uint16_t port, uint32_t now_s)
{
	uint64_t at = hash(mac, vlan);

	if (!charge(fdb, port))
		return FDB_REFUSED_LIMIT;
	for (unsigned i = 0; i < PROBE_MAX; i++) {
		struct entry *entry = &fdb->entries[(at + i) & fdb->mask];
		uint64_t free_place = load(&entry->who);

		/* Read first: a swap that fails would still take the cache line from the readers.
		 */
		if (!free_place &&
			atomic_compare_exchange_strong(&entry->who, &free_place, WHO(mac, port))) {
			store(&entry->what, WHAT(vlan, now_s));
			return FDB_NEW;
		}
	}
	atomic_fetch_sub(&fdb->learned[port], 1);
	return FDB_REFUSED_FULL;
}

enum fdb_learned fdb_learn(
	struct fdb *fdb, uint64_t mac, uint16_t vlan, uint16_t port, uint32_t now_s)
{
	uint64_t who;
	struct entry *entry;

	if (static_find(fdb, mac) != STATIC_SLOTS)
		return FDB_REFUSED_STATIC;
	entry = find(fdb, mac, vlan, &who);
	if (!entry)
		return insert(fdb, mac, vlan, port, now_s);
	if (WHO_PORT(who) != port)
		return move(fdb, entry, who, port, now_s);
	/* Written at most once a second, so that busy flows do not pass the cache line round. */
	if (WHAT_STAMP(load(&entry->what)) != now_s)
		store(&entry->what, WHAT(vlan, now_s));
	return FDB_KNOWN;
}

unsigned fdb_age(struct fdb *fdb, uint32_t now_s)
{
	unsigned gone = 0;

	for (unsigned i = 0; i <= fdb->mask; i++) {
		struct entry *entry = &fdb->entries[i];
		uint64_t who = load(&entry->who);

		if (who && too_old(load(&entry->what), now_s)) {
			forget(fdb, entry, who);
			gone++;
		}
	}
	return gone;
}

void fdb_flush_port(struct fdb *fdb, uint16_t port)
{
	for (unsigned i = 0; i <= fdb->mask; i++) {
		uint64_t who = load(&fdb->entries[i].who);

		if (who && WHO_PORT(who) == port)
			forget(fdb, &fdb->entries[i], who);
	}
}

unsigned fdb_learned_count(const struct fdb *fdb, uint16_t port)
{
	return atomic_load(&fdb->learned[port]);
}
