/* SPDX-License-Identifier: BSD-3-Clause */
/* replica_priv.h - what the files replica*.c share. Private to them. Pure. */
#ifndef HA_CLUSTER_REPLICA_PRIV_H
#define HA_CLUSTER_REPLICA_PRIV_H

#include "ha/cluster/replica_parts.h"

struct replica {
	struct replica_rules rules;
	int side; /* 0: ours is the lower node id */
	enum replica_state state;
	enum replica_work work;
	uint64_t now_ns;
	struct replica_actions *out;

	struct replica_record cur; /* durable here (but version 0 of frame.json) */
	bool sure;		   /* cur is committed */
	bool doubtful;
	bool unfinished;	 /* next is an intent of a life before */
	struct stamp_ids missed; /* by cur, if such an intent was committed after all */
	bool baseless; /* the intent on disk is without what it was made from; cur is nothing */
	struct replica_record adopted; /* text NULL: nothing yet */
	bool adopted_stale;
	struct replica_record next; /* text NULL unless at work */
	char *result; /* of our own last change, while the state with result_of is not certain */
	uint8_t result_of[STAMP_DIGEST];
	bool orphan; /* the session that the work belonged to is over */
	uint64_t retry_ns, work_since_ns;
	struct replica_action lost; /* where actions go without memory */

	/* The session with the peer. */
	struct replica_id self, peer; /* peer.incarnation 0: not known */
	bool have_sent, peer_doubtful;
	struct stamp have, peer_have, self_acked, peer_acked;
	bool self_has_acked, peer_has_acked;
	uint64_t progress_ns;
	char *inbox;
	size_t n_inbox, inbox_total;
	struct replica_queued queue[REPLICA_QUEUE_MAX];
	size_t n_queue;
	uint64_t rubbish;
	bool rubbish_logged;

	struct replica_open open[REPLICA_OPEN_MAX];
	size_t n_open;
	uint64_t last_seq;

	/* The witness. */
	bool reachable, known, broken; /* broken: it answers that its file is */
	enum replica_asked asked;
	bool look_first; /* ours was refused: see where the witness is */
	struct replica_witness witness;
	uint64_t poll_ns, settle_ns;
};

#endif
