/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replica_msg.h - what two replicas tell each other, as bytes. Pure.
 *
 * Numbers are big-endian. Every message, after the header of wire.h:
 *
 *	  0  kind 4 bytes
 *	  4  from, to: incarnation 8, count 8 each (to 0, 0: not known yet)
 *	 36  stamp: epoch 8, version 8, digest 32, done: incarnation 8, seq 8, twice
 *	116  kind's own:
 *	     HAVE     flags 4 (1: doubtful)
 *	     ACK      nothing
 *	     PROPOSE  seq 8, base 8 (all ones: any), the change (not empty)
 *	     CHUNK    total 4, offset 4, number of ids 4 (all ones: all), ids 4 each, the piece (not
 *	              empty)
 *
 * Nothing may follow. The stamp of a PROPOSE is not looked at.
 */
#ifndef HA_CLUSTER_REPLICA_MSG_H
#define HA_CLUSTER_REPLICA_MSG_H

#include "ha/cluster/replica.h"

#define REPLICA_PIECE 49152u /* bytes of the text in one CHUNK, but for the last one */
#define REPLICA_ANY_BASE UINT64_MAX

enum replica_kind { MSG_HAVE = 1, MSG_ACK, MSG_PROPOSE, MSG_CHUNK };

/* One end of a session: a process, and the how-manieth acquaintance it makes. */
struct replica_id {
	uint64_t incarnation, count;
};

struct replica_msg {
	enum replica_kind kind;
	struct replica_id from, to;
	struct stamp stamp;
	bool doubtful;
	uint64_t seq, base;
	uint32_t total, offset;
	struct stamp_ids changed;
	const uint8_t *data; /* of a PROPOSE, a CHUNK: points into what was read */
	size_t n_data;
};

/* malloc()ed; NULL: no memory. The data is at most REPLICA_PIECE or REPLICA_CHANGE_MAX. */
uint8_t *replica_msg_write(const struct replica_msg *msg, size_t *n_bytes);
/* False: rubbish. */
bool replica_msg_read(const uint8_t *bytes, size_t n_bytes, struct replica_msg *msg);

#endif
