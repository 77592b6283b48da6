/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker.h - the thread that works the client's rings: takes requests, decodes them, does the I/O,
 * gives them back. Main tells it what to do by plans; all functions here are main's.
 */
#ifndef VIOS_STORAGE_WORKER_H
#define VIOS_STORAGE_WORKER_H

#include "storage/plan.h"
#include "vios-core/base/hb.h"

struct worker;

struct worker_config {
	uint32_t adapter_id;
	struct scsi_port port;
	const char *run;	     /* the run directory */
	int doorbell_fd;	     /* see agree_doorbell() */
	int lock_fd;		     /* stands for the adapter as a whole: see backing_lock() */
	unsigned n_rings, ring_size; /* at most */
	struct hb *hb;
	unsigned hb_slot;
	void (*broken)(unsigned ring, const char *why); /* on the worker's thread, once a ring */
};

/* Starts the thread. 0 or -errno. It lives as long as the process. */
int worker_new(const struct worker_config *config, struct worker **out);

/*
 * Hands a plan over. When the worker's event_fd is readable and worker_applied() says so, nothing
 * is touched any more that is not in the plan: rings that are not to run have stopped, with nothing
 * in flight, LUNs that are gone have been drained, old memory is no longer referenced by rings. If
 * no ring is to run, every lock has been dropped.
 */
void worker_apply(struct worker *w, struct plan *plan);
int worker_event_fd(const struct worker *w);
bool worker_applied(struct worker *w);

/* A watcher asks whether it lives: makes it tick. A worker that is inside the kernel with a disk
 * cannot; it is ticked for. */
void worker_ping(struct worker *w);

/* Readable when a LUN has `trouble` (unit.h). */
int worker_trouble_fd(const struct worker *w);
/* Requests that fail on the way to their disk are answered, or held: for so long at most, when
 * nothing is said meanwhile. */
void worker_path_errors(struct worker *w, bool answer, uint64_t limit_ns);
unsigned worker_held(const struct worker *w);

/* SET TARGET PORT GROUPS, which the pair decides: what a client asks for; false: nothing that has
 * not been taken before. Who takes it answers with its number, once. Readable: trouble_fd. */
struct worker_groups {
	uint32_t number;
	uint8_t lun;
	uint16_t group;
};
bool worker_groups_take(struct worker *w, struct worker_groups *out);
void worker_groups_answer(struct worker *w, uint32_t number, bool done);

uint64_t worker_requests(const struct worker *w); /* answered since the start */

#endif
