/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.h - the threads that switch frames. Edge: mbuf, rcu. */
#ifndef VIOS_NET_WORKER_H
#define VIOS_NET_WORKER_H

#include "net/plane.h"

struct worker;

/* Makes worker `number` and stores it in the plane; it does not run yet. 0 or -errno. */
int worker_new(struct plane *plane, unsigned number);
/* Starts its thread. Returns when it holds its heartbeat and takes part in quiescence. */
int worker_start(struct worker *worker);
/* Ends the thread. The worker itself stays for as long as the process: rte_vhost's thread hears of
 * clients that hang up until then. */
void worker_stop(struct worker *worker);

/* Any thread. */
void worker_wake(struct worker *worker);
void worker_port_add(struct worker *worker, unsigned port);
void worker_port_remove(struct worker *worker, unsigned port);
int worker_kick_add(struct worker *worker, int fd);
void worker_kick_remove(struct worker *worker, int fd);

/* Main thread: what wakes workers when uplink number so-and-so has frames. remove: before it
 * closes.
 */
void workers_uplink_add(struct plane *plane, unsigned number, struct uplink *uplink);
void workers_uplink_remove(struct plane *plane, unsigned number, struct uplink *uplink);

/* The same of the trunk; wakes nobody. */
void workers_trunk_add(struct plane *plane, struct trunk_link *link);
void workers_trunk_remove(struct plane *plane, struct trunk_link *link);
void workers_wake(struct plane *plane);

/* Main thread: see priority_hurry(). */
void workers_hurry(struct plane *plane, bool hurry);

/* Sums over all workers. */
void workers_stats_sum(const struct plane *plane, unsigned port, struct port_sums *out);
void workers_stats_clear(struct plane *plane, unsigned port);

#endif
