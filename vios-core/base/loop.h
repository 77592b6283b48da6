/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.h - the event loop of a daemon, its signals and its clock. */
#ifndef VIOS_BASE_LOOP_H
#define VIOS_BASE_LOOP_H

#include <stdint.h>
#include <systemd/sd-event.h>

/* SIGTERM and SIGINT are kept for the loop, SIGPIPE is ignored. Before any thread exists: threads
 * inherit it. */
void loop_block_signals(void);
/* fn on SIGTERM and SIGINT (NULL: the loop ends, with 0). 0 or -errno. */
int loop_watch_signals(sd_event *ev, sd_event_signal_handler_t fn, void *user);
/* All three: a loop that SIGTERM and SIGINT end. 0 or -errno. */
int loop_new(sd_event **out);
/* For a thread of PRIORITY_BRIEF: priority_account() after each round. 0 or -errno. */
int loop_account(sd_event *ev);
/* resident_text(), but not at once: it takes some milliseconds, which a daemon that has just been
 * killed does not have. 0 or -errno. */
int loop_bring_in(sd_event *ev);
uint64_t loop_now_ns(void); /* CLOCK_MONOTONIC */

#endif
