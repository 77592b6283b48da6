/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reservations and resets that bind all targets of a LUN. One that makes a change locks the file
 * for a moment, and answers when all who have the LUN's lock, alive or with requests in flight,
 * have acknowledged it. One that hears of a change goes by it at once, aborts what it must, and
 * acknowledges when all that it had begun before has ended: so nothing of an old reservation lands
 * later. What it costs a request: one load. The worker's, but where another thread is named.
 */
#include "storage/agree.h"

#include <errno.h>

#include "storage/fault.h"
#include "storage/worker_private.h"
#include "vios-core/base/log.h"

#define QUICK_NS 50000u
#define QUICK_FOR_NS 5000000u
#define SLOW_NS 1000000u
#define WAKE_NS 100000000u

/* Leaves the way: it waits for others and does no I/O, and nobody may wait for it. */
static void step_aside(struct request *r)
{
	if (r->phase < AGREE_NO_PHASE)
		r->unit->agree.begun[r->phase]--;
	r->phase = AGREE_NO_PHASE;
}

void agree_enter(struct request *r)
{
	r->unit->in_flight++;
	r->phase = (uint8_t)r->unit->agree.phase;
	r->unit->agree.begun[r->phase]++;
}

void agree_leave(struct request *r)
{
	r->unit->in_flight--;
	step_aside(r);
}

/* What has come since generation `before` for this adapter. */
static void hear(struct worker *w, struct unit *u, uint64_t before, bool joins)
{
	struct agreement *g = &u->agree;
	uint32_t news = accord_news(g->member, g->seen, g->heard);
	uint64_t reset = atomic_load_explicit(&g->member->reset, memory_order_relaxed);
	uint64_t aborted = atomic_load_explicit(&g->member->aborted, memory_order_relaxed);

	if (reset > before && reset <= g->seen)
		scsi_lun_reset(&u->scsi);
	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++)
		if (news & 1u << i)
			scsi_lun_attend(&u->scsi, i);
	if (news)
		g->untold = true;
	if (aborted <= before || aborted > g->seen)
		return;
	if (joins) /* of what waits here, that which the predecessor had taken */
		g->abort_again = true;
	else
		task_clear(w, u, reset == aborted ? VS_RESET : REQUEST_CLEARED);
}

/* Acknowledges what has been drained. */
static void settle(struct agreement *g)
{
	while (g->member) {
		if (g->draining && g->begun[!g->phase])
			return;
		if (g->draining) {
			g->draining = false;
			g->acknowledged = g->drained_for;
			atomic_store_explicit(
				&g->member->acknowledged, g->acknowledged, memory_order_release);
		}
		if (g->acknowledged == g->seen)
			return;
		g->drained_for = g->seen;
		g->phase = !g->phase;
		g->draining = true;
	}
}

static void follow(struct worker *w, struct unit *u, bool joins)
{
	uint64_t before = u->agree.seen;
	struct reservations state;
	uint64_t generation;

	if (accord_read(u->agree.accord, &state, &generation)) {
		log_error("accord-damaged", "lun=%u name=%s", u->config.lun, u->config.name);
		u->agree.seen = accord_generation(u->agree.accord);
		return; /* neither believed nor acknowledged: whoever asks is told that it failed */
	}
	u->scsi.reservations = state;
	u->agree.seen = generation;
	if (!u->agree.member)
		return;
	hear(w, u, before, joins);
	settle(&u->agree);
}

void agree_look(struct worker *w, struct unit *u)
{
	if (accord_generation(u->agree.accord) != u->agree.seen)
		follow(w, u, false);
}

static bool in_use(const struct unit *u, uint32_t adapter)
{
	return backing_held(u->backing.fd, adapter) ||
	       (u->backing.other_fd >= 0 && backing_held(u->backing.other_fd, adapter));
}

static bool gone(void *user, uint32_t adapter)
{
	return !in_use(user, adapter);
}

bool agree_join(struct worker *w, struct unit *u)
{
	struct agreement *g = &u->agree;

	if (!agree_lock(u))
		return false;
	g->member = accord_join(g->accord, w->config.adapter_id, gone, u);
	agree_unlock(u);
	if (!g->member)
		return false;
	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++)
		g->heard[i] = atomic_load(&g->member->told[i]);
	g->acknowledged = g->seen = atomic_load(&g->member->acknowledged);
	follow(w, u, true);
	return true;
}

static void forget_lost(struct worker *w, struct unit *u)
{
	w->agree.lost -= u->agree.nexus_lost;
	u->agree.nexus_lost = false;
}

void agree_part(struct worker *w, struct unit *u)
{
	forget_lost(w, u);
	u->agree.member = NULL;
	u->agree.abort_again = u->agree.draining = u->agree.untold = false;
}

static struct reservation_nexus own_nexus(const struct worker *w)
{
	return (struct reservation_nexus){w->config.port.initiator, w->config.port.relative_port};
}

static void start(struct request *r, enum agree_kind kind)
{
	struct worker *w = r->queue->worker;

	r->op = (struct agree_op){.kind = kind, .next = w->agree.ops, .since_ns = worker_now_ns()};
	w->agree.ops = r;
	if (kind != AGREE_RESET)
		step_aside(r);
	if (kind == AGREE_RESERVE || kind == AGREE_GROUPS)
		r->state = REQUEST_PARKED; /* nothing is done yet: the next owner may have it */
}

void agree_groups(struct request *r)
{
	start(r, AGREE_GROUPS);
}

void agree_reserve(struct request *r)
{
	start(r, AGREE_RESERVE);
}

void agree_unknown(struct request *r)
{
	start(r, AGREE_UNKNOWN);
	agree_look(r->queue->worker, r->unit);
	r->op.generation = r->unit->agree.seen;
}

void agree_reset(struct request *r)
{
	start(r, AGREE_RESET);
}

void agree_nexus_lost(struct worker *w)
{
	for (unsigned i = 0; i < w->agree.n; i++) {
		w->agree.lost += !w->agree.unit[i]->agree.nexus_lost;
		w->agree.unit[i]->agree.nexus_lost = true;
	}
}

bool agree_lost(const struct worker *w)
{
	return w->agree.lost;
}

void agree_cancel(struct request *r)
{
	struct worker *w = r->queue->worker;

	if (r->op.kind == AGREE_NONE)
		return;
	for (struct request **at = &w->agree.ops; *at; at = &(*at)->op.next) {
		if (*at != r)
			continue;
		*at = r->op.next;
		break;
	}
	r->op.kind = AGREE_NONE;
}

/* With the file locked: the unit goes by the newest state, which the event makes the next one of.
 */
static enum reservation_result change(
	struct worker *w, struct unit *u, const struct reservation_event *event)
{
	static struct reservation_effects effects; /* large, and used by the one worker alone */

	agree_look(w, u);
	scsi_reservation_apply(&w->target, &u->scsi, event, &effects);
	if (event->action == RESERVATION_LUN_RESET)
		accord_commit_reset(u->agree.accord, &u->scsi.reservations, event->from.initiator);
	else if (effects.changed)
		accord_commit(u->agree.accord, &u->scsi.reservations, &effects);
	agree_look(w, u);
	return effects.result;
}

/* Makes the change; false: another one makes one. */
static bool make(struct request *r)
{
	struct worker *w = r->queue->worker;
	struct unit *u = r->unit;
	struct reservation_event event = {.action = RESERVATION_LUN_RESET, .from = own_nexus(w)};
	uint64_t before;

	if (!u->agree.member || !agree_lock(u))
		return false;
	agree_look(w, u);
	if (r->op.kind == AGREE_NONE) { /* what was heard has aborted it */
		agree_unlock(u);
		return true;
	}
	before = u->agree.seen;
	if (r->op.kind == AGREE_RESERVE) {
		r->state = REQUEST_RUNNING;
		again_begin(r);
		event = r->scsi.event;
	}
	r->where = change(w, u, &event);
	agree_unlock(u);
	/* Also where nothing changed: it may be the second time that it was asked for. */
	r->op.generation = u->agree.seen;
	if (u->agree.seen != before)
		fault_point(FAULT_AGREED);
	if (u->agree.seen != before && kept_wanted(u))
		r->op.save = kept_save(w, u);
	return true;
}

static bool acknowledged(const struct worker *w, struct request *r, uint64_t now_ns)
{
	struct agreement *g = &r->unit->agree;
	bool all = true, ring = now_ns >= r->op.wake_ns;

	if (fault_on(FAULT_UNDRAINED))
		return true;
	for (unsigned i = 0; i < ACCORD_MEMBERS; i++) {
		struct accord_member *m = &g->accord->member[i];
		uint32_t adapter = atomic_load_explicit(&m->adapter, memory_order_acquire);

		if (!adapter || adapter == w->config.adapter_id ||
			atomic_load_explicit(&m->acknowledged, memory_order_acquire) >=
				r->op.generation ||
			!in_use(r->unit, adapter))
			continue;
		all = false;
		if (ring)
			agree_wake(w, adapter);
	}
	if (ring)
		r->op.wake_ns = now_ns + WAKE_NS;
	return all;
}

static void finish(struct request *r, bool overdue)
{
	enum agree_kind kind = r->op.kind;
	bool made = r->op.generation;
	int rc = overdue ? -ETIMEDOUT : r->op.save ? r->unit->kept.rc : 0;

	agree_cancel(r);
	r->op.failed = overdue;
	if (kind == AGREE_UNKNOWN)
		execute_done(r, SCSI_IO_ABORTED, 0);
	else if (kind == AGREE_RESERVE && made)
		execute_reserved(r, rc);
	else if (kind == AGREE_RESERVE)
		execute_done(r, SCSI_IO_BUSY, 0);
}

/* True when it is over. */
static bool step(struct worker *w, struct request *r, uint64_t now_ns)
{
	bool overdue = now_ns - r->op.since_ns >= AGREE_WAIT_MAX_NS;

	r->op.next_ns = now_ns + (now_ns - r->op.since_ns < QUICK_FOR_NS ? QUICK_NS : SLOW_NS);
	if (r->op.kind == AGREE_GROUPS)
		return groups_step(r, overdue);
	if (r->op.generation || make(r)) {
		if (r->op.kind == AGREE_NONE)
			return true;
		if ((!r->op.save || kept_saved(r->unit, r->op.save)) &&
			acknowledged(w, r, now_ns)) {
			finish(r, false);
			return true;
		}
	}
	if (overdue)
		finish(r, true);
	return overdue;
}

/* Any of them may end others: from the start again after each. */
static unsigned poll_ops(struct worker *w)
{
	uint64_t now_ns = worker_now_ns();
	struct request *r = w->agree.ops;
	unsigned n = 0;

	while (r) {
		if (now_ns < r->op.next_ns) {
			r = r->op.next;
			continue;
		}
		n += step(w, r, now_ns);
		r = w->agree.ops;
	}
	return n;
}

/* What this nexus has reserved by RESERVE goes. */
static void poll_lost(struct worker *w)
{
	const struct reservation_event event = {
		.action = RESERVATION_NEXUS_LOST, .from = own_nexus(w)};

	for (unsigned i = 0; i < w->agree.n; i++) {
		struct unit *u = w->agree.unit[i];
		uint64_t before;

		if (!u->agree.nexus_lost || !u->agree.member || !agree_lock(u))
			continue;
		agree_look(w, u);
		before = u->agree.seen;
		change(w, u, &event);
		agree_unlock(u);
		if (u->agree.seen != before && kept_wanted(u))
			kept_save(w, u);
		forget_lost(w, u);
	}
}

bool agree_drop(struct worker *w, struct unit *u)
{
	struct request *r = w->agree.ops;

	forget_lost(w, u);
	while (r) {
		struct request *next = r->op.next;

		if (r->unit == u && r->op.kind == AGREE_RESET)
			agree_cancel(r);
		else if (r->unit == u && r->state == REQUEST_PARKED)
			execute_abort(r, VS_BAD_TARGET);
		r = next;
	}
	return !u->in_flight && !u->kept.busy;
}

void agree_units(struct worker *w)
{
	w->agree.n = 0;
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (w->unit[i])
			w->agree.unit[w->agree.n++] = w->unit[i];
}

unsigned agree_poll(struct worker *w)
{
	for (unsigned i = 0; i < w->agree.n; i++) {
		struct unit *u = w->agree.unit[i];

		agree_look(w, u);
		if (u->agree.draining)
			settle(&u->agree);
	}
	if (w->agree.lost)
		poll_lost(w);
	return w->agree.ops ? poll_ops(w) : 0;
}

void agree_told(struct worker *w)
{
	for (unsigned i = 0; i < w->agree.n; i++) {
		struct unit *u = w->agree.unit[i];

		if (u->agree.untold && u->agree.member)
			u->agree.untold =
				accord_tell(u->agree.member, u->agree.heard, u->scsi.attentions);
	}
}

int agree_timeout_us(const struct worker *w)
{
	uint64_t next_ns = UINT64_MAX, now_ns;

	if (!w->agree.ops)
		return w->agree.lost ? 1000 : -1;
	for (const struct request *r = w->agree.ops; r; r = r->op.next)
		next_ns = r->op.next_ns < next_ns ? r->op.next_ns : next_ns;
	now_ns = worker_now_ns();
	return next_ns <= now_ns ? 0 : (int)((next_ns - now_ns) / 1000 + 1);
}
