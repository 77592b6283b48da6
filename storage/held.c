/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holds requests that failed on the way to their disk. There is no list: the few that are held are
 * found in the queues' tables, which happens when they are answered, not while requests run. A held
 * request has nothing in flight, no range of the disk locked and no buffer of the pool; who takes
 * the adapter over finds it in the region and does it again. The worker's.
 */
#include "storage/held.h"

#include <limits.h>

#include "storage/io_error.h"
#include "storage/worker_private.h"

#define TELL_NS 100000000u /* main hears of a LUN's errors that often */

static bool answers(const struct worker *w)
{
	return atomic_load(&w->held.answer) || w->held.tired;
}

/* For main: which path it is that fails. Not each time. */
static void tell(struct request *r, long error)
{
	struct unit *u = r->unit;
	const uint64_t one = 1, now_ns = worker_now_ns();

	if (u->told_ns && now_ns - u->told_ns < TELL_NS)
		return;
	u->told_ns = now_ns;
	atomic_store(&u->trouble_offset, r->scsi.lba * u->backing.block_bytes);
	atomic_store(&u->trouble, UNIT_TROUBLE(error, r->scsi.cdb[0]));
	if (write(r->queue->worker->trouble_fd, &one, sizeof(one)) < 0)
		return; /* full: readable as well */
}

static void hold(struct request *r)
{
	struct worker *w = r->queue->worker;

	rangelock_leave(r);
	worker_drop_bounce(r);
	r->state = REQUEST_HELD;
	r->due_ns = worker_now_ns() + atomic_load(&w->held.limit_ns);
	if (!w->held.n++ || r->due_ns < w->held.next_ns)
		w->held.next_ns = r->due_ns;
}

void held_failed(struct request *r, long error, bool write, uint64_t where)
{
	r->io = io_error_result(error, write);
	r->where = where;
	if (io_error_of_path(error)) {
		tell(r, error);
		if (!r->aborted && !answers(r->queue->worker)) {
			hold(r);
			return;
		}
	}
	execute_done(r, r->io, where);
}

void held_leave(struct request *r)
{
	if (r->state == REQUEST_HELD)
		r->queue->worker->held.n--;
}

void held_begin(struct worker *w)
{
	w->held.tired = false;
}

/* Calls fn for each that is held. */
static unsigned for_held(
	struct worker *w, const struct unit *of, uint64_t due_ns, void (*fn)(struct request *r))
{
	unsigned n = 0;

	w->held.next_ns = UINT64_MAX;
	for (unsigned i = VS_REQUEST_QUEUE; w->held.n && i < VU_RINGS_MAX; i++) {
		struct queue *q = &w->queue[i];

		for (unsigned k = 0; q->state != QUEUE_OFF && k < q->n_allocated; k++) {
			struct request *r = &q->requests[k];

			if (r->state != REQUEST_HELD)
				continue;
			if ((!of || r->unit == of) && r->due_ns <= due_ns) {
				fn(r);
				n++;
			} else if (r->due_ns < w->held.next_ns) {
				w->held.next_ns = r->due_ns;
			}
		}
	}
	return n;
}

static void answer(struct request *r)
{
	execute_done(r, r->io, r->where);
}

static void lun_gone(struct request *r)
{
	execute_abort(r, VS_BAD_TARGET);
}

void held_drop(struct worker *w, struct unit *u)
{
	if (w->held.n)
		for_held(w, u, UINT64_MAX, lun_gone);
}

unsigned held_poll(struct worker *w)
{
	unsigned told = atomic_load(&w->held.told), n;
	uint64_t now_ns;

	if (told != w->held.heard) {
		w->held.heard = told;
		w->held.tired = false;
	}
	if (!w->held.n)
		return 0;
	if (answers(w))
		return for_held(w, NULL, UINT64_MAX, answer);
	now_ns = worker_now_ns();
	if (now_ns < w->held.next_ns)
		return 0;
	n = for_held(w, NULL, now_ns, answer);
	if (n)
		w->held.tired = true; /* nobody says anything: the others need not wait as long */
	return n;
}

int held_timeout_us(const struct worker *w)
{
	uint64_t now_ns, us;

	if (!w->held.n)
		return -1;
	now_ns = worker_now_ns();
	if (w->held.next_ns <= now_ns)
		return 0;
	us = (w->held.next_ns - now_ns) / 1000 + 1;
	return us > INT_MAX ? INT_MAX : (int)us;
}
