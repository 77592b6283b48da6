// SPDX-License-Identifier: BSD-3-Clause
/* replica_scene.c - carries out what two replicas ask for, in memory. One thread; a scene owns all.
 */
#include "tests/unit/ha/cluster/replica_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int apply(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
	struct replica_applied *out, void *user)
{
	const char *flavour = user;

	memset(out, 0, sizeof(*out));
	if (change[0] == 'f') {
		out->verdict = REPLICA_FAULTY;
		out->result = strdup("[\"name: too long\"]");
		return 0;
	}
	out->verdict = change[0] == 's' ? REPLICA_UNCHANGED : REPLICA_CHANGED;
	if (out->verdict == REPLICA_UNCHANGED)
		return 0;
	out->text_bytes = change[0] == '!' ? REPLICA_TEXT_MAX + 1 : text_bytes + change_bytes + 1;
	out->text = malloc(out->text_bytes);
	memset(out->text, 'x', out->text_bytes);
	memcpy(out->text, text, text_bytes);
	memcpy(out->text + text_bytes, change, change_bytes);
	out->text[text_bytes + change_bytes] = *flavour;
	out->result = strdup("made");
	out->changed.n = 1;
	out->changed.id[0] = 7;
	return 0;
}

static bool valid(const char *text, size_t text_bytes, void *user)
{
	return text[0] == '0';
}

void scene_hear(struct scene *s, int who, enum replica_heard heard)
{
	replica_witness(s->side[who].r, s->now_ns, heard, &s->witness, &s->side[who].out);
	scene_act(s, who);
}

static void on_answer(struct side *x, struct replica_action *a)
{
	x->answered = a->request;
	x->outcome = a->outcome;
	x->alone = a->alone;
	memcpy(x->sentence, a->sentence, sizeof(a->sentence));
	free(x->result);
	x->result = a->result;
	a->result = NULL;
}

static void on_action(struct scene *s, int who, struct replica_action *a)
{
	struct side *x = &s->side[who];

	if (a->what == REPLICA_MULTICAST) {
		assert_true(s->n_group < MESSAGES);
		s->group[s->n_group].node = (uint32_t)who + 1;
		s->group[s->n_group].n = a->n_bytes;
		s->group[s->n_group++].bytes = a->bytes;
		a->bytes = NULL;
	} else if (a->what == REPLICA_STORE) {
		x->stores++;
	} else if (a->what == REPLICA_WITNESS_GET) {
		x->gets++;
	} else if (a->what == REPLICA_WITNESS_RAISE) {
		x->raises++;
		x->raise = *a;
		x->raise.bytes = NULL;
	} else if (a->what == REPLICA_ANSWER) {
		on_answer(x, a);
	} else if (a->what == REPLICA_ADOPT) {
		x->adoptions++;
		x->adopted = a->record.stamp;
	} else if (a->what == REPLICA_KEEP_ASIDE) {
		x->asides++;
	} else {
		memcpy(x->last_log, a->sentence, sizeof(a->sentence));
	}
}

/* A store and a question are answered at once, unless the scene wants to do it itself. */
void scene_act(struct scene *s, int who)
{
	struct side *x = &s->side[who];
	struct replica_actions out = x->out;
	size_t stores = x->stores, gets = x->gets, raises = x->raises;

	memset(&x->out, 0, sizeof(x->out));
	assert_int_equal(out.error, 0);
	for (size_t i = 0; i < out.n; i++)
		on_action(s, who, &out.v[i]);
	replica_actions_clear(&out);
	if (x->auto_witness && x->raises > raises) {
		x->stale_raises += x->raise.expect.epoch != s->witness.mark.epoch ||
				   x->raise.expect.version != s->witness.mark.version;
		s->witness.mark = x->raise.wanted;
		snprintf(s->witness.holder, sizeof(s->witness.holder), "%s",
			x->raise.in_step ? ""
			: who		 ? "vios2"
					 : "vios1");
		s->witness.changed = x->raise.changed;
	}
	if (x->auto_witness && x->gets + x->raises > gets + raises)
		scene_hear(s, who, REPLICA_W_OK);
	if (x->auto_store && x->stores > stores) {
		replica_stored(x->r, s->now_ns, !x->store_fails, &x->out);
		scene_act(s, who);
	}
}

void scene_view(struct scene *s, int who, bool peer)
{
	replica_view(s->side[who].r, s->now_ns, peer, &s->side[who].out);
	scene_act(s, who);
}

/* All that is said, and what follows from it. */
void scene_run(struct scene *s)
{
	for (size_t i = 0; i < s->n_group; i++) {
		for (int who = 0; who < 2; who++) {
			if (!s->side[who].r)
				continue;
			replica_deliver(s->side[who].r, s->now_ns, s->group[i].node,
				s->group[i].bytes, s->group[i].n, &s->side[who].out);
			scene_act(s, who);
		}
		free(s->group[i].bytes);
	}
	s->n_group = 0;
}

void scene_tick(struct scene *s, uint64_t ms)
{
	s->now_ns += ms * REPLICA_MS;
	for (int who = 0; who < 2; who++) {
		replica_tick(s->side[who].r, s->now_ns, &s->side[who].out);
		scene_act(s, who);
	}
	scene_run(s);
}

struct replica_record scene_record(uint64_t epoch, uint64_t version, const char *text)
{
	struct replica_record record = {.stamp = {.epoch = epoch, .version = version},
		.text = (char *)text,
		.text_bytes = strlen(text)};

	stamp_digest(text, strlen(text), record.stamp.digest);
	return record;
}

void scene_start(struct scene *s, int who, const struct replica_record *newest,
	const struct replica_record *base, bool doubtful)
{
	struct side *x = &s->side[who];
	struct replica_rules rules = {
		.name = who ? "vios2" : "vios1",
		.peer_name = who ? "vios1" : "vios2",
		.node = (uint32_t)who + 1,
		.peer_node = 2 - (uint32_t)who,
		.incarnation = 100 + (uint64_t)who,
		.apply = apply,
		.valid = valid,
		.user = &s->flavour[who],
	};

	x->r = replica_new(&rules);
	x->auto_store = x->auto_witness = true;
	replica_start(x->r, s->now_ns, newest, base, doubtful, &x->out);
	scene_act(s, who);
}

void scene_pair_up(struct scene *s, const struct replica_record *a, const struct replica_record *b)
{
	scene_start(s, 0, a, NULL, false);
	scene_start(s, 1, b, NULL, false);
	for (int who = 0; who < 2; who++)
		scene_view(s, who, true);
	scene_run(s);
}

int scene_begin(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->now_ns = REPLICA_MS;
	s->flavour[0] = s->flavour[1] = '.';
	*state = s;
	return 0;
}

int scene_end(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < s->n_group; i++)
		free(s->group[i].bytes);
	for (int who = 0; who < 2; who++) {
		free(s->side[who].result);
		replica_actions_clear(&s->side[who].out);
		replica_free(s->side[who].r);
	}
	free(s);
	return 0;
}

void scene_propose(struct scene *s, int who, uint64_t request, const char *change, int64_t base)
{
	replica_propose(s->side[who].r, s->now_ns, request, change, strlen(change), base,
		&s->side[who].out);
	scene_act(s, who);
	scene_run(s);
}

void scene_assert_pair(struct scene *s)
{
	for (int who = 0; who < 2; who++)
		assert_int_equal(replica_role(s->side[who].r), REPLICA_PAIR);
	assert_true(stamp_equal(
		&replica_state(s->side[0].r)->stamp, &replica_state(s->side[1].r)->stamp));
}
