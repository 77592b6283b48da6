/* SPDX-License-Identifier: BSD-3-Clause */
/* priority.h - who runs first when the host is short of CPUs. */
#ifndef VIOS_BASE_PRIORITY_H
#define VIOS_BASE_PRIORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* From the least to the most urgent. What moves packets and requests stays in the fair scheduler,
 * so that a guest which keeps it busy cannot starve the host. */
enum priority {
	PRIORITY_DATA_PLANE, /* nice -10, short slices */
	PRIORITY_BRIEF,	     /* SCHED_RR 1 while it does next to nothing, else nice -15 */
	PRIORITY_WATCHER,    /* SCHED_RR 1: one that oversleeps has to forgive a hang */
};

/*
 * For the calling thread and for the threads and processes that it makes afterwards; the first call
 * of a process counts for its session, too. A process without the privilege goes on as it is and
 * says so: its wake-ups then take as long as the host's load makes them.
 */
void priority_take(enum priority priority);

/*
 * A thread of PRIORITY_BRIEF calls it after each round of its loop: a client that keeps it busy
 * makes it give way. When to call again at the latest, CLOCK_MONOTONIC in nanoseconds; UINT64_MAX:
 * after the next round.
 */
uint64_t priority_account(void);

/* A thread of a data plane that is waited for: SCHED_RR 1, or as before. */
void priority_hurry(pid_t tid, bool hurry);

#endif
