/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of ranges that one process changes or wants to change, in the order in which they came.
 * Held ones never overlap: so what a process unlocks is never another request's. Waiting takes
 * locks in one order (place, then range) and a request has one range: nobody waits in a circle.
 * Pure; the worker's.
 */
#include "storage/ranges.h"

#include <assert.h>
#include <stddef.h>

/* A holder reads and writes a few blocks: some tens of microseconds, or a slow disk's time. */
#define QUICK_NS 50000u
#define QUICK_FOR_NS 5000000u
#define MEDIUM_NS 200000u
#define MEDIUM_FOR_NS 100000000u
#define SLOW_NS 1000000u
#define CONTENDED_NS 100000000u
#define LOOK_NS 1000000u

void ranges_init(struct ranges *t)
{
	*t = (struct ranges){.last = &t->first};
}

void ranges_add(struct ranges *t, struct range *r, uint64_t begin, uint64_t end, bool here_only,
	uint64_t now_ns)
{
	assert(begin < end);
	*r = (struct range){.state = RANGE_WAITING,
		.begin = begin,
		.end = end,
		.here_only = here_only,
		.since_ns = now_ns,
		.next_ns = now_ns};
	*t->last = r;
	t->last = &r->next;
	t->n_waiting++;
}

void ranges_add_loose(struct ranges *t, struct range *r)
{
	*r = (struct range){.state = RANGE_LOOSE};
	t->loose++;
}

/* Behind whom it must wait in this process: loose writes may be anywhere. */
static bool blocked_here(const struct ranges *t, const struct range *r)
{
	if (t->loose)
		return true;
	for (const struct range *o = t->first; o != r; o = o->next)
		if (o->begin < r->end && r->begin < o->end)
			return true;
	return false;
}

static uint64_t pause_ns(const struct range *r, uint64_t now_ns)
{
	uint64_t waited_ns = now_ns - r->since_ns;

	if (waited_ns < QUICK_FOR_NS)
		return QUICK_NS;
	return waited_ns < MEDIUM_FOR_NS ? MEDIUM_NS : SLOW_NS;
}

static bool take_place(struct range *r, const struct ranges_kernel *k)
{
	if (!r->place)
		r->place = !k->lock(k->user, RANGES_PLACE, r->begin, r->end);
	return r->place;
}

static void leave_place(struct range *r, const struct ranges_kernel *k)
{
	if (r->place)
		k->unlock(k->user, RANGES_PLACE, r->begin, r->end);
	r->place = false;
}

/* Who always gets what it asks for does not notice that others do not: it looks now and then. */
static bool contended(struct ranges *t, uint64_t now_ns, const struct ranges_kernel *k)
{
	if (now_ns >= t->look_ns) {
		t->look_ns = now_ns + LOOK_NS;
		if (k->others_wait(k->user))
			t->contended_ns = now_ns + CONTENDED_NS;
	}
	return now_ns < t->contended_ns;
}

/* The other processes. */
static bool ask(struct ranges *t, struct range *r, uint64_t now_ns, const struct ranges_kernel *k)
{
	bool ordered = r->place || r->behind || contended(t, now_ns, k);

	if ((!ordered || take_place(r, k)) && !k->lock(k->user, RANGES_BYTES, r->begin, r->end)) {
		leave_place(r, k);
		return true;
	}
	take_place(r, k);
	t->contended_ns = now_ns + CONTENDED_NS;
	r->next_ns = now_ns + pause_ns(r, now_ns);
	return false;
}

bool ranges_try(
	struct ranges *t, struct range *r, uint64_t now_ns, const struct ranges_kernel *kernel)
{
	assert(r->state == RANGE_WAITING);
	if (now_ns < r->next_ns)
		return false;
	if (blocked_here(t, r)) {
		r->behind = true;
		return false;
	}
	if (!r->here_only && !ask(t, r, now_ns, kernel))
		return false;
	r->state = RANGE_HELD;
	t->n_waiting--;
	return true;
}

bool ranges_overdue(const struct range *r, uint64_t now_ns)
{
	return r->state == RANGE_WAITING && now_ns - r->since_ns >= RANGES_WAIT_MAX_NS;
}

bool ranges_all_told(const struct ranges *t)
{
	for (const struct range *r = t->first; r; r = r->next)
		if (r->here_only)
			return false;
	return !t->loose;
}

static void unlink_range(struct ranges *t, struct range *r)
{
	struct range **at = &t->first;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	if (!*at)
		t->last = at;
}

void ranges_remove(struct ranges *t, struct range *r, const struct ranges_kernel *kernel)
{
	switch (r->state) {
	case RANGE_NONE:
		return;
	case RANGE_LOOSE:
		t->loose--;
		break;
	case RANGE_WAITING:
		t->n_waiting--;
		leave_place(r, kernel);
		unlink_range(t, r);
		break;
	case RANGE_HELD:
		if (!r->here_only)
			kernel->unlock(kernel->user, RANGES_BYTES, r->begin, r->end);
		unlink_range(t, r);
		break;
	}
	r->state = RANGE_NONE;
}

/* What waits for this process alone goes on when something here ends, which is an event of its own;
 * its next_ns is the time when it came, unless it has asked since. */
uint64_t ranges_next_ns(const struct ranges *t)
{
	uint64_t next_ns = UINT64_MAX;

	for (const struct range *r = t->first; r && t->n_waiting; r = r->next)
		if (r->state == RANGE_WAITING && r->next_ns > r->since_ns && r->next_ns < next_ns)
			next_ns = r->next_ns;
	return next_ns;
}
