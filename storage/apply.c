/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brings rings and LUNs to what a plan says, a step at a time, while what is not concerned goes on:
 * first nothing more is taken from what is to end, then what is in flight there is waited for, then
 * the new is taken up. The worker's.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "storage/drive.h"
#include "storage/worker_private.h"

static bool must_stop(const struct queue *q, const struct plan *plan)
{
	const struct plan_ring *p = &plan->ring[q->index];

	return q->state != QUEUE_OFF && (!p->run || p->setup != q->plan.setup);
}

/* Taken, and never begun, or held because they failed here: the next owner finds them in the
 * region. Without one, the client is told to come again. */
static void unpark(struct queue *q)
{
	for (unsigned i = 0; i < q->n_allocated; i++) {
		struct request *r = &q->requests[i];

		if (r->state != REQUEST_PARKED && r->state != REQUEST_HELD)
			continue;
		for (struct request **at = &r->unit->parked; *at; at = &(*at)->next) {
			if (*at != r)
				continue;
			*at = r->next;
			if (!*at)
				r->unit->parked_tail = at;
			break;
		}
		if (!q->has_inflight) {
			execute_abort(r, VS_BUSY);
			continue;
		}
		agree_cancel(r);
		agree_leave(r);
		held_leave(r);
		rangelock_leave(r);
		worker_drop_bounce(r);
		r->state = REQUEST_FREE;
		guest_put(r->guest);
		r->guest = NULL;
		q->in_flight--;
		worker_count(q->worker, -1);
	}
}

/* Task management that waits is like a parked request: the next owner answers it. */
static void forget_tasks(struct worker *w, struct queue *q)
{
	struct request **at = &w->tasks;

	while (*at) {
		struct request *r = *at;

		if (r->queue != q) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		agree_cancel(r);
		r->state = REQUEST_FREE;
		guest_put(r->guest);
		r->guest = NULL;
		q->in_flight--;
		worker_count(w, -1);
	}
}

/* True when it has stopped. */
static bool stop_queue(struct queue *q, struct plan *plan)
{
	if (!must_stop(q, plan))
		return true;
	if (q->state == QUEUE_ON)
		q->state = QUEUE_STOPPING;
	if (q->state == QUEUE_STOPPING) {
		unpark(q);
		if (q->has_inflight)
			forget_tasks(q->worker, q);
		queue_show(q);
		if (q->in_flight)
			return false;
	}
	queue_stop(q);
	return true;
}

static bool stop_queues(struct worker *w, struct plan *plan)
{
	bool all = true;

	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		bool was_on = w->queue[i].state != QUEUE_OFF;

		all &= stop_queue(&w->queue[i], plan);
		if (was_on && w->queue[i].state == QUEUE_OFF)
			plan->ring[i].base = w->queue[i].plan.base;
	}
	return all;
}

/* True when the LUN can go: nothing of it is in flight, no new request finds it. */
static bool drop_unit(struct worker *w, unsigned i, const struct unit *next)
{
	struct unit *u = w->unit[i];
	const bool stays = drive_stays(u, next);
	struct request *r;

	if (stays) {
		drive_empty(u);
	} else if (w->target.lun[i] == &u->scsi) {
		scsi_detach(&w->target, i);
		events_add(w, i, EVENT_REMOVED);
	}
	while (u->parked) {
		r = u->parked;
		u->parked = r->next;
		if (!u->parked)
			u->parked_tail = &u->parked;
		execute_abort(r, stays ? VS_BUSY : VS_BAD_TARGET);
	}
	held_drop(w, u);
	while ((r = rangelock_waiting(u)))
		execute_abort(r, VS_BAD_TARGET);
	if (!agree_drop(w, u))
		return false;
	for (struct request *task = w->tasks; task; task = task->next)
		if (task->unit == u)
			task->unit = NULL;
	locks_drop(w, u);
	if (!stays) /* else drive_take() follows */
		w->unit[i] = NULL;
	agree_units(w);
	return true;
}

static bool drop_units(struct worker *w, const struct plan *plan)
{
	bool all = true;

	for (unsigned i = 0; i < VS_LUNS; i++)
		if (w->unit[i] && w->unit[i] != plan->unit[i])
			all &= drop_unit(w, i, plan->unit[i]);
	return all;
}

static void add_units(struct worker *w, const struct plan *plan)
{
	for (unsigned i = 0; i < VS_LUNS; i++) {
		struct unit *u = plan->unit[i];

		if (!u || w->unit[i] == u)
			continue;
		u->parked_tail = &u->parked;
		ranges_init(&u->ranges);
		u->shared = atomic_load(&u->wanted_shared);
		if (w->unit[i]) {
			drive_take(w, i, u);
			continue;
		}
		w->unit[i] = u;
		scsi_attach(&w->target, i, &u->scsi, plan->units_told);
		if (plan->units_told)
			events_add(w, i, EVENT_ADDED);
	}
	agree_units(w);
}

static void resize_units(struct worker *w)
{
	for (unsigned i = 0; i < VS_LUNS; i++) {
		struct unit *u = w->unit[i];

		if (!u || u->wanted_bytes == u->backing.size_bytes)
			continue;
		u->backing.size_bytes = u->wanted_bytes;
		if (u->config.optical && !u->scsi.config.blocks)
			continue; /* its client has it out */
		scsi_lun_resize(&u->scsi, u->wanted_bytes / u->backing.block_bytes);
		events_add(w, i, EVENT_CAPACITY);
	}
}

static void regroup_units(struct worker *w)
{
	for (unsigned i = 0; i < VS_LUNS; i++) {
		struct unit *u = w->unit[i];
		struct alua *alua = u ? atomic_exchange(&u->wanted_alua, NULL) : NULL;

		if (alua) {
			scsi_lun_alua(&u->scsi, alua, groups_awaits(w, u, alua));
			scsi_lun_explicit(&u->scsi, alua->by_command && !u->config.optical);
		}
		free(alua);
	}
}

/* True when every write in flight on a LUN that others work is known to them. */
static bool share_units(struct worker *w)
{
	bool all = true;

	for (unsigned i = 0; i < VS_LUNS; i++) {
		struct unit *u = w->unit[i];

		if (!u)
			continue;
		u->shared = atomic_load(&u->wanted_shared);
		all &= !u->shared || ranges_all_told(&u->ranges);
	}
	return all;
}

static void take_queues(struct worker *w, const struct plan *plan)
{
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		struct queue *q = &w->queue[i];

		q->plan.call_fd = plan->ring[i].call_fd;
		if (q->state == QUEUE_OFF && plan->ring[i].run) {
			q->plan = plan->ring[i];
			q->state = QUEUE_LOCKING;
			worker_watch_kick(w, q, true);
		}
	}
}

/* Rings that go on keep their place in memory, wherever that is mapped now. */
static void take_guest(struct worker *w, struct plan *plan)
{
	struct guest *old = w->guest;

	if (plan->guest == old)
		return;
	w->guest = plan->guest ? guest_get(plan->guest) : NULL;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		if (w->queue[i].state == QUEUE_ON)
			queue_move(&w->queue[i]);
	atomic_store(&w->in_kernel, true); /* many pages take many milliseconds */
	guest_put(old);
	atomic_store(&w->in_kernel, false);
}

static bool any_runs(const struct plan *plan)
{
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		if (plan->ring[i].run)
			return true;
	return false;
}

bool apply_step(struct worker *w)
{
	struct plan *plan = w->plan;
	bool stopped = stop_queues(w, plan);

	stopped &= share_units(w);
	if (!drop_units(w, plan) || !stopped)
		return false;
	add_units(w, plan);
	resize_units(w);
	regroup_units(w);
	take_guest(w, plan);
	w->region = *plan;
	take_queues(w, plan);
	locks_want(w, any_runs(plan));
	return true;
}

void apply_start_rings(struct worker *w)
{
	for (unsigned i = 0; w->locks.adapter && i < VU_RINGS_MAX; i++) {
		struct queue *q = &w->queue[i];
		int rc;

		if (q->state != QUEUE_LOCKING)
			continue;
		w->region.guest = w->guest;
		rc = queue_start(q, &w->region);
		if (!rc)
			continue;
		queue_stop(q);
		w->config.broken(
			i, rc == -EPROTO ? "damaged inflight region" : "size or place of the ring");
	}
}
