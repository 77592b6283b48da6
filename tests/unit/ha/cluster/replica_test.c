// SPDX-License-Identifier: BSD-3-Clause
/* replica_test.c - single scenes of two replicas: what the simulation cannot see, or not quickly.
 */
#include "tests/unit/ha/cluster/replica_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- scenes --- */

static void test_table(void **state)
{
	assert_true(replica_table_complete());
}

static void test_change_by_the_pair(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	scene_assert_pair(s);
	scene_propose(s, 1, 41, "a", 0);
	assert_int_equal(s->side[1].answered, 41);
	assert_int_equal(s->side[1].outcome, REPLICA_DONE);
	assert_false(s->side[1].alone);
	assert_string_equal(s->side[1].result, "made");
	assert_int_equal(s->side[0].adopted.version, 1);
	scene_assert_pair(s);
}

static void test_answers_without_a_change(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	scene_propose(s, 0, 1, "fault", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_FAULTS);
	assert_string_equal(s->side[0].result, "[\"name: too long\"]");
	scene_propose(s, 0, 2, "same", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_DONE);
	scene_propose(s, 0, 3, "a", 5);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_non_null(strstr(s->side[0].sentence, "made for version 5"));
	scene_propose(s, 0, 4, "!", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_non_null(strstr(s->side[0].sentence, "3145729 bytes"));
	scene_propose(s, 0, 5, "", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_int_equal(replica_state(s->side[0].r)->stamp.version, 0);
}

static void test_waits_for_the_peer(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	s->side[1].auto_store = false;
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].answered, 0);
	replica_stored(s->side[1].r, s->now_ns, true, &s->side[1].out);
	scene_act(s, 1);
	scene_run(s);
	assert_int_equal(s->side[0].answered, 1);
}

static void test_too_many(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	s->side[1].auto_store = false;
	for (uint64_t i = 1; i <= REPLICA_OPEN_MAX; i++)
		scene_propose(s, 0, i, "a", -1);
	assert_int_equal(s->side[0].answered, 0);
	scene_propose(s, 0, 1000, "a", -1);
	assert_int_equal(s->side[0].answered, 1000);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
}

/* The rule of apply() is broken: found, named, and mended by a copy. */
static void test_divergence(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	s->flavour[1] = '?';
	scene_propose(s, 0, 1, "a", -1);
	scene_assert_pair(s);
	assert_int_equal(s->side[1].asides, 1);
	assert_int_equal(s->side[0].outcome, REPLICA_DONE);
	assert_memory_equal(replica_state(s->side[1].r)->text, "0a.", 3);
}

static void test_named_divergence(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	s->flavour[1] = '?';
	replica_propose(s->side[0].r, s->now_ns, 1, "a", 1, -1, &s->side[0].out);
	scene_act(s, 0);
	for (int i = 0; i < 3; i++) { /* the proposal, and the ACKs of both */
		for (int who = 0; who < 2; who++) {
			replica_deliver(s->side[who].r, s->now_ns, s->group[i].node,
				s->group[i].bytes, s->group[i].n, &s->side[who].out);
			scene_act(s, who);
		}
	}
	assert_non_null(strstr(s->side[0].last_log, "replica-diverged"));
	assert_non_null(strstr(s->side[0].last_log, "vios2"));
	assert_int_equal(s->side[0].answered, 0);
}

/* A peer that does not answer any more, though it is there. */
static void test_begins_anew(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	s->side[1].auto_store = false;
	scene_propose(s, 0, 1, "a", -1);
	scene_tick(s, 2900);
	assert_int_equal(replica_role(s->side[0].r), REPLICA_PAIR);
	scene_tick(s, 200);
	assert_int_equal(replica_role(s->side[0].r), REPLICA_WAITING);
	scene_tick(s, 2000);
	assert_int_equal(s->side[0].answered, 1);
	assert_int_equal(s->side[0].outcome, REPLICA_UNKNOWN);
	s->side[1].auto_store = true;
	replica_stored(s->side[1].r, s->now_ns, true, &s->side[1].out);
	scene_act(s, 1);
	scene_run(s);
	scene_assert_pair(s);
	assert_int_equal(replica_state(s->side[1].r)->stamp.version, 1);
}

static void test_store_fails(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	s->side[0].store_fails = true;
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].stores, 1);
	assert_int_equal(s->side[0].answered, 0);
	s->side[0].store_fails = false;
	scene_tick(s, 1000);
	assert_int_equal(s->side[0].stores, 2);
	assert_int_equal(s->side[0].outcome, REPLICA_DONE);
	assert_int_equal(s->side[0].answered, 1);
}

static void test_large_copy(void **state)
{
	struct scene *s = *state;
	size_t n = 300000;
	char *text = malloc(n + 1);

	memset(text, 'x', n);
	text[0] = '0';
	text[n] = 0;
	struct replica_record zero = scene_record(0, 0, "0"), large = scene_record(3, 9, text);
	large.changed.n = 1;
	large.changed.id[0] = 5;
	scene_pair_up(s, &zero, &large);
	scene_assert_pair(s);
	assert_int_equal(replica_state(s->side[0].r)->text_bytes, n);
	assert_int_equal(replica_state(s->side[0].r)->changed.id[0], 5);
	free(text);
}

/* --- alone --- */

static void test_alone(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_start(s, 0, &zero, NULL, false);
	assert_null(replica_state(s->side[0].r));
	assert_false(replica_may_serve(s->side[0].r, 7));
	scene_hear(s, 0, REPLICA_W_BACK);
	assert_int_equal(replica_role(s->side[0].r), REPLICA_ALONE);
	assert_true(replica_may_serve(s->side[0].r, 7));
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_DONE);
	assert_true(s->side[0].alone);
	assert_int_equal(s->side[0].raise.wanted.epoch, 1);
	assert_int_equal(s->side[0].raise.changed.id[0], 7);
}

static void test_nobody_to_ask(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_start(s, 0, &zero, NULL, false);
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_non_null(strstr(s->side[0].sentence, "vios2 is not in the cluster"));
	assert_int_equal(s->side[0].stores, 0);
}

static void test_stale(void **state)
{
	struct scene *s = *state;
	struct replica_record old = scene_record(2, 8, "0old"), newer = scene_record(3, 9, "0new");

	s->witness.mark = stamp_mark(&newer.stamp);
	strcpy(s->witness.holder, "vios2");
	s->witness.changed.n = 1;
	s->witness.changed.id[0] = 7;
	scene_start(s, 0, &old, NULL, false);
	scene_hear(s, 0, REPLICA_W_BACK);
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_non_null(strstr(s->side[0].sentence, "epoch 3 version 9, raised by vios2"));
	assert_false(replica_may_serve(s->side[0].r, 7));
	assert_true(replica_may_serve(s->side[0].r, 8));
	scene_hear(s, 0, REPLICA_W_AWAY);
	assert_false(replica_may_serve(s->side[0].r, 7));
	scene_start(s, 1, &newer, NULL, false);
	scene_view(s, 0, true);
	scene_view(s, 1, true);
	scene_run(s);
	scene_assert_pair(s);
	assert_true(replica_may_serve(s->side[0].r, 7));
	assert_int_equal(s->side[0].asides, 1);
}

/* One that has lost its newest file neither serves nor commits, whatever the witness says. */
static void test_doubtful(void **state)
{
	struct scene *s = *state;
	struct replica_record old = scene_record(2, 8, "0old"),
			      same_epoch = scene_record(2, 9, "0new");

	s->witness.mark = stamp_mark(&old.stamp);
	scene_start(s, 0, &old, NULL, true);
	scene_hear(s, 0, REPLICA_W_BACK);
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_non_null(strstr(s->side[0].sentence, "damaged"));
	assert_false(replica_may_serve(s->side[0].r, 8));
	scene_start(s, 1, &same_epoch, NULL, false);
	scene_view(s, 0, true);
	scene_view(s, 1, true);
	scene_run(s);
	scene_assert_pair(s);
	assert_true(replica_may_serve(s->side[0].r, 8));
}

static void test_doubtful_loses(void **state)
{
	struct scene *s = *state;
	struct replica_record odd = scene_record(2, 9, "0odd"),
			      sound = scene_record(2, 9, "0sound");

	scene_start(s, 0, &odd, NULL, true); /* the lower node id, which would win a draw */
	scene_start(s, 1, &sound, NULL, false);
	scene_view(s, 0, true);
	scene_view(s, 1, true);
	scene_run(s);
	scene_assert_pair(s);
	assert_memory_equal(replica_state(s->side[0].r)->text, "0sound", 6);
}

static void test_unfinished_without_base(void **state)
{
	struct scene *s = *state;
	struct replica_record intent = scene_record(4, 10, "0intent"),
			      other = scene_record(4, 9, "0other");

	intent.intent = true;
	intent.base = scene_record(3, 8, "0base").stamp;
	s->witness.mark = stamp_mark(&other.stamp);
	scene_start(s, 0, &intent, NULL, false);
	scene_hear(s, 0, REPLICA_W_BACK);
	assert_int_equal(s->side[0].asides, 1);
	assert_null(replica_state(s->side[0].r));
	scene_start(s, 1, &other, NULL, false);
	scene_view(s, 0, true);
	scene_view(s, 1, true);
	scene_run(s);
	scene_assert_pair(s);
	assert_memory_equal(replica_state(s->side[0].r)->text, "0other", 6);
}

/* Both have lost what the witness vouches for: said, and nothing is committed over it. */
static void test_behind(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(1, 1, "0"), newer = scene_record(3, 9, "0new");

	s->witness.mark = stamp_mark(&newer.stamp);
	strcpy(s->witness.holder, "vios2");
	scene_pair_up(s, &zero, &zero);
	scene_hear(s, 0, REPLICA_W_BACK);
	scene_tick(s, 0);
	assert_int_equal(replica_role(s->side[0].r), REPLICA_WAITING);
	scene_propose(s, 0, 1, "a", -1);
	assert_int_equal(s->side[0].outcome, REPLICA_REFUSED);
	assert_non_null(strstr(s->side[0].sentence, "--witness-reset"));
	assert_int_equal(s->side[0].raises, 0);
}

static void test_rubbish(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");
	uint8_t bytes[200] = {0, 0, 0, 9};

	scene_pair_up(s, &zero, &zero);
	for (int i = 0; i < 3; i++)
		replica_deliver(s->side[0].r, s->now_ns, 2, bytes, sizeof(bytes), &s->side[0].out);
	assert_int_equal(s->side[0].out.n, 1); /* logged once */
	scene_act(s, 0);
	assert_int_equal(replica_rubbish(s->side[0].r), 3);
	replica_deliver(s->side[0].r, s->now_ns, 77, bytes, sizeof(bytes), &s->side[0].out);
	assert_int_equal(replica_rubbish(s->side[0].r), 3);
	scene_assert_pair(s);
}

/* A copy that is not what its digest says, or no state at all, is not followed. */
static void test_false_copy(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0"), lie = scene_record(3, 9, "0new"),
			      invalid = scene_record(3, 9, "9new");

	lie.text = (char *)"0bad";
	scene_pair_up(s, &zero, &lie);
	assert_int_equal(replica_role(s->side[0].r), REPLICA_WAITING);
	assert_int_equal(replica_rubbish(s->side[0].r), 1);
	replica_free(s->side[1].r);
	scene_start(s, 1, &invalid, NULL, false);
	scene_view(s, 0, true);
	scene_view(s, 1, true);
	scene_run(s);
	assert_int_equal(replica_role(s->side[0].r), REPLICA_WAITING);
	assert_int_equal(replica_rubbish(s->side[0].r), 2);
	assert_int_equal(s->side[0].stores, 0);
}

#define SCENE(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)

/* Each of the two may be the one that tells the witness; neither believes what it heard before. */
static void test_in_step_is_told_from_the_newest_mark(void **state)
{
	struct scene *s = *state;
	struct replica_record zero = scene_record(0, 0, "0");

	scene_pair_up(s, &zero, &zero);
	for (int who = 0; who < 2; who++)
		scene_hear(s, who, REPLICA_W_BACK);
	for (int i = 0; i < 6; i++) {
		scene_propose(s, i % 2, 1 + (uint64_t)i, "a", -1);
		for (int j = 0; j < 20; j++)
			scene_tick(s, 100);
		assert_int_equal(s->witness.mark.version, i + 1);
	}
	assert_string_equal(s->witness.holder, "");
	for (int who = 0; who < 2; who++)
		assert_int_equal(s->side[who].stale_raises, 0);
	assert_int_equal(s->side[0].raises, 7); /* and one when they met */
	assert_int_equal(s->side[1].raises, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_table),
		SCENE(test_change_by_the_pair),
		SCENE(test_answers_without_a_change),
		SCENE(test_waits_for_the_peer),
		SCENE(test_too_many),
		SCENE(test_divergence),
		SCENE(test_named_divergence),
		SCENE(test_begins_anew),
		SCENE(test_store_fails),
		SCENE(test_large_copy),
		SCENE(test_alone),
		SCENE(test_nobody_to_ask),
		SCENE(test_stale),
		SCENE(test_doubtful),
		SCENE(test_doubtful_loses),
		SCENE(test_unfinished_without_base),
		SCENE(test_behind),
		SCENE(test_rubbish),
		SCENE(test_false_copy),
		SCENE(test_in_step_is_told_from_the_newest_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
