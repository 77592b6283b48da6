// SPDX-License-Identifier: BSD-3-Clause
/*
 * rpromises.c - what is promised of the replicated state, checked against all that both VIOS have
 * ever said. One thread. A state's text is the list of its changes, so one history means: of any
 * two committed texts one begins with the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rsim.h"

static size_t count(const char *text, uint32_t change)
{
	char line[24];
	size_t n = 0;

	snprintf(line, sizeof(line), "\na%u\n", change);
	for (const char *at = strstr(text, line); at; at = strstr(at + 1, line))
		n++;
	return n;
}

bool rtext_has(const char *text, uint32_t change)
{
	return text && count(text, change) > 0;
}

static void check_chain(struct rsim *s, const char *text)
{
	size_t have = strlen(s->committed), n = strlen(text);

	rsim_promise(s, strncmp(s->committed, text, have < n ? have : n) == 0, "two histories");
	if (n <= have)
		return;
	free(s->committed);
	s->committed = strdup(text);
}

static void check_one_digest(struct rsim *s, const struct stamp *stamp)
{
	for (size_t i = 0; i < s->n_states; i++)
		if (stamp_compare(&s->state[i], stamp) == 0) {
			rsim_promise(s,
				memcmp(s->state[i].digest, stamp->digest, STAMP_DIGEST) == 0,
				"two states with one epoch and version");
			return;
		}
	if (s->n_states < RSTATES)
		s->state[s->n_states++] = *stamp;
}

void rcheck_adopt(struct rsim *s, int who, const struct replica_action *a)
{
	struct rnode *n = &s->node[who];

	rsim_say(s, a->stale ? "adopts stale" : "adopts", (uint64_t)who, a->record.stamp.version);
	free(n->text);
	n->text = strndup(a->record.text, a->record.text_bytes);
	n->adopted = a->record.stamp;
	n->stale = a->stale;
	if (a->stale)
		return;
	check_one_digest(s, &a->record.stamp);
	check_chain(s, n->text);
}

/* Each version adds a line. */
static int64_t line_of(const char *text, uint32_t change)
{
	char line[24];
	const char *end;
	int64_t n = 0;

	snprintf(line, sizeof(line), "\na%u\n", change);
	end = strstr(text, line);
	for (const char *at = text; end && at <= end; at++)
		n += *at == '\n';
	return n;
}

static void check_done(struct rsim *s, int who, const struct replica_action *a, struct rchange *c)
{
	struct rnode *n = &s->node[who];

	s->done++;
	if (c->same)
		return;
	rsim_promise(s, !c->faulty, "a faulty change was committed");
	rsim_promise(s, n->text && count(n->text, (uint32_t)a->request) == 1,
		"acknowledged, and not in the state that is lived by");
	rsim_promise(
		s, rtext_has(s->committed, (uint32_t)a->request), "acknowledged, not committed");
	rsim_promise(s, c->base < 0 || line_of(n->text, (uint32_t)a->request) == c->base + 1,
		"committed on another version than it was meant for");
	if (!a->alone)
		return;
	s->alone++;
	if (s->cut && !s->calm) {
		/* The other one may do so if what it has is just what was committed here. */
		rsim_promise(s, s->alone_by != 1 - who || rtext_has(n->text, s->alone_change),
			"both sides of a partition have committed");
		s->alone_by = who;
		s->alone_change = (uint32_t)a->request;
	}
}

void rcheck_answer(struct rsim *s, int who, const struct replica_action *a)
{
	static const enum rfate fates[] = {F_DONE, F_REFUSED, F_REFUSED, F_UNKNOWN};
	struct rchange *c = &s->change[a->request];

	rsim_say(s, "answer", a->request * 10 + (uint64_t)who, a->outcome);
	rsim_promise(s, c->fate == F_OPEN, "answered twice");
	rsim_promise(s, (a->outcome == REPLICA_FAULTS) <= c->faulty, "faults of a good change");
	rsim_promise(s, a->sentence[0], "an answer without a sentence");
	c->fate = fates[a->outcome];
	c->answered_ns = s->now_ns;
	if (c->fate == F_DONE)
		check_done(s, who, a, c);
	else if (c->fate == F_REFUSED)
		rsim_promise(s, !rtext_has(s->committed, (uint32_t)a->request),
			"refused, and committed");
}

/* Started with a state that lacks what the other has committed alone before. */
void rcheck_serve(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	uint32_t first = s->n_changes > 24 ? s->n_changes - 24 : 1;

	if (!n->text || replica_role(n->r) == REPLICA_PAIR)
		return;
	for (uint32_t i = first; i <= s->n_changes; i++) {
		const struct rchange *c = &s->change[i];

		if (c->fate == F_DONE && !c->same && c->answered_ns < n->born_ns &&
			replica_may_serve(n->r, i))
			rsim_promise(s, rtext_has(n->text, i),
				"serves an adapter whose change it has missed");
	}
}

static void check_change(struct rsim *s, uint32_t i, const char *final)
{
	const struct rchange *c = &s->change[i];
	size_t n = count(final, i);

	rsim_promise(s, n <= 1, "a change is in the state twice");
	if (c->fate == F_DONE && !c->same)
		rsim_promise(s, n == 1, "an acknowledged change is lost");
	if (c->fate == F_REFUSED || c->same || c->faulty)
		rsim_promise(s, n == 0, "a refused change is in the state");
	rsim_promise(s, c->fate != F_OPEN || c->life != s->node[c->node].life,
		"a request was never answered");
}

/* The world has been calm for long enough. */
void rcheck_end(struct rsim *s)
{
	struct rnode *a = &s->node[0], *b = &s->node[1];

	for (int i = 0; i < 2 && !s->failed; i++)
		rsim_promise(
			s, replica_role(s->node[i].r) == REPLICA_PAIR, "not in step at the end");
	if (s->failed)
		return;
	rsim_promise(s, stamp_equal(&a->adopted, &b->adopted), "digests differ at the end");
	rsim_promise(s, !a->stale && !b->stale, "stale at the end");
	struct stamp_mark m = stamp_mark(&a->adopted);
	rsim_promise(s,
		s->witness.mark.epoch == m.epoch && s->witness.mark.version == m.version &&
			strcmp(s->witness.mark.digest, m.digest) == 0 && !s->witness.holder[0],
		"the witness does not know that both are in step");
	for (uint32_t i = 1; i <= s->n_changes && !s->failed; i++)
		check_change(s, i, a->text);
	rsim_promise(
		s, replica_rubbish(a->r) + replica_rubbish(b->r) == 0, "rubbish among ourselves");
}
