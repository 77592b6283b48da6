/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_ask_test.c - who asks for a death gets it or the reason; what the judge takes in, and how
 * much of it. */
#include "judge_scene.h"

static void evict(struct scene *s, uint64_t incarnation)
{
	s->answered = 0;
	judge_evict(s->j, incarnation, 42, scene_now_ns(s), &s->out);
	scene_carry_out(s);
}

static void an_eviction_goes_through_when_the_other_ticks(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	evict(s, 0x11);
	assert_int_equal(s->answered, 0);
	scene_run_until(s, 2005);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->answered, 0); /* not before it is dead */
	scene_die(s, 0);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_KILLED);
	evict(s, 0x11); /* asked again: it is dead */
	assert_int_equal(s->verdict, JUDGE_KILLED);
	evict(s, 0x99);
	assert_int_equal(s->verdict, JUDGE_UNKNOWN);
	scene_free(s);
}

static void the_last_one_is_not_evicted(void **state)
{
	struct scene *s = scene_new(0, false);

	scene_run_until(s, 2000);
	evict(s, 0x11);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LAST);
	judge_fence(s->j, "vios1", 43, scene_now_ns(s), &s->out);
	scene_carry_out(s);
	assert_int_equal(s->answered, 2);
	assert_int_equal(s->verdict, JUDGE_LAST);
	scene_run_until(s, 4000);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void an_eviction_fails_when_the_other_is_mute(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	scene_hang(s, 1);
	s->in_d[1] = true;
	s->ms++;
	evict(s, 0x11);
	scene_run_until(s, 2000 + 2 * HANG);
	assert_int_equal(s->kills[0] + s->kills[1], 0);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LAST);
	scene_free(s);
}

static void an_eviction_loses_to_a_real_hang_of_the_other(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	scene_hang(s, 1);
	s->ms++;
	evict(s, 0x11);
	scene_run_until(s, 2000 + 2 * HANG);
	assert_int_equal(s->kills[0], 0);
	assert_int_equal(s->kills[1], 1);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LOST);
	scene_free(s);
}

/* To the look that wants vios1's threads. */
static void suspect(struct scene *s)
{
	scene_run_until(s, 2000);
	scene_hang(s, 0);
	while (s->out.n == 0 || s->out.v[0].kind != JUDGE_THREADS) {
		s->ms++;
		s->sample[1].ticks[0]++;
		for (uint32_t i = 0; i < 2; i++)
			judge_sample(s->j, i, &s->sample[i]);
		judge_look(s->j, scene_now_ns(s), &s->out);
		assert_true(s->ms < 2200);
	}
}

static void what_ticks_again_before_the_signal_is_spared(void **state)
{
	struct scene *s = scene_new(0, true);

	suspect(s);
	s->sample[0].ticks[0]++;
	judge_sample(s->j, 0, &s->sample[0]);
	judge_threads(s->j, 0, false, scene_now_ns(s), &s->out);
	scene_carry_out(s);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void of_two_fencings_one_loses(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	judge_fence(s->j, "vios1", 41, scene_now_ns(s), &s->out);
	scene_carry_out(s);
	judge_fence(s->j, "vios2", 42, scene_now_ns(s), &s->out);
	scene_carry_out(s);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LOST);
	scene_run_until(s, 2010);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->kills[1], 0);
	evict(s, 0x12); /* vios1 is still dying */
	assert_int_equal(s->verdict, JUDGE_LOST);
	scene_die(s, 0);
	assert_int_equal(s->verdict, JUDGE_KILLED);
	scene_free(s);
}

static void an_eviction_respects_state_d_and_the_holdoff(void **state)
{
	struct scene *s = scene_new(30000, true);

	scene_run_until(s, 2000);
	s->in_d[0] = true;
	evict(s, 0x11);
	scene_run_until(s, 2010);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_IN_KERNEL);
	assert_int_equal(s->kills[0], 0);
	s->in_d[0] = false;
	scene_run_until(s, 2100);
	evict(s, 0x11);
	scene_run_until(s, 2110);
	assert_int_equal(s->kills[0], 1);
	scene_die(s, 0);
	scene_watch(s, 0, 0x21);
	scene_run_until(s, 2500);
	evict(s, 0x12);
	assert_int_equal(s->verdict, JUDGE_HOLDOFF);
	scene_free(s);
}

static void what_does_not_die_is_reported_and_blocks_the_next(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	evict(s, 0x11);
	scene_run_until(s, 8000);
	assert_int_equal(s->reports[JUDGE_WILL_NOT_DIE], 1);
	assert_int_equal(s->verdict, JUDGE_STILL_THERE);
	evict(s, 0x12);
	assert_int_equal(s->verdict, JUDGE_LOST);
	scene_free(s);
}

static void a_slow_answer_about_threads_is_void(void **state)
{
	struct scene *s = scene_new(0, true);

	suspect(s);
	judge_threads(s->j, 0, false, scene_now_ns(s) + 50 * MS_NS, &s->out);
	scene_carry_out(s);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void too_many_requests_are_refused(void **state)
{
	struct scene *s = scene_new(0, true);

	scene_run_until(s, 2000);
	for (unsigned i = 0; i < JUDGE_REQUESTS; i++) {
		evict(s, 0x11);
		assert_int_equal(s->answered, 0);
	}
	evict(s, 0x11);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_BUSY);
	scene_run_until(s, 2010);
	scene_die(s, 0);
	assert_int_equal(s->answered, 1 + JUDGE_REQUESTS);
	scene_free(s);
}

static void watching_is_bounded_and_checked(void **state)
{
	struct scene *s = scene_new(0, true);
	struct judge_sample none = {0};
	int r = 0;

	assert_int_equal(judge_watch(s->j, "vios1", "netd", 0x11, 1, false, &none, 1), -EEXIST);
	assert_int_equal(judge_watch(s->j, "", "netd", 0x31, 1, false, &none, 1), -EINVAL);
	assert_int_equal(judge_watch(s->j, "vios1", "netd", 0, 1, false, &none, 1), -EINVAL);
	assert_int_equal(judge_watch(s->j, "vios1", "netd", 0x31, 17, false, &none, 1), -EINVAL);
	for (unsigned i = 0; i < JUDGE_SLOTS && r >= 0; i++)
		r = judge_watch(s->j, "vios1", "x", 0x1000 + i, 1, false, &none, 1);
	assert_int_equal(r, -ENOSPC);
	scene_free(s);
}

static void live_paths_are_counted_where_they_are(void **state)
{
	struct scene *s = scene_new(0, true);
	struct judge_view view;

	judge_live(s->j, 8, 0x11);
	assert_true(judge_view(s->j, 0, &view));
	assert_int_equal(view.live, 2);
	judge_live(s->j, 8, 0x12);
	judge_live(s->j, 7, 0);
	judge_view(s->j, 0, &view);
	assert_int_equal(view.live, 0);
	judge_view(s->j, 1, &view);
	assert_int_equal(view.live, 1);
	judge_live(s->j, 9, 0x77); /* told before that plane is known */
	s->slot[0] =
		judge_watch(s->j, "vios1", "netd", 0x77, 1, false, &s->sample[0], scene_now_ns(s));
	judge_view(s->j, (uint32_t)s->slot[0], &view);
	assert_int_equal(view.live, 1);
	for (uint32_t i = 100; i < 100 + JUDGE_LIVE - 2; i++)
		assert_int_equal(judge_live(s->j, i, 0x12), 0);
	assert_int_equal(judge_live(s->j, 99999, 0x12), -ENOSPC);
	scene_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_eviction_goes_through_when_the_other_ticks),
		cmocka_unit_test(the_last_one_is_not_evicted),
		cmocka_unit_test(an_eviction_fails_when_the_other_is_mute),
		cmocka_unit_test(an_eviction_loses_to_a_real_hang_of_the_other),
		cmocka_unit_test(what_ticks_again_before_the_signal_is_spared),
		cmocka_unit_test(of_two_fencings_one_loses),
		cmocka_unit_test(an_eviction_respects_state_d_and_the_holdoff),
		cmocka_unit_test(what_does_not_die_is_reported_and_blocks_the_next),
		cmocka_unit_test(a_slow_answer_about_threads_is_void),
		cmocka_unit_test(too_many_requests_are_refused),
		cmocka_unit_test(watching_is_bounded_and_checked),
		cmocka_unit_test(live_paths_are_counted_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
