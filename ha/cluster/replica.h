/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replica.h - one VIOS's copy of the pair's state: what happens goes in with the time, what is to
 * be done comes out. Pure. The protocol is told at the top of replica.c.
 *
 * Each function below the line is an event; its actions are appended to *out and are to be carried
 * out in their order. At most one store and one question to the witness are open at a time.
 */
#ifndef HA_CLUSTER_REPLICA_H
#define HA_CLUSTER_REPLICA_H

#include "ha/cluster/replica_types.h"

#define REPLICA_CHANGE_MAX 49152u  /* bytes of a change */
#define REPLICA_MESSAGE_MAX 57344u /* bytes of a multicast */
#define REPLICA_OPEN_MAX 64u	   /* requests that wait here */

struct replica;

struct replica_rules {
	const char *name, *peer_name; /* of the two VIOS; borrowed */
	uint32_t node, peer_node;
	uint64_t incarnation; /* drawn at random at each start; not 0 */
	/* The same on both VIOS: it depends on nothing but its arguments. Text and change may hold
	 * anything. 0, or -ENOMEM. */
	int (*apply)(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
		struct replica_applied *out, void *user);
	/* May a peer's state be lived by? */
	bool (*valid)(const char *text, size_t text_bytes, void *user);
	void *user;
};

enum replica_role { REPLICA_PAIR, REPLICA_ALONE, REPLICA_WAITING };

struct replica *replica_new(const struct replica_rules *rules); /* NULL: no memory */
void replica_free(struct replica *r);

/* When replica_tick() is due; UINT64_MAX: not at all. */
uint64_t replica_next_ns(const struct replica *r);
enum replica_role replica_role(const struct replica *r);
/* One sentence on the role: what it waits for. */
void replica_reason(const struct replica *r, char sentence[REPLICA_SENTENCE]);
/* The newest state that is known to be committed; NULL before there is one. Borrowed. */
const struct replica_record *replica_state(const struct replica *r);
/* False while this VIOS may have missed a change of that adapter. It may change with any event. */
bool replica_may_serve(const struct replica *r, uint32_t adapter_id);
uint64_t replica_rubbish(const struct replica *r); /* messages thrown away */

/* ------------------------------------------------------------------------------------------- */

/*
 * What the disk holds. newest: with nothing on disk, version 0, made from frame.json, and stored
 * nowhere. base: the record that newest, an intent, was made from, or NULL. doubtful: a newer one
 * was damaged, so that this VIOS may have forgotten what it acknowledged: it neither serves nor
 * commits before it has met the peer. Copied. Before any other event.
 */
void replica_start(struct replica *r, uint64_t now_ns, const struct replica_record *newest,
	const struct replica_record *base, bool doubtful, struct replica_actions *out);
/* A view of the group, also one with the same members; peer: the peer's node has a member.
 * Corosync is away: peer is false. */
void replica_view(struct replica *r, uint64_t now_ns, bool peer, struct replica_actions *out);
/* A multicast, our own ones too, in the group's order. It may hold anything. */
void replica_deliver(struct replica *r, uint64_t now_ns, uint32_t node, const uint8_t *bytes,
	size_t n_bytes, struct replica_actions *out);
/* request: the caller's, not 0; answered exactly once. base: -1, or the version that the change is
 * meant for. */
void replica_propose(struct replica *r, uint64_t now_ns, uint64_t request, const char *change,
	size_t change_bytes, int64_t base, struct replica_actions *out);
/* ok false: it may or may not be on disk; it is asked for again later. */
void replica_stored(struct replica *r, uint64_t now_ns, bool ok, struct replica_actions *out);
/* witness: with REPLICA_W_OK only. */
void replica_witness(struct replica *r, uint64_t now_ns, enum replica_heard heard,
	const struct replica_witness *witness, struct replica_actions *out);
void replica_tick(struct replica *r, uint64_t now_ns, struct replica_actions *out);

#endif
