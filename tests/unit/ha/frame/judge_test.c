/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_test.c - each rule of the judge on a small scene; the simulation covers their combinations.
 */
#include "judge_scene.h"

static void every_cell_is_set(void **state)
{
	for (unsigned s = 0; s < J_STATES; s++)
		for (unsigned e = 0; e < J_EVENTS; e++)
			assert_true(judge_step_cell_set(s, e));
	assert_false(judge_step_cell_set(J_STATES, 0));
	assert_false(judge_step_cell_set(0, J_EVENTS));
}

static void a_hang_is_killed_within_hang_time_and_a_tick(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	assert_int_equal(s->kills[0] + s->kills[1] + s->reports[JUDGE_SUSPECTED], 0);
	scene_hang(s, 0);
	scene_run_until(s, 3000);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->kills[1], 0);
	assert_in_range(s->killed_ms[0], 2000 + HANG - HANG / 5, 2000 + HANG + HANG / 5 + 2);
	scene_die(s, 0);
	assert_int_equal(s->dead, 1);
	scene_free(s);
}

static void a_sleeping_pair_is_left_alone_and_its_hang_found(void **state)
{
	struct scene *s = scene_new(0, true);
	unsigned looks;

	for (int i = 0; i < 2; i++) {
		s->runs[i] = false;
		s->sample[i].state[0] = SILENCE_SLEEPING;
	}
	scene_run_until(s, 2000);
	looks = s->looks;
	scene_run_until(s, 12000);
	assert_in_range(s->looks - looks, 150, 199); /* under 10 a second and VIOS */
	assert_int_equal(s->reports[JUDGE_SUSPECTED], 0);
	scene_hang(s, 1);
	scene_run_until(s, 13000);
	assert_int_equal(s->kills[1], 1);
	assert_in_range(s->killed_ms[1], 12000 + HANG, 12000 + HANG + 110 + 3);
	scene_free(s);
}

static void a_lone_sleeper_costs_under_ten_looks_a_second(void **state)
{
	struct scene *s = scene_new(0, false);
	unsigned looks;

	s->runs[0] = false;
	s->sample[0].state[0] = SILENCE_SLEEPING;
	scene_run_until(s, 2000);
	looks = s->looks;
	scene_run_until(s, 12000);
	assert_in_range(s->looks - looks, 50, 99);
	scene_free(s);
}

static void nothing_watched_needs_no_look(void **state)
{
	struct scene *s = scene_new(0, false);

	scene_die(s, 0);
	s->ms = 1020;
	scene_look(s);
	assert_true(judge_next_ns(s->j) == UINT64_MAX);
	scene_free(s);
}

static void the_last_one_is_reported_at_once_and_killed_after_the_last_resort(void **state)
{
	struct scene *s = scene_new(0, false);

	scene_run_until(s, 2000);
	scene_hang(s, 0);
	scene_run_until(s, 2000 + HANG + HANG / 5 + 2);
	assert_int_equal(s->reports[JUDGE_LAST_HUNG], 1);
	scene_run_until(s, 12000);
	assert_int_equal(s->kills[0], 0);
	scene_run_until(s, 12000 + HANG);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->reports[JUDGE_LAST_HUNG], 1); /* once */
	scene_free(s);
}

static void with_both_hung_the_live_one_is_killed_first_after_the_last_resort(void **state)
{
	struct scene *s = scene_new(60000, true);

	judge_live(s->j, 7, 0x12); /* live on vios2 */
	scene_run_until(s, 2000);
	scene_hang(s, 0);
	scene_hang(s, 1);
	scene_run_until(s, 11900);
	assert_int_equal(s->kills[0] + s->kills[1], 0);
	scene_run_until(s, 12200);
	assert_int_equal(s->kills[1], 1);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void after_its_own_sleep_the_watcher_wants_fresh_evidence(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	s->runs[0] = s->answers[0] = false;
	scene_run_until(s, 2090); /* not yet silent */
	s->ms = 2500;		  /* slept through the look that would have found it */
	scene_look(s);
	assert_int_equal(s->reports[JUDGE_OVERSLEPT], 1);
	scene_run_until(s, 2500 + HANG - 1);
	assert_int_equal(s->kills[0], 0);
	scene_run_until(s, 2500 + HANG + HANG / 5 + 2);
	assert_int_equal(s->kills[0], 1);
	scene_free(s);
}

static void all_stopped_and_continued_kills_nobody(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	scene_hang(s, 0);
	scene_hang(s, 1);
	scene_run_until(s, 3000);
	s->runs[1] = s->answers[1] = true; /* this one is continued 30 ms sooner */
	scene_run_until(s, 3030);
	s->runs[0] = s->answers[0] = true;
	scene_run_until(s, 5000);
	assert_int_equal(s->kills[0] + s->kills[1], 0);
	assert_int_equal(s->reports[JUDGE_RECOVERED], 2);
	scene_free(s);
}

static void a_thread_in_state_d_is_not_a_hang(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	scene_hang(s, 0);
	s->in_d[0] = true;
	scene_run_until(s, 20000);
	assert_int_equal(s->kills[0], 0);
	assert_int_equal(s->reports[JUDGE_BLOCKED], 1);
	s->in_d[0] = false;
	scene_run_until(s, 20000 + HANG);
	assert_int_equal(s->kills[0], 1);
	scene_free(s);
}

static void one_that_leaves_the_kernel_has_time_to_tick(void **state)
{
	struct scene *s = scene_new(0, true);
	unsigned before;

	scene_run_until(s, 2000);
	scene_hang(s, 0);
	s->in_d[0] = true;
	scene_run_until(s, 3000);
	s->in_d[0] = false;
	before = s->thread_looks;
	while (s->thread_looks == before)
		scene_run_until(s, s->ms + 1);
	s->runs[0] = s->answers[0] = true;
	scene_run_until(s, 5000);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void two_kills_are_apart_by_the_holdoff(void **state)
{
	struct scene *s = scene_new(30000, true);

	scene_run_until(s, 2000);
	scene_hang(s, 0);
	scene_run_until(s, 2200);
	assert_int_equal(s->kills[0], 1);
	scene_die(s, 0);
	s->runs[0] = s->answers[0] = true;
	scene_watch(s, 0, 0x21);
	scene_run_until(s, 3000);
	scene_hang(s, 1);
	scene_run_until(s, 32000);
	assert_int_equal(s->kills[1], 0);
	assert_int_equal(s->reports[JUDGE_HELD_OFF], 1);
	scene_run_until(s, 32500);
	assert_int_equal(s->kills[1], 1);
	scene_free(s);
}

static void the_holdoff_survives_the_watcher(void **state)
{
	struct scene *s = scene_new(30000, true);

	judge_killed_before(s->j, 900 * MS_NS, "vios2", "netd");
	scene_run_until(s, 2000);
	scene_hang(s, 0);
	scene_run_until(s, 30890);
	assert_int_equal(s->kills[0], 0);
	scene_run_until(s, 31000);
	assert_int_equal(s->kills[0], 1);
	scene_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_set),
		cmocka_unit_test(a_hang_is_killed_within_hang_time_and_a_tick),
		cmocka_unit_test(a_sleeping_pair_is_left_alone_and_its_hang_found),
		cmocka_unit_test(a_lone_sleeper_costs_under_ten_looks_a_second),
		cmocka_unit_test(nothing_watched_needs_no_look),
		cmocka_unit_test(the_last_one_is_reported_at_once_and_killed_after_the_last_resort),
		cmocka_unit_test(with_both_hung_the_live_one_is_killed_first_after_the_last_resort),
		cmocka_unit_test(after_its_own_sleep_the_watcher_wants_fresh_evidence),
		cmocka_unit_test(all_stopped_and_continued_kills_nobody),
		cmocka_unit_test(a_thread_in_state_d_is_not_a_hang),
		cmocka_unit_test(one_that_leaves_the_kernel_has_time_to_tick),
		cmocka_unit_test(two_kills_are_apart_by_the_holdoff),
		cmocka_unit_test(the_holdoff_survives_the_watcher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
