/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes buffers off a ring and gives them back, and keeps the inflight region true meanwhile. The
 * worker runs it; it owns the table of requests. That is there before the ring starts, for as many
 * entries as the ring may have: a megabyte that is touched for the first time while a takeover
 * waits for it cost 40 ms on a busy machine.
 */
#include "storage/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storage/fault.h"
#include "storage/worker_private.h"
#include "vios-core/vhostuser/vu_inflight.h"
#include "vios-core/vhostuser/vu_ring.h"

#define F_INDIRECT_DESC 28
#define F_EVENT_IDX 29

/* Each grows by itself: the mux's inflight region is made for the longest ring, and its list of
 * heads must not cost the table that is there. */
static int reserve_requests(struct queue *q, unsigned size)
{
	if (q->n_allocated >= size)
		return 0;
	free(q->requests);
	q->n_allocated = 0;
	q->requests = calloc(size, sizeof(*q->requests));
	if (!q->requests)
		return -ENOMEM;
	q->n_allocated = size;
	/* Best effort: a page fault on the way of a request costs it milliseconds. */
	mlock(q->requests, size * sizeof(*q->requests));
	for (unsigned i = 0; i < size; i++)
		q->requests[i].queue = q;
	return 0;
}

static int reserve_again(struct queue *q, unsigned size)
{
	if (q->n_again_max >= size)
		return 0;
	free(q->again);
	q->n_again_max = 0;
	q->again = calloc(size, sizeof(*q->again));
	if (!q->again)
		return -ENOMEM;
	q->n_again_max = size;
	return 0;
}

int queue_reserve(struct queue *q, unsigned size)
{
	int rc = reserve_requests(q, size);

	if (!rc)
		rc = reserve_again(q, VU_INFLIGHT_KEPT_SIZE);
	return rc;
}

/* What became of those that are done again; of a region that is longer than vhost-user asks. */
static int recover_outcomes(struct queue *q, const struct plan *plan)
{
	uint64_t *counters;

	if (!outcome_attach(&q->outcomes, plan->inflight, plan->inflight_bytes,
		    inflight_bytes(plan->inflight_queues, plan->inflight_size), q->index,
		    plan->inflight_queues, plan->inflight_size))
		return 0;
	counters = calloc(q->n_again + 1, sizeof(*counters));
	if (!counters)
		return -ENOMEM;
	for (unsigned i = 0; i < q->n_again; i++)
		counters[i] = inflight_counter(&q->inflight, q->again[i]);
	outcome_recover(&q->outcomes, q->again, counters, q->n_again);
	free(counters);
	return 0;
}

/* Where the ring goes on: as vhost-user has it, from the used index and the region. */
static int recover(struct queue *q, const struct plan *plan)
{
	int n;

	q->n_again = q->next_again = 0;
	q->outcomes = (struct outcomes){0};
	q->has_inflight = plan->inflight;
	if (!q->has_inflight)
		return 0;
	if (q->plan.size > plan->inflight_size)
		return -EPROTO;
	n = inflight_attach(&q->inflight, plan->inflight, plan->inflight_bytes, q->index,
		plan->inflight_queues, plan->inflight_size);
	if (!n)
		n = inflight_recover(&q->inflight, q->ring.shown, q->again);
	for (int i = 0; i < n; i++)
		if (q->again[i] >= q->plan.size)
			n = -EPROTO;
	if (n < 0)
		return n;
	q->n_again = (unsigned)n;
	q->ring.next_avail = (uint16_t)(q->ring.shown + n);
	return recover_outcomes(q, plan);
}

int queue_start(struct queue *q, const struct plan *plan)
{
	const struct plan_ring *p = &q->plan;
	struct vring_setup setup = {
		.desc = guest_user(plan->guest, p->desc, vu_ring_desc_bytes(p->size)),
		.avail = guest_user(plan->guest, p->avail, vu_ring_avail_bytes(p->size)),
		.used = guest_user(plan->guest, p->used, vu_ring_used_bytes(p->size)),
		.size = p->size,
		.next_avail = p->base,
		.event_idx = plan->features >> F_EVENT_IDX & 1,
		.indirect = plan->features >> F_INDIRECT_DESC & 1,
	};
	int rc = vring_init(&q->ring, &setup);

	if (!rc)
		rc = reserve_requests(q, p->size);
	if (!rc)
		rc = reserve_again(
			q, plan->inflight_size > p->size ? plan->inflight_size : p->size);
	if (!rc)
		rc = recover(q, plan);
	if (rc)
		return rc;
	q->state = QUEUE_ON;
	q->in_flight = q->n_put = 0;
	q->reported = false;
	vring_want_kicks(&q->ring, false);
	return 0;
}

void queue_move(struct queue *q)
{
	const struct guest *g = q->worker->guest;
	const struct plan_ring *p = &q->plan;
	void *desc = guest_user(g, p->desc, vu_ring_desc_bytes(p->size));
	void *avail = guest_user(g, p->avail, vu_ring_avail_bytes(p->size));
	void *used = guest_user(g, p->used, vu_ring_used_bytes(p->size));

	if (!desc || !avail || !used) {
		q->ring.broken = true;
		return;
	}
	q->ring.desc = desc;
	q->ring.avail = avail;
	q->ring.used = used;
}

void queue_stop(struct queue *q)
{
	if (q->state != QUEUE_OFF)
		worker_watch_kick(q->worker, q, false);
	if (q->state == QUEUE_ON || q->state == QUEUE_STOPPING)
		q->plan.base = q->ring.next_avail;
	q->state = QUEUE_OFF;
	q->in_flight = 0;
}

bool queue_has_again(const struct queue *q)
{
	return q->next_again < q->n_again;
}

unsigned queue_waiting(struct queue *q)
{
	return q->state != QUEUE_ON ? 0 : q->n_again - q->next_again + vring_waiting(&q->ring);
}

/* Takes a head off the ring, or the next one that is to be done again. */
static int take_head(struct queue *q, uint16_t *head)
{
	bool again = queue_has_again(q);
	int rc;

	if (again)
		*head = q->again[q->next_again++];
	else if ((rc = vring_next(&q->ring, head)))
		return rc;
	/* Made available while it still was with us. */
	if (q->requests[*head].state == REQUEST_FREE &&
		(again || !q->has_inflight || !inflight_has(&q->inflight, *head)))
		return 0;
	q->ring.broken = true;
	return -EPROTO;
}

struct request *queue_take(struct queue *q)
{
	struct request *r;
	uint16_t head;
	bool again;

	if (!queue_waiting(q))
		return NULL;
	again = queue_has_again(q);
	if (take_head(q, &head))
		return NULL;
	r = &q->requests[head];
	if (vring_chain(&q->ring, &q->worker->guest->mem, head, &r->chain))
		return NULL;
	if (q->has_inflight && !again)
		inflight_take(&q->inflight, head);
	r->state = REQUEST_RUNNING;
	r->next = NULL;
	r->unit = NULL;
	r->bounce = NULL;
	r->aborted = 0;
	r->range.state = RANGE_NONE;
	r->phase = AGREE_NO_PHASE;
	r->op = (struct agree_op){0};
	r->again = again;
	r->number = ++q->worker->n_taken;
	r->guest = guest_get(q->worker->guest);
	q->in_flight++;
	worker_count(q->worker, 1);
	return r;
}

void queue_give(struct request *r, uint32_t written_bytes)
{
	struct queue *q = r->queue;

	if (!q->ring.broken) { /* else its driver gets nothing more */
		vring_put(&q->ring, r->chain.head, written_bytes);
		fault_point(FAULT_PUT);
		if (q->has_inflight)
			inflight_put(&q->inflight, r->chain.head);
		q->n_put++;
	}
	q->in_flight--;
	q->worker->requests++;
	held_leave(r);
	r->state = REQUEST_FREE;
	guest_put(r->guest);
	r->guest = NULL;
	worker_count(q->worker, -1);
}

void queue_show(struct queue *q)
{
	uint16_t was_shown = q->ring.shown;
	const uint64_t one = 1;

	if (!q->n_put || q->ring.broken)
		return;
	fault_point(FAULT_BEFORE_SHOW);
	vring_show(&q->ring);
	fault_point(FAULT_SHOWN);
	fault_half(&q->inflight, q->has_inflight ? q->n_put : 0, was_shown);
	if (q->has_inflight)
		inflight_shown(&q->inflight, q->n_put, q->ring.shown);
	fault_point(FAULT_CLEARED);
	q->n_put = 0;
	/* Not blocking; a full counter is a call as well. */
	if (vring_wants_call(&q->ring, was_shown) && q->plan.call_fd >= 0 &&
		write(q->plan.call_fd, &one, sizeof(one)) < 0)
		return;
}
