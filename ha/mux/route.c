/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.c - moves an adapter's rings between its paths. Pure; the caller owns the struct, stores it
 * and carries out the operations.
 *
 * route_event() is one step of select.c's table and what it asks for. route_settle() moves the
 * adapter on until nothing more follows: paths that fell behind are told what is new, the better
 * path is taken, and what the client waits for is answered when it is due.
 */
#include "ha/mux/route.h"

#include "vios-core/model/path_choice.h"
#include "vios-core/vhostuser/vu_profile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define SETTLE_ROUNDS 16 /* each round moves at least one path on; more is a bug */

uint64_t route_limit_ns(const struct adapter *a)
{
	return ADAPTER_MS(a->hang_ms +
			  (a->config.type == MODEL_SCSI ? PATH_DISK_GRACE_MS : PATH_LIVE_GRACE_MS));
}

void route_explain(struct path *p, const char *why)
{
	snprintf(p->reason, sizeof(p->reason), "%s", why);
}

void route_to_client(struct vu_keep *way, struct adapter *a, struct adapter_context *c)
{
	vu_keep_init(way, c->ops, c->slots, a->conn);
}

void route_to_path(struct vu_keep *way, struct adapter *a, int i, struct adapter_context *c)
{
	vu_keep_init(way, c->ops, c->slots, a->path[i].conn);
	way->path.region = a->region;
	way->used_idx = c->used_idx;
	way->user = c->user;
	vu_feed_attach(&a->path[i].feed, &way->path);
}

static void greet(struct adapter *a, struct adapter_context *c, int i, const struct vu_feed_io *io)
{
	const struct vu_front_want want = vu_profile_want(&a->config);
	struct path *p = &a->path[i];

	route_explain(p, "comparing features");
	p->deadline_ns = c->now_ns + ADAPTER_MS(PATH_STANDBY_WAIT_MS);
	if (vu_feed_greet(&p->feed, &want, io) < 0)
		route_event(a, c, i, SELECT_BROKEN);
}

/* One priming at a time: what changes meanwhile makes the path behind again. */
static void prime(struct adapter *a, struct adapter_context *c, int i, const struct vu_feed_io *io)
{
	struct path *p = &a->path[i];

	if (vu_feed_awaits(&p->feed) > 0 || !vu_feed_behind(&p->feed, &a->session))
		return;
	route_explain(p, "is told memory and rings");
	p->deadline_ns = c->now_ns + ADAPTER_MS(PATH_STANDBY_WAIT_MS);
	if (vu_feed_prime(&p->feed, &a->session, io) < 0)
		route_event(a, c, i, SELECT_BROKEN);
}

static void sync(struct adapter *a, struct adapter_context *c, int i, const struct vu_feed_io *io)
{
	struct path *p = &a->path[i];

	if (vu_feed_sync(&p->feed, &a->session, io) < 0) {
		route_explain(p, "could not be told what the client wants");
		route_event(a, c, i, SELECT_BROKEN);
	} else if (vu_feed_awaits(&p->feed) > 0 && p->deadline_ns == 0) {
		p->deadline_ns = c->now_ns + route_limit_ns(a);
	}
}

static void start_rings(
	struct adapter *a, struct adapter_context *c, int i, const struct vu_feed_io *io)
{
	struct path *p = &a->path[i];

	a->current = i;
	if (a->pinned != i)
		a->pinned = -1; /* or the operator's wish would move it back unasked */
	p->start = ++a->start;
	p->incarnation = c->incarnation[a->plane][i];
	p->released = false;
	p->evictions = 0;
	p->deadline_ns = 0;
	p->reason[0] = '\0';
	sync(a, c, i, io);
}

static void stop_rings(struct adapter *a, struct adapter_context *c, int i)
{
	struct path *p = &a->path[i];

	route_explain(p, "is asked to stop and release");
	p->deadline_ns = c->now_ns + route_limit_ns(a);
	if (vu_feed_stop(&p->feed) < 0)
		route_event(a, c, i, SELECT_BROKEN);
}

static void hang_up(struct path *p, struct adapter_context *c)
{
	keep_drop(c->ops, c->slots, &p->conn);
	vu_feed_reset(&p->feed);
	p->deadline_ns = 0;
}

static void lose(struct adapter *a, struct adapter_context *c, int i)
{
	struct path *p = &a->path[i];

	hang_up(p, c);
	p->evictions = 0;
	p->deadline_ns = c->now_ns + route_limit_ns(a);
}

static void reprime(struct path *p)
{
	vu_feed_stopped(&p->feed);
	p->deadline_ns = 0;
}

void route_event(struct adapter *a, struct adapter_context *c, int i, enum select_event event)
{
	struct path *p = &a->path[i];
	struct select_step step = select_step(p->phase, event);
	struct vu_keep way;

	route_to_path(&way, a, i, c);
	p->phase = step.next;
	switch (step.action) {
	case SELECT_UNSET:
	case SELECT_BUG:
		assert(false && "an event that cannot happen in this phase");
		break;
	case SELECT_NONE:
		break;
	case SELECT_GREET:
		greet(a, c, i, &way.path);
		break;
	case SELECT_PRIME:
		prime(a, c, i, &way.path);
		break;
	case SELECT_CLOSE:
		hang_up(p, c);
		break;
	case SELECT_CLOSE_ASK:
		lose(a, c, i);
		break;
	case SELECT_START_RINGS:
		start_rings(a, c, i, &way.path);
		break;
	case SELECT_STOP_RINGS:
		stop_rings(a, c, i);
		break;
	case SELECT_REPRIME:
		reprime(p);
		break;
	case SELECT_SYNC:
		sync(a, c, i, &way.path);
		break;
	}
}

/* ---- settling ---- */

/* Its memory is a former client's: let go of it. */
static bool stale(const struct adapter *a, const struct path *p)
{
	return p->feed.epoch != 0 && (p->feed.epoch != a->session.epoch || !a->session.connected);
}

static bool idle(const struct path *p)
{
	return p->phase == SELECT_PRIMING || p->phase == SELECT_READY;
}

/* A path that owns no ring. True if its phase changed. */
static bool advance(struct adapter *a, struct adapter_context *c, int i)
{
	struct path *p = &a->path[i];
	const enum select_phase before = p->phase;

	if (!idle(p))
		return false;
	if (stale(a, p))
		route_event(a, c, i, SELECT_FORGET);
	else if (vu_feed_behind(&p->feed, &a->session))
		route_event(a, c, i, SELECT_BEHIND);
	else if (p->phase == SELECT_PRIMING && vu_feed_awaits(&p->feed) == 0)
		route_event(a, c, i, SELECT_CAUGHT_UP);
	if (p->phase == SELECT_READY && before != SELECT_READY) {
		p->deadline_ns = 0;
		p->reason[0] = '\0';
	}
	return p->phase != before;
}

int route_owner(const struct adapter *a)
{
	for (uint32_t i = 0; i < a->n_paths; i++)
		if (select_owns(a->path[i].phase))
			return (int)i;
	return -1;
}

/* soon: also among paths that will be ready if nothing goes wrong. */
static int best_path(const struct adapter *a, const struct adapter_context *c, bool soon)
{
	struct path_choice candidate[PATH_CHOICES] = {0};

	for (uint32_t i = 0; i < a->n_paths; i++) {
		const enum select_phase phase = a->path[i].phase;

		candidate[i].live = phase == SELECT_LIVE;
		candidate[i].eligible =
			candidate[i].live ||
			(c->control_up[a->plane][i] &&
				(phase == SELECT_READY ||
					(soon && (phase == SELECT_PRIMING ||
							 phase == SELECT_GREETING))));
		candidate[i].state = a->path[i].state;
	}
	return path_choice_best(candidate, a->current, a->preferred, a->pinned);
}

/* A better path, or the one that had the rings, is worth a moment, but not more. */
static bool hesitates(struct adapter *a, const struct adapter_context *c, int best)
{
	if (best_path(a, c, true) == best)
		return false;
	if (a->hesitate_until_ns == 0)
		a->hesitate_until_ns = c->now_ns + ADAPTER_MS(ADAPTER_HESITATE_MS);
	return c->now_ns < a->hesitate_until_ns;
}

static bool give_rings(struct adapter *a, struct adapter_context *c, int best, bool wanted)
{
	if (!wanted || best < 0 || c->now_ns < a->teardown_until_ns || hesitates(a, c, best))
		return false;
	a->hesitate_until_ns = 0;
	route_event(a, c, best, SELECT_START);
	return true;
}

/* The path that owns the rings, or the lack of one. True if a phase changed. */
static bool move_rings(struct adapter *a, struct adapter_context *c)
{
	const int own = route_owner(a);
	const int best = best_path(a, c, false);
	const bool wanted = vu_back_runnable(&a->session) && !a->banned && !a->leaving;
	struct path *p;

	if (own < 0)
		return give_rings(a, c, best, wanted);
	p = &a->path[own];
	if (p->phase != SELECT_LIVE)
		return false;
	if (!wanted || vu_feed_outdated(&p->feed, &a->session) || (best >= 0 && best != own)) {
		route_event(a, c, own, SELECT_STOP);
		return true;
	}
	route_event(a, c, own, SELECT_BEHIND);
	return p->phase != SELECT_LIVE;
}

/* Must the client still wait for the live path? */
static bool client_waits(const struct adapter *a)
{
	const int own = route_owner(a);
	const struct path *p = own >= 0 ? &a->path[own] : NULL;

	if (!p) /* LOST: it awaits nothing any more */
		return false;
	if (a->session.owed.request == VU_GET_VRING_BASE)
		return p->feed.ring[a->session.owed.ring].started;
	return p->phase == SELECT_STOPPING || vu_feed_awaits(&p->feed) > 0;
}

static void settle_owed(struct adapter *a, struct adapter_context *c)
{
	struct vu_keep way;
	const uint32_t ring = a->session.owed.ring;
	uint16_t base;

	if (!a->session.owed.request || client_waits(a))
		return;
	base = (uint16_t)a->session.ring[ring].base;
	if (a->session.owed.request == VU_GET_VRING_BASE)
		c->used_idx(&a->session, ring, &base, c->user); /* else what the client last said */
	route_to_client(&way, a, c);
	vu_back_settle_owed(&a->session, &way.client, base);
}

void route_settle(struct adapter *a, struct adapter_context *c)
{
	bool moved = true;

	for (int round = 0; moved && round < SETTLE_ROUNDS; round++) {
		moved = false;
		for (uint32_t i = 0; i < a->n_paths; i++)
			moved |= advance(a, c, (int)i);
		moved |= move_rings(a, c);
	}
	if (a->teardown_until_ns <= c->now_ns)
		a->teardown_until_ns = 0;
	settle_owed(a, c);
}
