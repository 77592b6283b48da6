// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_work.c - from a record that was made to one that holds. Pure; runs within an event of
 * replica.c.
 */
#include "ha/cluster/replica_in.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STORE_AGAIN_NS (1000 * REPLICA_MS)

void replica_adopt(struct replica *r, bool stale)
{
	if (r->adopted.text && stamp_equal(&r->adopted.stamp, &r->cur.stamp))
		return;
	if (!replica_record_copy(r, &r->adopted, &r->cur))
		return;
	struct replica_action *a = replica_emit(r, REPLICA_ADOPT);
	r->adopted_stale = a->stale = stale;
	replica_record_copy(r, &a->record, &r->cur);
}

void replica_certain(struct replica *r, bool alone)
{
	r->sure = true;
	memset(&r->missed, 0, sizeof(r->missed));
	replica_adopt(r, false);
	replica_open_done(r, alone);
}

void replica_next_is_cur(struct replica *r)
{
	free(r->cur.text);
	r->cur = r->next;
	r->cur.intent = false;
	memset(&r->next, 0, sizeof(r->next));
	r->sure = r->baseless = r->unfinished = false;
	r->work = W_IDLE;
}

void replica_commit(struct replica *r, bool alone)
{
	replica_next_is_cur(r);
	replica_certain(r, alone);
}

void replica_next_drop(struct replica *r, const char *why)
{
	if (memcmp(r->next.stamp.digest, r->cur.stamp.digest, STAMP_DIGEST) != 0)
		replica_keep_aside(r, &r->next, why);
	if (r->unfinished)
		r->missed = r->next.changed;
	r->unfinished = false;
	replica_record_clear(&r->next);
	r->doubtful = r->doubtful || r->baseless;
	if (r->n_open > 0)
		r->open[0].claimed = false;
	r->work = W_IDLE;
}

/* The table of the work: what follows when `next` is durable. */
static void pair_stored(struct replica *r)
{
	if (r->orphan) {
		replica_next_is_cur(r);
		return;
	}
	r->work = W_ACK;
	replica_say_ack(r, &r->next.stamp);
	replica_judge_acks(r);
}

static void copy_stored(struct replica *r)
{
	bool orphan = r->orphan;

	replica_next_is_cur(r);
	if (orphan)
		return;
	r->state = R_MEET;
	r->progress_ns = r->now_ns;
	replica_say_ack(r, &r->cur.stamp);
	replica_judge_acks(r);
}

static void claim_stored(struct replica *r)
{
	r->work = W_CLAIM;
}

static void nothing_stored(struct replica *r)
{
	replica_log(r, true, "replica-unasked: a store that nobody asked for is done");
}

static void (*const stored[W_N_WORKS])(struct replica *r) = {
	[W_IDLE] = nothing_stored,
	[W_PAIR_STORE] = pair_stored,
	[W_ACK] = nothing_stored,
	[W_COPY_STORE] = copy_stored,
	[W_CLAIM_STORE] = claim_stored,
	[W_CLAIM] = nothing_stored,
};

bool replica_work_complete(void)
{
	for (int w = 0; w < W_N_WORKS; w++)
		if (!stored[w])
			return false;
	return true;
}

void replica_work_stored(struct replica *r, bool ok)
{
	if (ok) {
		stored[r->work](r);
		return;
	}
	r->retry_ns = r->now_ns + STORE_AGAIN_NS;
	replica_log(r, true,
		"replica-not-stored: epoch=%" PRIu64 " version=%" PRIu64
		" retry=1s; no change is acknowledged until it is",
		r->next.stamp.epoch, r->next.stamp.version);
}

void replica_work_retry(struct replica *r)
{
	if (r->retry_ns <= r->now_ns) {
		r->retry_ns = REPLICA_NEVER;
		replica_record_copy(r, &replica_emit(r, REPLICA_STORE)->record, &r->next);
	}
}
