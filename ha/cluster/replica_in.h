/* SPDX-License-Identifier: BSD-3-Clause */
/* replica_in.h - the functions that the files replica*.c share. Private to them. Pure. */
#ifndef HA_CLUSTER_REPLICA_IN_H
#define HA_CLUSTER_REPLICA_IN_H

#include "ha/cluster/replica_priv.h"

#define REPLICA_MS UINT64_C(1000000)
#define REPLICA_NEVER UINT64_MAX

/* replica_out.c: actions, and memory. Without memory they set the actions' error. */
struct replica_action *replica_emit(struct replica *r, enum replica_do what);
void replica_log(struct replica *r, bool warning, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void replica_answer(struct replica *r, size_t i, enum replica_outcome outcome, const char *format,
	...) __attribute__((format(printf, 4, 5)));
void replica_multicast(struct replica *r, struct replica_msg *msg);
void replica_ask_store(struct replica *r, enum replica_work work);
void replica_keep_aside(struct replica *r, const struct replica_record *record, const char *why);
bool replica_record_copy(
	struct replica *r, struct replica_record *to, const struct replica_record *from);
char *replica_copy(struct replica *r, const void *bytes, size_t n);

/* replica_open.c: our own requests, and what a change makes of the state. */
void replica_open_done(struct replica *r, bool alone); /* those that are in cur */
void replica_result_keep(struct replica *r, char *result);
void replica_result_give(struct replica *r, char *result);
void replica_open_add(struct replica *r, const struct replica_request *q);
void replica_open_unsend(struct replica *r);
void replica_open_refuse(struct replica *r, const char *why); /* those that nobody else can have */
void replica_open_expire(struct replica *r);
uint64_t replica_open_next_ns(const struct replica *r);
/* Makes `next` from cur and one change. True: there is one to be stored. */
bool replica_apply(struct replica *r, const struct replica_queued *p, char **result,
	enum replica_outcome *outcome, char why[REPLICA_SENTENCE]);

/* replica_pair.c: with the peer. */
void replica_session_reset(struct replica *r);
void replica_session_begin(struct replica *r); /* anew: the peer is to forget what it knows */
void replica_hello(struct replica *r);
void replica_meet(struct replica *r);
void replica_have(struct replica *r, const struct replica_msg *msg);
void replica_ack(struct replica *r, const struct replica_msg *msg, bool own);
bool replica_chunk(struct replica *r, const struct replica_msg *msg);
bool replica_enqueue(struct replica *r, const struct replica_msg *msg, bool own);
void replica_pair_advance(struct replica *r);
void replica_say_ack(struct replica *r, const struct stamp *stamp);
void replica_judge_acks(struct replica *r);
void replica_unqueue(struct replica *r, size_t n);

/* replica_alone.c: with the witness. */
void replica_witness_advance(struct replica *r);
void replica_witness_heard(
	struct replica *r, enum replica_heard heard, const struct replica_witness *witness);
void replica_alone_advance(struct replica *r);
bool replica_behind(const struct replica *r);

/* replica.c */
uint64_t replica_patience_ns(const struct replica *r);
bool replica_table_complete(void);
bool replica_work_complete(void);

/* replica_work.c: from a record that is made to one that holds. */
void replica_work_stored(struct replica *r, bool ok);
void replica_work_retry(struct replica *r);
void replica_commit(struct replica *r, bool alone);
void replica_certain(struct replica *r, bool alone);
void replica_next_is_cur(struct replica *r); /* it is durable; whether committed is not known */
void replica_next_drop(struct replica *r, const char *why);
void replica_adopt(struct replica *r, bool stale);

#endif
