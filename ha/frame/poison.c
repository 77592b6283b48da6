/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * poison.c - attribution of crashes to adapters, and their quarantine. Pure; one thread; owns its
 * table.
 *
 *             crash              successor ticks
 *   CLEAR ------------> HELD --------------------> MARKED
 *     ^ ^                | |                        |  |
 *     | +---- release ---+ +-- crash again --+------+  +-- a minute without a crash is CLEAR in
 * effect: |                                      v             the next crash is a first one, and
 * holds it
 *     +------------- release ---------- QUARANTINED
 */
#include "ha/frame/poison.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

struct cell {
	bool set;
	enum poison_state next;
};

/* clang-format off */
static const struct cell table[POISON_STATES][POISON_EVENTS] = {
	[POISON_CLEAR] = {
		[POISON_CRASH]       = { true, POISON_HELD },
		[POISON_CRASH_AGAIN] = { true, POISON_HELD }, /* no first one is remembered */
		[POISON_BACK]        = { true, POISON_CLEAR },
		[POISON_RELEASE]     = { true, POISON_CLEAR },
	},
	[POISON_HELD] = {
		[POISON_CRASH]       = { true, POISON_HELD },
		[POISON_CRASH_AGAIN] = { true, POISON_QUARANTINED },
		[POISON_BACK]        = { true, POISON_MARKED },
		[POISON_RELEASE]     = { true, POISON_CLEAR },
	},
	[POISON_MARKED] = {
		[POISON_CRASH]       = { true, POISON_HELD },
		[POISON_CRASH_AGAIN] = { true, POISON_QUARANTINED },
		[POISON_BACK]        = { true, POISON_MARKED },
		[POISON_RELEASE]     = { true, POISON_CLEAR },
	},
	[POISON_QUARANTINED] = {
		[POISON_CRASH]       = { true, POISON_QUARANTINED },
		[POISON_CRASH_AGAIN] = { true, POISON_QUARANTINED },
		[POISON_BACK]        = { true, POISON_QUARANTINED },
		[POISON_RELEASE]     = { true, POISON_CLEAR },
	},
};
/* clang-format on */

bool poison_cell_set(unsigned state, unsigned event)
{
	return state < POISON_STATES && event < POISON_EVENTS && table[state][event].set;
}

void poison_init(struct poison *p)
{
	memset(p, 0, sizeof(*p));
}

bool poison_blames(uint32_t signo, uint32_t adapter)
{
	switch (signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGABRT:
	case SIGILL:
	case SIGFPE:
		return adapter != 0;
	default:
		return false;
	}
}

static struct poison_adapter *find(const struct poison *p, uint32_t adapter)
{
	for (size_t i = 0; i < POISON_MAX; i++)
		if (p->adapter[i].id == adapter)
			return (struct poison_adapter *)&p->adapter[i];
	return NULL;
}

/* A free entry; else one that is merely marked, the oldest: it only remembers. */
static struct poison_adapter *make_room(struct poison *p)
{
	struct poison_adapter *best = NULL;

	for (size_t i = 0; i < POISON_MAX; i++) {
		struct poison_adapter *a = &p->adapter[i];

		if (a->id == 0)
			return a;
		if (a->state == POISON_MARKED && (!best || a->crash_ns < best->crash_ns))
			best = a;
	}
	return best;
}

static int copy_name(char *to, const char *from)
{
	size_t len = strlen(from);

	if (len == 0 || len >= POISON_NAME)
		return -EINVAL;
	memcpy(to, from, len + 1);
	return 0;
}

int poison_crash(
	struct poison *p, uint32_t adapter, const char *vios, const char *plane, uint64_t now_ns)
{
	struct poison_adapter *a = adapter == 0 ? NULL : find(p, adapter);
	enum poison_event event = POISON_CRASH;
	enum poison_state was;

	if (adapter == 0)
		return -EINVAL;
	if (a && now_ns - a->crash_ns <= POISON_MINUTE_NS)
		event = POISON_CRASH_AGAIN;
	if (!a) {
		a = make_room(p);
		if (!a)
			return -ENOSPC;
		memset(a, 0, sizeof(*a));
	}
	if (copy_name(a->vios, vios) < 0 || copy_name(a->plane, plane) < 0)
		return -EINVAL;
	a->id = adapter;
	was = a->state;
	a->state = table[was][event].next;
	a->crash_ns = now_ns;
	return a->state == was ? -EALREADY : 0;
}

size_t poison_back(struct poison *p, const char *vios, const char *plane)
{
	size_t n = 0;

	for (size_t i = 0; i < POISON_MAX; i++) {
		struct poison_adapter *a = &p->adapter[i];
		enum poison_state was = a->state;

		if (a->id == 0 || strcmp(a->vios, vios) != 0 || strcmp(a->plane, plane) != 0)
			continue;
		a->state = table[was][POISON_BACK].next;
		n += a->state != was;
	}
	return n;
}

int poison_release(struct poison *p, uint32_t adapter)
{
	struct poison_adapter *a = adapter == 0 ? NULL : find(p, adapter);
	bool stopped;

	if (!a)
		return -ENOENT;
	stopped = a->state == POISON_HELD || a->state == POISON_QUARANTINED;
	if (table[a->state][POISON_RELEASE].next == POISON_CLEAR)
		memset(a, 0, sizeof(*a));
	return stopped ? 0 : -ENOENT;
}

enum poison_state poison_state(const struct poison *p, uint32_t adapter)
{
	const struct poison_adapter *a = adapter == 0 ? NULL : find(p, adapter);

	return a ? a->state : POISON_CLEAR;
}

int poison_restore(struct poison *p, const struct poison_adapter *from)
{
	struct poison_adapter *a;

	if (from->id == 0 || from->state <= POISON_CLEAR || from->state >= POISON_STATES ||
		find(p, from->id) || !memchr(from->vios, 0, POISON_NAME) ||
		!memchr(from->plane, 0, POISON_NAME))
		return -EINVAL;
	a = make_room(p);
	if (!a)
		return -ENOSPC;
	*a = *from;
	return 0;
}
