/* SPDX-License-Identifier: BSD-3-Clause */
/* priority.h - who runs first when the host is short of CPUs. */
#ifndef VIOS_BASE_PRIORITY_H
#define VIOS_BASE_PRIORITY_H

/*
 * From the least to the most urgent. Data planes and muxes stay in the fair scheduler, so that a
 * guest which keeps one of them busy cannot starve the host; the watcher, which does next to
 * nothing, does not.
 */
enum priority {
	PRIORITY_DATA_PLANE, /* nice -10 */
	PRIORITY_MUX,	     /* nice -15: sleeps but for a switch, which everything waits for */
	PRIORITY_WATCHER,    /* SCHED_RR 1: one that oversleeps has to forgive a hang */
};

/*
 * For the calling thread and for the threads and processes that it makes afterwards. A process
 * without the privilege goes on as it is and says so once: its wake-ups then take as long as the
 * host's load makes them.
 */
void priority_take(enum priority priority);

#endif
