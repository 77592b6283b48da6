// SPDX-License-Identifier: BSD-3-Clause
/* worker_private.h - what the worker's files share. Its own, where no other writer is named. */
#ifndef VIOS_STORAGE_WORKER_PRIVATE_H
#define VIOS_STORAGE_WORKER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "storage/again.h"
#include "storage/bounce.h"
#include "storage/held.h"
#include "storage/queue.h"
#include "storage/rangelock.h"
#include "storage/worker.h"

struct locks { /* locks.c */
	bool wanted, adapter, reported;
	uint64_t next_ns, since_ns; /* when to try again; since when it waits */
};

struct worker {
	struct worker_config config;
	struct hb_page *page;
	pthread_t thread;
	int wake_fd, event_fd, epoll_fd, trouble_fd;
	_Atomic(struct plan *) posted; /* main sets it; the worker takes it */
	_Atomic bool applied;	       /* the worker sets it; main clears it */
	_Atomic bool in_kernel;	       /* with a disk, or gives memory back */
	_Atomic uint64_t requests;

	struct plan *plan; /* being applied */
	struct guest *guest;
	struct plan region; /* of the plan at work: inflight, features */
	struct queue queue[VU_RINGS_MAX];
	struct scsi_target target;
	struct unit *unit[VS_LUNS];
	struct locks locks;
	struct held held;
	struct aio *aio;
	struct jobs *slow;
	unsigned range_waits, range_lists; /* requests that wait for a range; UNMAPs of these */
	struct agree_work agree;
	struct bounce *bounce;
	struct request *bounce_wait, **bounce_tail;
	struct request *tasks; /* task management that waits */
	uint64_t n_taken;
	unsigned in_flight;
	uint8_t events[VS_LUNS]; /* pending for the client: events.c */
	bool has_events;
	uint8_t data[SCSI_DATA_MAX];
};

static inline void worker_count(struct worker *w, int by)
{
	w->in_flight += (unsigned)by;
	atomic_store_explicit(&w->page->in_flight, w->in_flight, memory_order_relaxed);
}
static inline void worker_drop_bounce(struct request *r)
{
	if (r->bounce)
		bounce_give(r->queue->worker->bounce, r->bounce);
	r->bounce = NULL;
}
uint64_t worker_now_ns(void);
void worker_watch_kick(struct worker *w, struct queue *q, bool on);

/* locks.c: asks for what is not held. What could start because of it: how many. */
void locks_want(struct worker *w, bool wanted);
void locks_drop(struct worker *w, struct unit *u);
unsigned locks_poll(struct worker *w);
int locks_timeout_us(const struct worker *w); /* -1: none is waited for */

/* apply.c: one step towards the plan; true when it is reached. */
bool apply_step(struct worker *w);
void apply_start_rings(struct worker *w);

/* execute.c */
void execute(struct request *r);		  /* of a request queue */
void execute_unparked(struct request *r);	  /* its LUN's lock is held now */
void execute_io_now(struct request *r);		  /* past the fault layer of test builds */
void execute_reserved(struct request *r, int rc); /* its event is kept, or not: rc */
void execute_grouped(struct request *r, int rc);  /* its groups are set, or not: rc */
void execute_perform(struct request *r);	  /* it has its range */
void execute_done(struct request *r, enum scsi_io result, uint64_t where);
void execute_respond(struct request *r, const struct vs_result *result, uint32_t data_bytes);
void execute_abort(struct request *r, enum vs_response response);
/* transfer.c: READ and WRITE */
void transfer_start(struct request *r);
void transfer_flush(struct request *r);
void transfer_retry(struct worker *w);
void blockop_start(struct request *r); /* blockop.c: what the jobs thread does */
void task_execute(struct request *r);  /* task.c */
void task_poll(struct worker *w);
void task_clear(struct worker *w, struct unit *u, uint8_t how); /* by another initiator */
/* events.c */
enum { EVENT_ADDED = 1, EVENT_REMOVED = 2, EVENT_CAPACITY = 4 };
void events_add(struct worker *w, unsigned lun, uint8_t what);
void events_send(struct worker *w);

#endif
