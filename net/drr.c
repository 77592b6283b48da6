/* SPDX-License-Identifier: BSD-3-Clause */
/* drr.c - see drr.h. Pure; the worker's thread. Lists of indices, so that nothing is allocated. */
#include "net/drr.h"

static uint16_t get_free(struct drr *d)
{
	uint16_t at = d->unused;

	if (at)
		d->unused = d->frame[at - 1].next;
	else if (d->used < DRR_FRAMES)
		at = ++d->used;
	return at;
}

/* At the end of the ring: its turn comes last. */
static void ring_add(struct drr *d, uint16_t port, bool first)
{
	struct drr_queue *q = &d->queue[port];

	q->on = true;
	if (!d->ports) {
		q->next = d->turn = d->tail = port;
	} else {
		q->next = d->turn;
		d->queue[d->tail].next = port;
		if (first)
			d->turn = port;
		else
			d->tail = port;
	}
	d->ports++;
}

/* The port whose turn it is has nothing more. */
static void ring_remove_turn(struct drr *d)
{
	struct drr_queue *q = &d->queue[d->turn];

	d->ports--;
	q->on = q->begun = false;
	q->deficit = 0;
	d->turn = q->next;
	d->queue[d->tail].next = d->turn;
}

static void next_turn(struct drr *d)
{
	d->queue[d->turn].begun = false;
	d->tail = d->turn;
	d->turn = d->queue[d->turn].next;
}

/* Dynamic thresholds (Choudhury and Hahne, 1998): a queue may be so long as there is room left,
 * times its weight; so some is always left for one that comes, whatever the others send. */
static bool has_room(const struct drr *d, const struct drr_queue *q)
{
	const uint32_t left = DRR_FRAMES - d->n;

	if (q->n < DRR_QUEUE_LEAST)
		return left > 0;
	return left > DRR_RESERVE &&
	       q->n * (uint32_t)DRR_WEIGHT_DEFAULT < (left - DRR_RESERVE) * q->weight;
}

bool drr_put(struct drr *d, uint16_t port, uint8_t weight, struct rte_mbuf *mbuf, uint32_t bytes)
{
	struct drr_queue *q = &d->queue[port];
	uint16_t at;

	q->weight = weight ? weight : 1;
	if (!has_room(d, q))
		return false;
	at = get_free(d);
	d->frame[at - 1] = (struct drr_frame){mbuf, bytes, port, 0};
	if (q->n++)
		d->frame[q->last - 1].next = at;
	else
		q->first = at;
	q->last = at;
	d->n++;
	if (!q->on)
		ring_add(d, port, false);
	return true;
}

static void pop(struct drr *d, uint16_t port, struct drr_frame *out)
{
	struct drr_queue *q = &d->queue[port];
	uint16_t at = q->first;

	*out = d->frame[at - 1];
	q->first = out->next;
	q->n--;
	d->n--;
	d->frame[at - 1].next = d->unused;
	d->unused = at;
}

unsigned drr_take(struct drr *d, struct drr_frame *out, unsigned most, uint64_t max_bytes)
{
	unsigned n = 0;

	while (n < most && d->n) {
		struct drr_queue *q = &d->queue[d->turn];
		uint32_t bytes = d->frame[q->first - 1].bytes;

		if (!q->begun)
			q->deficit += (uint64_t)q->weight * DRR_QUANTUM;
		q->begun = true;
		if (bytes > q->deficit) {
			next_turn(d);
			continue;
		}
		if (bytes > max_bytes)
			break;
		max_bytes -= bytes;
		q->deficit -= bytes;
		pop(d, d->turn, &out[n++]);
		if (!q->n)
			ring_remove_turn(d);
	}
	return n;
}

void drr_give_back(struct drr *d, const struct drr_frame *taken, unsigned n)
{
	while (n--) {
		const uint16_t port = taken[n].port;
		struct drr_queue *q = &d->queue[port];
		uint16_t at = get_free(d); /* there is one: it has just been taken */

		d->frame[at - 1] = taken[n];
		d->frame[at - 1].next = q->n ? q->first : 0;
		if (!q->n++)
			q->last = at;
		q->first = at;
		d->n++;
		if (!q->on) {
			ring_add(d, port, true);
			q->begun = true; /* it was its turn */
		}
		q->deficit += taken[n].bytes;
	}
}

unsigned drr_take_port(struct drr *d, uint16_t port, struct drr_frame *out, unsigned most)
{
	struct drr_queue *q = &d->queue[port];
	unsigned n = 0;

	while (n < most && q->n)
		pop(d, port, &out[n++]);
	if (!n || q->n)
		return n;
	while (d->turn != port)
		next_turn(d);
	ring_remove_turn(d);
	return n;
}
