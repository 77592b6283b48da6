// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_alone.c - without the peer: is this VIOS's state the newest, and commits that the witness
 * takes. With it: tells the witness when both are in step. Pure; runs within an event of replica.c.
 *
 * A claim (work W_CLAIM) ends in one of two ways: the witness has taken it, or the witness has
 * moved on to what does not follow from our state. A question that was lost may still arrive there,
 * so a witness that has not moved means: ask again, never: forget it.
 */
#include "ha/cluster/replica_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_NS (1000 * REPLICA_MS)
#define SETTLE_AGAIN_NS (500 * REPLICA_MS)

static bool is_alone(const struct replica *r)
{
	return r->state == R_SEEK || r->state == R_ALONE || r->state == R_STALE;
}

bool replica_behind(const struct replica *r)
{
	return r->known && !stamp_covers(&r->cur.stamp, &r->witness.mark);
}

/* --- what the witness says of our state --- */

static void become_stale(struct replica *r)
{
	if (r->state != R_STALE)
		replica_log(r, true,
			"replica-stale: epoch=%" PRIu64 " version=%" PRIu64
			" witness-epoch=%" PRIu64 " witness-version=%" PRIu64
			" raised-by=%s; waits for %s",
			r->cur.stamp.epoch, r->cur.stamp.version, r->witness.mark.epoch,
			r->witness.mark.version, r->witness.holder[0] ? r->witness.holder : "both",
			r->rules.peer_name);
	r->state = R_STALE;
	if (!r->adopted.text && !r->doubtful)
		replica_adopt(r, true);
}

/* The other VIOS has committed just what we have: it is the same state, durably so. */
static void restamp(struct replica *r)
{
	if (!replica_record_copy(r, &r->next, &r->cur))
		return;
	r->next.stamp.epoch = r->witness.mark.epoch;
	replica_ask_store(r, W_COPY_STORE);
	r->orphan = true;
	r->state = R_SEEK;
}

static void judge_alone(struct replica *r)
{
	const struct stamp_mark *mark = &r->witness.mark;

	if (!is_alone(r) || r->work != W_IDLE)
		return;
	if (r->doubtful || replica_behind(r)) {
		become_stale(r);
		return;
	}
	if (stamp_same_text(&r->cur.stamp, mark) && r->cur.stamp.epoch < mark->epoch) {
		restamp(r);
		return;
	}
	r->state = R_ALONE;
	if (stamp_same_text(&r->cur.stamp, mark)) {
		replica_certain(r, true);
	} else if (r->cur.stamp.version == 0 && mark->version == 0) {
		replica_certain(r, true);
	} else if (r->sure) {
		replica_adopt(r, false);
	}
}

/* --- claims --- */

static void claim(struct replica *r)
{
	uint64_t above = r->cur.stamp.epoch;

	if (r->witness.mark.epoch > above)
		above = r->witness.mark.epoch;
	r->next.stamp.epoch = above + 1;
	r->next.intent = true;
	r->next.base = r->cur.stamp;
	r->look_first = false;
	replica_ask_store(r, W_CLAIM_STORE);
}

static void claim_doubt(struct replica *r)
{
	if (replica_record_copy(r, &r->next, &r->cur))
		claim(r);
}

static void claim_change(struct replica *r)
{
	struct replica_open *o = &r->open[0];
	struct replica_queued p = {
		r->side, {r->self.incarnation, o->seq}, o->base, o->change, o->n_change};
	enum replica_outcome outcome;
	char why[REPLICA_SENTENCE], *result;

	if (replica_apply(r, &p, &result, &outcome, why)) {
		replica_result_keep(r, result);
		o->claimed = true;
		claim(r);
	} else {
		replica_answer(r, 0, outcome, "%s", why);
		if (!r->out->error)
			r->out->v[r->out->n - 1].alone = true;
		replica_result_give(r, result);
	}
}

void replica_alone_advance(struct replica *r)
{
	if (!r->known || r->work != W_IDLE)
		return;
	if (!r->sure)
		claim_doubt(r);
	while (r->work == W_IDLE && r->n_open > 0 && !r->out->error)
		claim_change(r);
}

static void claim_taken(struct replica *r)
{
	replica_log(r, false, "replica-alone: committed epoch=%" PRIu64 " version=%" PRIu64,
		r->next.stamp.epoch, r->next.stamp.version);
	replica_commit(r, true);
	judge_alone(r);
}

static void judge_claim(struct replica *r)
{
	const struct stamp_mark *mark = &r->witness.mark;

	r->look_first = false;
	if (stamp_is_mark(&r->next.stamp, mark)) {
		claim_taken(r);
	} else if (!stamp_covers(&r->next.base, mark)) {
		replica_next_drop(r, "the other VIOS has committed another change first");
		judge_alone(r);
	} else if (mark->epoch >= r->next.stamp.epoch) {
		r->next.stamp.epoch = mark->epoch + 1;
		replica_ask_store(r, W_CLAIM_STORE);
	}
}

/* --- answers --- */

static void heard_ok(
	struct replica *r, enum replica_asked asked, const struct replica_witness *witness)
{
	r->witness = *witness;
	r->known = true;
	r->broken = false;
	r->poll_ns = r->now_ns + POLL_NS;
	if (asked == ASKED_SETTLE)
		replica_log(r, false, "replica-witness: in-step epoch=%" PRIu64 " version=%" PRIu64,
			witness->mark.epoch, witness->mark.version);
	if (r->work == W_CLAIM)
		judge_claim(r);
	else
		judge_alone(r);
}

static void heard_refused(struct replica *r, enum replica_asked asked)
{
	r->known = false;
	if (asked == ASKED_CLAIM)
		r->look_first = true;
	if (asked == ASKED_SETTLE)
		r->settle_ns = r->now_ns + SETTLE_AGAIN_NS;
	if (asked != ASKED_GET)
		return;
	if (!r->broken)
		replica_log(r, true, "replica-witness: it cannot be read; see vios-framed's log");
	r->broken = true;
	r->poll_ns = r->now_ns + POLL_NS;
	if (r->state == R_ALONE)
		r->state = R_SEEK;
}

static void heard_away(struct replica *r)
{
	r->reachable = r->known = false;
	r->look_first = true;
	r->poll_ns = r->now_ns;
	if (r->state == R_ALONE)
		r->state = R_SEEK;
}

void replica_witness_heard(
	struct replica *r, enum replica_heard heard, const struct replica_witness *witness)
{
	enum replica_asked asked = r->asked;

	r->asked = ASKED_NOTHING;
	if (heard == REPLICA_W_BACK)
		r->reachable = true;
	else if (heard == REPLICA_W_AWAY)
		heard_away(r);
	else if (asked != ASKED_NOTHING && heard == REPLICA_W_OK)
		heard_ok(r, asked, witness);
	else if (asked != ASKED_NOTHING)
		heard_refused(r, asked);
}

/* --- questions, one at a time --- */

static void ask(struct replica *r)
{
	replica_emit(r, REPLICA_WITNESS_GET);
	r->asked = ASKED_GET;
	r->poll_ns = r->now_ns + POLL_NS;
}

static void raise(struct replica *r, enum replica_asked asked, const struct replica_record *record)
{
	struct replica_action *a = replica_emit(r, REPLICA_WITNESS_RAISE);

	a->expect = r->witness.mark;
	a->wanted = stamp_mark(&record->stamp);
	a->in_step = asked == ASKED_SETTLE;
	if (asked == ASKED_CLAIM)
		a->changed = record->changed;
	r->asked = asked;
}

static void settle(struct replica *r)
{
	const struct replica_witness *w = &r->witness;

	r->settle_ns = REPLICA_NEVER;
	if (!r->known) {
		ask(r);
		r->settle_ns = r->now_ns;
	} else if (replica_behind(r)) {
		replica_log(r, true,
			"replica-behind: both VIOS are behind the witness: epoch=%" PRIu64
			" version=%" PRIu64 "; restore the VIOS that has it, or run vios-framed "
			"--witness-reset",
			w->mark.epoch, w->mark.version);
		r->settle_ns = r->now_ns + 10 * POLL_NS;
		ask(r);
	} else if (!stamp_is_mark(&r->cur.stamp, &w->mark) || w->holder[0] || w->changed.all ||
		   w->changed.n > 0) {
		raise(r, ASKED_SETTLE, &r->cur);
	}
}

void replica_witness_advance(struct replica *r)
{
	if (!r->reachable || r->asked != ASKED_NOTHING)
		return;
	if (r->work == W_CLAIM && r->known && !r->look_first)
		raise(r, ASKED_CLAIM, &r->next);
	else if (r->work == W_CLAIM && (!r->broken || r->poll_ns <= r->now_ns))
		ask(r);
	else if (is_alone(r) && r->work == W_IDLE &&
		 (r->poll_ns <= r->now_ns || (r->state == R_SEEK && !r->broken)))
		ask(r);
	else if (r->state == R_PAIR && r->settle_ns <= r->now_ns)
		settle(r);
}
