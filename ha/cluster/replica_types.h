/* SPDX-License-Identifier: BSD-3-Clause */
/* replica_types.h - what the replicated state's machine is told and what it asks for. Pure. */
#ifndef HA_CLUSTER_REPLICA_TYPES_H
#define HA_CLUSTER_REPLICA_TYPES_H

#include "ha/cluster/stamp.h"

#define REPLICA_TEXT_MAX 3145728u /* bytes of a state: some 5,000 adapters with a LUN each */

/* What is on disk, and what a snapshot carries. */
struct replica_record {
	struct stamp stamp;
	/* Stored in order to be committed alone: committed only if the witness has taken it. */
	bool intent;
	struct stamp base;	  /* of an intent: what it was made from */
	struct stamp_ids changed; /* by the last change, the only one that may be uncommitted */
	char *text;		  /* of text_bytes; not terminated */
	size_t text_bytes;
};

/* What vios-framed says of its witness. */
struct replica_witness {
	struct stamp_mark mark;
	char holder[64]; /* "" when both VIOS are in step */
	struct stamp_ids changed;
};

enum replica_heard {
	REPLICA_W_OK,	   /* witness_get or witness_raise succeeded: `witness` is as it is now */
	REPLICA_W_REFUSED, /* it failed, with a sentence */
	REPLICA_W_AWAY,	   /* the connection is lost: what was asked is not answered */
	REPLICA_W_BACK,	   /* there is a connection again, or for the first time */
};

enum replica_verdict { REPLICA_CHANGED, REPLICA_UNCHANGED, REPLICA_FAULTY };

/* What the owner's apply() makes of a change. text, result: malloc()ed, taken by the replica. */
struct replica_applied {
	enum replica_verdict verdict;
	char *text; /* CHANGED: the new state */
	size_t text_bytes;
	char *result;		  /* for whoever asked: what was created, or the faults; or NULL */
	struct stamp_ids changed; /* adapters */
};

enum replica_outcome {
	REPLICA_DONE,	 /* durable on both, or here and in the witness; never lost again */
	REPLICA_REFUSED, /* it has not happened and will not */
	REPLICA_FAULTS,	 /* the same, because of what it says: see result */
	REPLICA_UNKNOWN, /* it may have happened, or may happen yet */
};

enum replica_do {
	REPLICA_MULTICAST,     /* bytes, to the group, in the order of the actions */
	REPLICA_STORE,	       /* record, durably; then replica_stored() */
	REPLICA_WITNESS_GET,   /* then replica_witness() */
	REPLICA_WITNESS_RAISE, /* expect, wanted, changed, in_step; then replica_witness() */
	REPLICA_ANSWER,	       /* request, outcome, sentence, result, record.stamp, alone */
	REPLICA_ADOPT,	       /* record: committed; live by it. stale: see replica_may_serve() */
	REPLICA_KEEP_ASIDE,    /* record: another state takes its place; sentence says why */
	REPLICA_LOG,	       /* sentence; alone: a warning */
};

#define REPLICA_SENTENCE 320

struct replica_action {
	enum replica_do what;
	struct replica_record record; /* a copy of its own */
	uint8_t *bytes;
	size_t n_bytes;
	uint64_t request;
	enum replica_outcome outcome;
	char sentence[REPLICA_SENTENCE];
	char *result;
	bool alone, in_step, stale;
	struct stamp_mark expect, wanted;
	struct stamp_ids changed;
};

/* Owned by the caller: zeroed once, cleared after each use. A carrier out of an action's pointers
 * takes them by setting them to NULL. */
struct replica_actions {
	struct replica_action *v;
	size_t n, size;
	/* -ENOMEM: the replica is no longer to be used; start a new one from the disk. */
	int error;
};

void replica_record_clear(struct replica_record *record);
void replica_actions_clear(struct replica_actions *actions);

#endif
