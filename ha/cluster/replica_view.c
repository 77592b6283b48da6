// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_view.c - what a replica tells of itself without being changed: its role and why, what may
 * be served, when it wants to be woken. Pure.
 */
#include "ha/cluster/replica_in.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t replica_next_ns(const struct replica *r)
{
	uint64_t next_ns = sooner(replica_open_next_ns(r), r->retry_ns);
	bool quiet = r->asked == ASKED_NOTHING && r->reachable;
	bool meeting = r->state == R_HELLO || r->state == R_MEET || r->state == R_RECEIVE;

	if (meeting && r->have_sent && r->work == W_IDLE)
		next_ns = sooner(next_ns, r->progress_ns + replica_patience_ns(r));
	if (r->state == R_PAIR && r->work == W_ACK)
		next_ns = sooner(next_ns, r->work_since_ns + replica_patience_ns(r));
	if (quiet && r->state == R_PAIR)
		next_ns = sooner(next_ns, r->settle_ns);
	if (quiet && (r->work == W_CLAIM || (!meeting && r->state != R_PAIR && r->work == W_IDLE)))
		next_ns = sooner(next_ns, r->poll_ns);
	return next_ns;
}

enum replica_role replica_role(const struct replica *r)
{
	if (r->state == R_PAIR)
		return replica_behind(r) ? REPLICA_WAITING : REPLICA_PAIR;
	return r->state == R_ALONE ? REPLICA_ALONE : REPLICA_WAITING;
}

static void reason_stale(const struct replica *r, char *out)
{
	const struct replica_witness *w = &r->witness;

	if (r->doubtful)
		snprintf(out, REPLICA_SENTENCE,
			"the newest state on the disk of %s is damaged; it waits for %s, which may "
			"have acknowledged more than version %" PRIu64,
			r->rules.name, r->rules.peer_name, r->cur.stamp.version);
	else
		snprintf(out, REPLICA_SENTENCE,
			"the frame's witness is at epoch %" PRIu64 " version %" PRIu64
			", raised by %s, and %s has epoch %" PRIu64 " version %" PRIu64
			": it commits when it has synchronised with %s",
			w->mark.epoch, w->mark.version, w->holder[0] ? w->holder : "both",
			r->rules.name, r->cur.stamp.epoch, r->cur.stamp.version,
			r->rules.peer_name);
}

static void reason_seek(const struct replica *r, char *out)
{
	if (r->reachable && !r->broken)
		snprintf(out, REPLICA_SENTENCE, "the frame's witness is being asked");
	else
		snprintf(out, REPLICA_SENTENCE,
			"%s is not in the cluster, and the frame's witness %s: nobody can tell "
			"whether %s may commit alone; start %s or vios-framed",
			r->rules.peer_name, r->broken ? "cannot be read" : "does not answer",
			r->rules.name, r->rules.peer_name);
}

void replica_reason(const struct replica *r, char sentence[REPLICA_SENTENCE])
{
	if (r->state == R_NEW)
		snprintf(sentence, REPLICA_SENTENCE, "the state has not been read yet");
	else if (r->state == R_SEEK)
		reason_seek(r, sentence);
	else if (r->state == R_STALE)
		reason_stale(r, sentence);
	else if (r->state == R_ALONE)
		snprintf(sentence, REPLICA_SENTENCE, "%s is away; the witness lets %s commit alone",
			r->rules.peer_name, r->rules.name);
	else if (r->state == R_PAIR && replica_behind(r))
		snprintf(sentence, REPLICA_SENTENCE,
			"both VIOS are behind the frame's witness (epoch %" PRIu64
			" version %" PRIu64 "): restore the state of %s, or run vios-framed "
			"--witness-reset",
			r->witness.mark.epoch, r->witness.mark.version,
			r->witness.holder[0] ? r->witness.holder : "both");
	else if (r->state == R_PAIR)
		snprintf(sentence, REPLICA_SENTENCE, "%s and %s are in step", r->rules.name,
			r->rules.peer_name);
	else if (r->work == W_CLAIM)
		snprintf(sentence, REPLICA_SENTENCE,
			"the witness does not say yet whether version %" PRIu64 " was committed",
			r->next.stamp.version);
	else
		snprintf(sentence, REPLICA_SENTENCE, "it synchronises with %s", r->rules.peer_name);
}

const struct replica_record *replica_state(const struct replica *r)
{
	return r->adopted.text ? &r->adopted : NULL;
}

/* A stale state may hold one change that nobody has acknowledged, and an intent that seems
 * overtaken may have been committed before that: their adapters wait, too. */
bool replica_may_serve(const struct replica *r, uint32_t adapter_id)
{
	if (!r->adopted.text || r->doubtful || stamp_ids_have(&r->missed, adapter_id))
		return false;
	/* What was last heard of the witness stays true: it only goes up. */
	if (!stamp_covers(&r->adopted.stamp, &r->witness.mark) &&
		stamp_ids_have(&r->witness.changed, adapter_id))
		return false;
	return !(r->adopted_stale && stamp_ids_have(&r->adopted.changed, adapter_id));
}

uint64_t replica_rubbish(const struct replica *r)
{
	return r->rubbish;
}
