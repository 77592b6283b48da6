/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sf_session.h - the initiator's vhost-user sessions: one with each target, or one with a mux. It
 * keeps the inflight region, as a mux does, and starts the rings at one target at a time. Blocking,
 * with a timeout. For tests; one thread.
 */
#ifndef VIOS_TESTS_SF_SESSION_H
#define VIOS_TESTS_SF_SESSION_H

#include "tests/lib/sfront/sf_ring.h"
#include "vios-core/vhostuser/vu_sock.h"

#define SF_TARGETS_MAX 2
#define SF_QUEUES_MAX 8
#define SF_FIXED 2 /* control and event queue: rings 0 and 1 */

struct sf_options {
	const char *socket[SF_TARGETS_MAX];
	unsigned n_targets, queues, depth;
	bool indirect, event_idx, inflight;
};

struct sf_session {
	struct sf_options options;
	struct sf_mem mem;
	struct sf_ring ring[SF_FIXED + SF_QUEUES_MAX];
	struct vu_sock sock[SF_TARGETS_MAX];
	int inflight_fd; /* -1: none yet */
	struct vu_inflight inflight;
	int live; /* -1: none */
};

/* Memory and rings; nothing is connected. 0 or -errno. */
int sf_session_open(struct sf_session *s, const struct sf_options *options);
/* Connects to that target anew, tells it all and starts the rings there. */
int sf_session_go(struct sf_session *s, unsigned target);
/* Stops the rings where they are, in order. */
int sf_session_stop(struct sf_session *s);

#endif
