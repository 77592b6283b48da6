/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queue.h - a ring of the client's and the requests that were taken from it. The worker's.
 */
#ifndef VIOS_STORAGE_QUEUE_H
#define VIOS_STORAGE_QUEUE_H

#include "storage/inflight.h"
#include "storage/outcome.h"
#include "storage/plan.h"
#include "storage/request.h"

enum queue_state {
	QUEUE_OFF,
	QUEUE_LOCKING, /* is to run as soon as its predecessor is proven gone */
	QUEUE_ON,
	QUEUE_STOPPING, /* takes nothing more */
};

struct worker;

struct queue {
	struct worker *worker;
	unsigned index;
	enum queue_state state;
	struct plan_ring plan; /* as it runs */
	struct vring ring;
	bool has_inflight;
	struct inflight inflight;
	struct outcomes outcomes; /* of what is not idempotent */
	uint16_t *again;	  /* heads to do again, in order */
	unsigned n_again, next_again, n_again_max;
	struct request *requests; /* one an entry, and perhaps more */
	unsigned n_allocated;
	unsigned in_flight;
	unsigned n_put; /* since the driver was shown */
	bool reported;	/* that it is broken */
};

/* Makes room for a ring of so many entries; longer ones make it when they start. 0 or -errno. */
int queue_reserve(struct queue *q, unsigned size);
/* Takes the ring over: after its predecessor is proven gone. 0 or -errno; the ring is off then. */
int queue_start(struct queue *q, const struct plan *plan);
/* The worker's guest memory is another mapping. */
void queue_move(struct queue *q);
/* Off; what is still parked is left for the next owner, where an inflight region says so. */
void queue_stop(struct queue *q);

/* The next buffer, parsed, with its place in the table; NULL: none. */
struct request *queue_take(struct queue *q);
bool queue_has_again(const struct queue *q);
unsigned queue_waiting(struct queue *q);

/* Gives a buffer back; it is free. Seen by the driver after queue_show(). */
void queue_give(struct request *r, uint32_t written_bytes);
void queue_show(struct queue *q);

#endif
