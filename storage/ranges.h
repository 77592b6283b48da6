/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ranges.h - who may change which bytes of a logical unit that several targets have. Within a
 * process, requests that overlap come one after the other, in order; between processes a lock of
 * the kernel's decides, which is tried and tried again, at times that are passed in. Pure.
 *
 * Whoever has to wait asks for a place first (a second lock, of who is next): while it is taken,
 * nobody who comes later gets past. Who sees no waiting asks for the range alone, one call, and
 * looks once a millisecond whether others wait.
 *
 *     ranges_add          its turn here    the place, if others wait    the range
 *    ------------> WAITING ------------------------------------------------------> HELD --> remove
 */
#ifndef VIOS_STORAGE_RANGES_H
#define VIOS_STORAGE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define RANGES_WAIT_MAX_NS UINT64_C(20000000000) /* below a guest's own timeout of 30 s */

enum range_state {
	RANGE_NONE,
	RANGE_LOOSE, /* a plain write that nobody needs to know of: counted only */
	RANGE_WAITING,
	RANGE_HELD,
};

struct range { /* of one request; the caller's */
	enum range_state state;
	uint64_t begin, end; /* bytes */
	struct range *next;
	bool here_only; /* no other process needs to know */
	bool behind;	/* has waited for one of this process */
	bool place;	/* it holds the place of who is next */
	uint64_t since_ns, next_ns;
};

struct ranges { /* of one logical unit in one process */
	struct range *first, **last;
	unsigned n_waiting;
	unsigned loose;	       /* plain writes in flight that are not in the list */
	uint64_t contended_ns; /* until then places are asked for */
	uint64_t look_ns;      /* when to look whether others wait */
};

enum ranges_lock { RANGES_BYTES, RANGES_PLACE };

/* The kernel's locks, or a test's. lock: 0 or -errno, never waits. */
struct ranges_kernel {
	int (*lock)(void *user, enum ranges_lock which, uint64_t begin, uint64_t end);
	void (*unlock)(void *user, enum ranges_lock which, uint64_t begin, uint64_t end);
	bool (*others_wait)(void *user); /* has another process any place? */
	void *user;
};

void ranges_init(struct ranges *t);
/* Joins the list, WAITING. begin < end. here_only: a plain write of a unit that is not shared. */
void ranges_add(struct ranges *t, struct range *r, uint64_t begin, uint64_t end, bool here_only,
	uint64_t now_ns);
/* A plain write of a unit that is not shared while the list is empty. */
void ranges_add_loose(struct ranges *t, struct range *r);
/* Tries, if it is time to; true: HELD now. */
bool ranges_try(
	struct ranges *t, struct range *r, uint64_t now_ns, const struct ranges_kernel *kernel);
/* Waits too long: it is to be answered as busy. */
bool ranges_overdue(const struct range *r, uint64_t now_ns);
/* No write is in flight that another process could not know of. */
bool ranges_all_told(const struct ranges *t);
/* Leaves, in whatever state; NONE is allowed. */
void ranges_remove(struct ranges *t, struct range *r, const struct ranges_kernel *kernel);
/* When to try again what waits for other processes; UINT64_MAX: nothing does. */
uint64_t ranges_next_ns(const struct ranges *t);

#endif
