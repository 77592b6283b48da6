/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe.h - numbered UDP traffic in both directions between each client's namespace and the outside
 * host's, recorded where it arrives with the receiving kernel's time stamps.
 */
#ifndef VIOS_DRILL_PROBE_H
#define VIOS_DRILL_PROBE_H

#include <stdbool.h>

#include "ha/drill/env.h"
#include "ha/drill/trace.h"

enum probe_direction { PROBE_TO_CLIENT, PROBE_FROM_CLIENT, PROBE_DIRECTIONS };

struct probe;

/* What one window showed in one direction, all adapters taken together. */
struct probe_result {
	struct trace_result trace;
	int64_t sender_late_ns; /* the worst oversleep of a sender: the machine's noise, not the
				   pair's */
	uint64_t send_errors;	/* refused by the sender's own kernel; lost as well */
};

const char *probe_direction_name(enum probe_direction direction); /* "to_client", "from_client" */

/* Opens the sockets; no traffic yet. window_ms: the longest window that will be asked for. 0, or
 * -errno with a sentence in fault. */
int probe_new(const struct env *env, unsigned rate_pps, unsigned window_ms, struct probe **out,
	char fault[ENV_FAULT_BYTES]);
void probe_free(struct probe *probe); /* stops it first */

/* Starts the threads, waits until packets arrive in every direction (-ETIMEDOUT with the direction
 * in fault). */
int probe_start(struct probe *probe, unsigned timeout_ms, char fault[ENV_FAULT_BYTES]);
void probe_window_begin(struct probe *probe);
void probe_window_end(struct probe *probe);
/* Arrivals so far of the direction or adapter with the fewest. */
uint64_t probe_arrived(const struct probe *probe);
/* Stops the senders, waits for what is on its way, stops the receiver. */
void probe_stop(struct probe *probe);

/* After probe_stop(). 0; -EOVERFLOW: more arrived than there was room for; -ETIME: the clock was
 * set while the window was open; -ENOMEM. */
int probe_result(
	const struct probe *probe, enum probe_direction direction, struct probe_result *out);

#endif
