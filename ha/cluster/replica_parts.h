/* SPDX-License-Identifier: BSD-3-Clause */
/* replica_parts.h - states, work, events, requests and proposals of a replica. Private to the files
 * replica*.c. Pure. */
#ifndef HA_CLUSTER_REPLICA_PARTS_H
#define HA_CLUSTER_REPLICA_PARTS_H

#include "ha/cluster/replica_msg.h"

#define REPLICA_QUEUE_MAX 4u /* delivered proposals; each VIOS has one under way */

/* The diagrams are in replica.c. */
enum replica_state {
	R_NEW,
	R_SEEK,
	R_ALONE,
	R_STALE,
	R_HELLO,
	R_MEET,
	R_RECEIVE,
	R_PAIR,
	R_N_STATES
};
enum replica_work { W_IDLE, W_PAIR_STORE, W_ACK, W_COPY_STORE, W_CLAIM_STORE, W_CLAIM, W_N_WORKS };
enum replica_event {
	E_PEER,
	E_NO_PEER,
	E_HAVE,
	E_ACK,
	E_PROPOSE,
	E_CHUNK,
	E_REQUEST,
	E_WITNESS,
	E_TICK,
	E_N_EVENTS
};
enum replica_asked { ASKED_NOTHING, ASKED_GET, ASKED_CLAIM, ASKED_SETTLE };

struct replica_open { /* a request of our own */
	uint64_t request, seq, base, deadline_ns;
	char *change;
	size_t n_change;
	bool sent;	/* in this session */
	bool sent_ever; /* the peer may have it */
	bool claimed;	/* it is in an intent of ours */
};

struct replica_request {
	uint64_t request;
	const char *change;
	size_t change_bytes;
	int64_t base;
};

struct replica_queued { /* a delivered proposal */
	int side;
	struct stamp_done who;
	uint64_t base;
	char *change;
	size_t n_change;
};

#endif
