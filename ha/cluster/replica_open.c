// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_open.c - the requests of this VIOS's own operators, from their arrival to their one
 * answer, and what a change makes of the state. Pure; runs within an event of replica.c, which owns
 * the list.
 *
 * Only the first of the list is under way; so the last request that is in a state (its `done`)
 * tells exactly which of ours the peer has taken over.
 */
#include "ha/cluster/replica_in.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_NS (5000 * REPLICA_MS)

void replica_open_done(struct replica *r, bool alone)
{
	const struct stamp_done *done = &r->cur.stamp.done[r->side];

	if (r->n_open == 0 || done->incarnation != r->self.incarnation ||
		done->seq != r->open[0].seq)
		return;
	replica_answer(r, 0, REPLICA_DONE, "committed %s", alone ? "alone" : "by the pair");
	if (r->out->error)
		return;
	r->out->v[r->out->n - 1].alone = alone;
	if (r->result && memcmp(r->result_of, r->cur.stamp.digest, STAMP_DIGEST) == 0) {
		replica_result_give(r, r->result);
		r->result = NULL;
	}
}

/* Until it is known whether `next` holds. */
void replica_result_keep(struct replica *r, char *result)
{
	free(r->result);
	r->result = result;
	memcpy(r->result_of, r->next.stamp.digest, STAMP_DIGEST);
}

/* To the answer that was the last action. */
void replica_result_give(struct replica *r, char *result)
{
	if (r->out->error)
		free(result);
	else
		r->out->v[r->out->n - 1].result = result;
}

void replica_open_unsend(struct replica *r)
{
	if (r->n_open > 0)
		r->open[0].sent = false;
}

void replica_open_refuse(struct replica *r, const char *why)
{
	size_t i = 0;

	while (i < r->n_open) {
		if (r->open[i].sent_ever || r->open[i].claimed)
			i++;
		else
			replica_answer(r, i, REPLICA_REFUSED, "%s", why);
	}
}

void replica_open_expire(struct replica *r)
{
	char why[REPLICA_SENTENCE];
	size_t i = 0;

	replica_reason(r, why);
	while (i < r->n_open) {
		if (r->open[i].deadline_ns > r->now_ns)
			i++;
		else if (r->open[i].sent_ever || r->open[i].claimed)
			replica_answer(r, i, REPLICA_UNKNOWN,
				"the change was sent, but not acknowledged in time, and may or may "
				"not take effect; look before you repeat it (%s)",
				why);
		else
			replica_answer(r, i, REPLICA_REFUSED,
				"the change could not be started in time: %s", why);
	}
}

uint64_t replica_open_next_ns(const struct replica *r)
{
	uint64_t next_ns = REPLICA_NEVER;

	for (size_t i = 0; i < r->n_open; i++)
		if (r->open[i].deadline_ns < next_ns)
			next_ns = r->open[i].deadline_ns;
	return next_ns;
}

static bool fits(struct replica *r, const struct replica_applied *applied,
	enum replica_outcome *outcome, char *why)
{
	if (applied->text_bytes > 0 && applied->text_bytes <= REPLICA_TEXT_MAX)
		return true;
	*outcome = REPLICA_REFUSED;
	snprintf(why, REPLICA_SENTENCE,
		"the state would have %zu bytes; it may have 1 to %u: remove what is not needed",
		applied->text_bytes, REPLICA_TEXT_MAX);
	return false;
}

static void take_next(
	struct replica *r, const struct replica_queued *p, struct replica_applied *applied)
{
	replica_record_clear(&r->next);
	r->next.stamp = r->cur.stamp;
	r->next.stamp.version++;
	r->next.stamp.done[p->side] = p->who;
	r->next.changed = applied->changed;
	r->next.text = applied->text;
	r->next.text_bytes = applied->text_bytes;
	applied->text = NULL;
	stamp_digest(r->next.text, r->next.text_bytes, r->next.stamp.digest);
}

static bool refused_before(
	struct replica *r, const struct replica_queued *p, enum replica_outcome *outcome, char *why)
{
	const struct stamp_done *done = &r->cur.stamp.done[p->side];

	if (done->incarnation == p->who.incarnation && done->seq >= p->who.seq) {
		*outcome = REPLICA_UNKNOWN;
		snprintf(why, REPLICA_SENTENCE, "the change is in the state already");
		return true;
	}
	if (p->base == REPLICA_ANY_BASE || p->base == r->cur.stamp.version)
		return false;
	*outcome = REPLICA_REFUSED;
	snprintf(why, REPLICA_SENTENCE,
		"the change was made for version %" PRIu64 ", and the state is at version %" PRIu64
		" by now: look at it again",
		p->base, r->cur.stamp.version);
	return true;
}

/* result: the caller's to free. */
bool replica_apply(struct replica *r, const struct replica_queued *p, char **result,
	enum replica_outcome *outcome, char why[REPLICA_SENTENCE])
{
	struct replica_applied applied = {.verdict = REPLICA_FAULTY};
	bool stores;

	*result = NULL;
	if (refused_before(r, p, outcome, why))
		return false;
	if (r->rules.apply(r->cur.text, r->cur.text_bytes, p->change, p->n_change, &applied,
		    r->rules.user) < 0)
		r->out->error = -ENOMEM;
	*result = applied.result;
	*outcome = applied.verdict == REPLICA_FAULTY ? REPLICA_FAULTS : REPLICA_DONE;
	snprintf(why, REPLICA_SENTENCE, "%s",
		applied.verdict == REPLICA_FAULTY ? "the change has faults"
						  : "nothing is to be changed");
	stores = applied.verdict == REPLICA_CHANGED && !r->out->error &&
		 fits(r, &applied, outcome, why);
	if (stores)
		take_next(r, p, &applied);
	free(applied.text);
	return stores;
}

static bool acceptable(struct replica *r, uint64_t request, size_t change_bytes)
{
	struct replica_action *a;

	if (r->state != R_NEW && r->n_open < REPLICA_OPEN_MAX && change_bytes > 0 &&
		change_bytes <= REPLICA_CHANGE_MAX)
		return true;
	a = replica_emit(r, REPLICA_ANSWER);
	a->request = request;
	a->outcome = REPLICA_REFUSED;
	a->record.stamp = r->cur.stamp;
	if (r->state == R_NEW)
		snprintf(a->sentence, sizeof(a->sentence), "viosd has not read its state yet");
	else if (r->n_open == REPLICA_OPEN_MAX)
		snprintf(a->sentence, sizeof(a->sentence),
			"%u changes wait already; try again later", REPLICA_OPEN_MAX);
	else
		snprintf(a->sentence, sizeof(a->sentence),
			"the change has %zu bytes; it may have 1 to %u: divide it", change_bytes,
			REPLICA_CHANGE_MAX);
	return false;
}

void replica_open_add(struct replica *r, const struct replica_request *q)
{
	struct replica_open *o = &r->open[r->n_open];
	char *change;

	if (!acceptable(r, q->request, q->change_bytes))
		return;
	change = replica_copy(r, q->change, q->change_bytes);
	if (!change)
		return;
	*o = (struct replica_open){
		.request = q->request,
		.seq = ++r->last_seq,
		.base = q->base < 0 ? REPLICA_ANY_BASE : (uint64_t)q->base,
		.deadline_ns = r->now_ns + DEADLINE_NS,
		.change = change,
		.n_change = q->change_bytes,
	};
	r->n_open++;
}
