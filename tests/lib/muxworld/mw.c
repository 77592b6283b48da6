/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mw.c - the world itself: time, the client's coming and going, and what happens next.
 */
#include "tests/lib/muxworld/mw_plane.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

uint8_t mw_next(struct mw *w)
{
	if (w->size == 0)
		return 0;
	w->size--;
	return *w->data++;
}

uint64_t mw_next_u64(struct mw *w)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)mw_next(w) << 8 * i;
	return v;
}

int mw_slot(struct mw *w)
{
	int slot = keep_slot_alloc(&w->slots);

	if (slot >= 0)
		w->open[slot] = true;
	return slot;
}

static int used_idx(const struct vu_back *s, uint32_t ring, uint16_t *out, void *user)
{
	const struct mw *w = user;

	if (w->memory_gone)
		return -ENODATA;
	*out = (uint16_t)(ring + 1000);
	return 0;
}

struct adapter_context mw_context(struct mw *w)
{
	struct adapter_context c = {.now_ns = w->now_ns,
		.ops = &w->ops,
		.slots = &w->slots,
		.used_idx = used_idx,
		.user = w};

	for (int i = 0; i < SELECT_PATHS; i++) {
		c.control_up[0][i] = w->plane[i].control_up;
		c.incarnation[0][i] = w->plane[i].known;
	}
	return c;
}

/* ---- the client comes and goes ---- */

static void client_comes(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);
	int slot;

	if (w->adapter.session.connected)
		return;
	slot = mw_slot(w);
	if (slot < 0)
		return;
	keep_accept(&w->ops, w->adapter.listener, slot);
	adapter_client_opened(&w->adapter, &c, slot);
	mw_commit(w);
}

static void client_goes(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);

	if (!w->adapter.session.connected)
		return;
	adapter_client_closed(&w->adapter, &c);
	mw_commit(w);
}

static void client_says(struct mw *w, int unused)
{
	mw_client_message(w);
}

static void memory_goes(struct mw *w, int unused)
{
	w->memory_gone = mw_next(w) < 32;
}

/* vios-framed finds that the adapter kills data planes, and that it may go on after all. */
static void banned(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);

	adapter_ban(&w->adapter, &c, !w->adapter.banned);
	mw_commit(w);
}

static void time_passes(struct mw *w, int unused)
{
	static const unsigned ms[] = {1, 1, 5, 20, 25, 60, 150, 1100, 3500};
	struct adapter_context c;
	uint64_t deadline_ns;

	w->now_ns += ms[mw_next(w) % 9] * UINT64_C(1000000);
	if (w->adapter.banned && mw_next(w) < 64)
		banned(w, 0);
	deadline_ns = adapter_deadline_ns(&w->adapter);
	if (!deadline_ns || deadline_ns > w->now_ns)
		return;
	c = mw_context(w);
	adapter_tick(&w->adapter, &c);
	mw_commit(w);
}

typedef void event_fn(struct mw *w, int i);

/* How often each is drawn, relative to the others of its kind. */
static event_fn *const sense[] = {client_comes, client_says, client_says, client_says, client_says,
	time_passes, mw_connects, mw_answers_all, mw_answers_all, mw_answers_one, mw_notices,
	mw_retries, mw_says_hello, mw_releases, mw_starts, mw_is_removed};
static event_fn *const trouble[] = {client_goes, memory_goes, mw_answers_wrong, mw_answers_unasked,
	mw_hangs_up, mw_control_lost, mw_nobody_there, mw_old_death, mw_dies, mw_dies,
	mw_state_changes, mw_state_changes, mw_is_switched_to, mw_is_switched_to, client_says,
	banned, mw_is_configured, mw_is_configured, mw_is_wanted, mw_is_wanted};

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define TROUBLE_FROM 250 /* of 256 */

bool mw_step(struct mw *w)
{
	uint8_t event = mw_next(w), which = mw_next(w);

	if (w->size == 0)
		return false;
	if (event >= TROUBLE_FROM)
		trouble[which / 2 % N(trouble)](w, which % SELECT_PATHS);
	else
		sense[event % N(sense)](w, which % SELECT_PATHS);
	return true;
}

/* The inbox is too large to be cleared each time. */
static void plane_init(struct mw_plane *p)
{
	memset(p, 0, offsetof(struct mw_plane, inbox));
	p->alive = true;
	p->incarnation = 1;
}

void mw_init(struct mw *w, const uint8_t *data, size_t size)
{
	memset(w->open, 0, sizeof(w->open));
	memset(&w->slots, 0, sizeof(w->slots));
	w->ops.n = w->ops.overflow = 0;
	w->memory_gone = false;
	w->steps = w->switches = w->answered = w->lives = w->removals = w->refits = 0;
	w->last_id = 0;
	w->data = data;
	w->size = size;
	w->now_ns = 1000000000;
	w->last_live = -1;
	for (int i = 0; i < SELECT_PATHS; i++)
		plane_init(&w->plane[i]);
	mw_is_made(w, MW_START);
	mw_check(w);
}

void mw_end(struct mw *w)
{
	client_goes(w, 0);
	for (int i = 0; i < SELECT_PATHS; i++) {
		mw_dies(w, i);
		mw_tell_death(w, i, w->plane[i].incarnation);
		mw_hung_up(w, i);
		mw_control_lost(w, i);
	}
	mw_check(w);
}
