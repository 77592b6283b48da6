/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_test.c - each rule of the judge on a small scene; the simulation covers their combinations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ha/frame/judge_priv.h"

#define HANG 100

/* Two VIOS with one worker each; `runs` ticks at every look, `answers` only after a ping. */
struct scene {
	struct judge *j;
	struct judge_actions out;
	uint64_t ms;
	int slot[2];
	bool runs[2], answers[2], in_d[2];
	struct judge_sample sample[2];
	unsigned kills[2], dead, looks, reports[16];
	uint64_t killed_ms[2], suspected_ms;
	int answered;
	enum judge_verdict verdict;
};

static uint64_t now_ns(const struct scene *s)
{
	return s->ms * MS_NS;
}

static void carry_out(struct scene *s);

static int side_of(const struct scene *s, uint32_t slot)
{
	return (int)slot == s->slot[0] ? 0 : 1;
}

static void one_action(struct scene *s, const struct judge_action *a)
{
	int side = side_of(s, a->slot);
	struct judge_actions kept = s->out;

	switch (a->kind) {
	case JUDGE_PING:
		s->sample[side].ticks[0] += s->answers[side];
		break;
	case JUDGE_THREADS:
		judge_threads(s->j, a->slot, s->in_d[side], now_ns(s), &s->out);
		carry_out(s);
		s->out = kept;
		break;
	case JUDGE_KILL:
		s->kills[side]++;
		s->killed_ms[side] = s->ms;
		break;
	case JUDGE_REPORT:
		s->reports[a->report]++;
		if (a->report == JUDGE_SUSPECTED)
			s->suspected_ms = s->ms;
		break;
	case JUDGE_DEAD:
		s->dead++;
		break;
	case JUDGE_ANSWER:
		s->answered++;
		s->verdict = a->verdict;
		break;
	}
}

static void carry_out(struct scene *s)
{
	struct judge_actions *now = malloc(sizeof(*now));

	*now = s->out;
	for (size_t i = 0; i < now->n; i++)
		one_action(s, &now->v[i]);
	free(now);
}

static void watch(struct scene *s, int side, uint64_t incarnation)
{
	s->slot[side] = judge_watch(s->j, side == 0 ? "vios1" : "vios2", "netd", incarnation, 1,
		false, &s->sample[side], now_ns(s));
	assert_true(s->slot[side] >= 0);
}

static struct scene *scene_new(uint64_t holdoff_ms, bool pair)
{
	struct judge_rules rules = {HANG * MS_NS, 10000 * MS_NS, holdoff_ms * MS_NS};
	struct scene *s = calloc(1, sizeof(*s));

	s->ms = 1000;
	s->slot[0] = s->slot[1] = -1;
	s->j = judge_new(&rules, now_ns(s));
	for (int i = 0; i < 2; i++) {
		s->sample[i].state[0] = SILENCE_POLLING;
		s->runs[i] = s->answers[i] = true;
		if (i == 0 || pair)
			watch(s, i, 0x11u + i);
	}
	judge_live(s->j, 7, 0x11);
	return s;
}

static void scene_free(struct scene *s)
{
	judge_free(s->j);
	free(s);
}

static void look(struct scene *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->slot[i] < 0)
			continue;
		s->sample[i].ticks[0] += s->runs[i];
		judge_sample(s->j, (uint32_t)s->slot[i], &s->sample[i]);
	}
	s->looks++;
	judge_look(s->j, now_ns(s), &s->out);
	carry_out(s);
}

/* Looks whenever one is due, to the millisecond. */
static void run_until(struct scene *s, uint64_t end_ms)
{
	while (s->ms < end_ms) {
		uint64_t next_ms = (judge_next_ns(s->j) + MS_NS - 1) / MS_NS;

		s->ms = next_ms > end_ms ? end_ms : next_ms;
		if (s->ms == next_ms)
			look(s);
	}
}

static void hang(struct scene *s, int side)
{
	s->runs[side] = s->answers[side] = false;
}

static void die(struct scene *s, int side)
{
	judge_died(s->j, (uint32_t)s->slot[side], now_ns(s), &s->out);
	carry_out(s);
	s->slot[side] = -1;
}

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

	run_until(s, 2000);
	assert_int_equal(s->kills[0] + s->kills[1] + s->reports[JUDGE_SUSPECTED], 0);
	hang(s, 0);
	run_until(s, 3000);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->kills[1], 0);
	assert_in_range(s->killed_ms[0], 2000 + HANG - HANG / 5, 2000 + HANG + HANG / 5 + 2);
	die(s, 0);
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
	run_until(s, 2000);
	looks = s->looks;
	run_until(s, 12000);
	assert_in_range(s->looks - looks, 150, 199); /* under 10 a second and VIOS */
	assert_int_equal(s->reports[JUDGE_SUSPECTED], 0);
	hang(s, 1);
	run_until(s, 13000);
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
	run_until(s, 2000);
	looks = s->looks;
	run_until(s, 12000);
	assert_in_range(s->looks - looks, 50, 99);
	scene_free(s);
}

static void nothing_watched_needs_no_look(void **state)
{
	struct scene *s = scene_new(0, false);

	die(s, 0);
	s->ms = 1020;
	look(s);
	assert_true(judge_next_ns(s->j) == UINT64_MAX);
	scene_free(s);
}

static void the_last_one_is_reported_at_once_and_killed_after_the_last_resort(void **state)
{
	struct scene *s = scene_new(0, false);

	run_until(s, 2000);
	hang(s, 0);
	run_until(s, 2000 + HANG + HANG / 5 + 2);
	assert_int_equal(s->reports[JUDGE_LAST_HUNG], 1);
	run_until(s, 12000);
	assert_int_equal(s->kills[0], 0);
	run_until(s, 12000 + HANG);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->reports[JUDGE_LAST_HUNG], 1); /* once */
	scene_free(s);
}

static void with_both_hung_the_live_one_is_killed_first_after_the_last_resort(void **state)
{
	struct scene *s = scene_new(60000, true);

	judge_live(s->j, 7, 0x12); /* live on vios2 */
	run_until(s, 2000);
	hang(s, 0);
	hang(s, 1);
	run_until(s, 11900);
	assert_int_equal(s->kills[0] + s->kills[1], 0);
	run_until(s, 12200);
	assert_int_equal(s->kills[1], 1);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void after_its_own_sleep_the_watcher_wants_fresh_evidence(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	s->runs[0] = s->answers[0] = false;
	run_until(s, 2090); /* not yet silent */
	s->ms = 2500;	    /* slept through the look that would have found it */
	look(s);
	assert_int_equal(s->reports[JUDGE_OVERSLEPT], 1);
	run_until(s, 2500 + HANG - 1);
	assert_int_equal(s->kills[0], 0);
	run_until(s, 2500 + HANG + HANG / 5 + 2);
	assert_int_equal(s->kills[0], 1);
	scene_free(s);
}

static void all_stopped_and_continued_kills_nobody(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	hang(s, 0);
	hang(s, 1);
	run_until(s, 3000);
	s->runs[1] = s->answers[1] = true; /* this one is continued 30 ms sooner */
	run_until(s, 3030);
	s->runs[0] = s->answers[0] = true;
	run_until(s, 5000);
	assert_int_equal(s->kills[0] + s->kills[1], 0);
	assert_int_equal(s->reports[JUDGE_RECOVERED], 2);
	scene_free(s);
}

static void a_thread_in_state_d_is_not_a_hang(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	hang(s, 0);
	s->in_d[0] = true;
	run_until(s, 20000);
	assert_int_equal(s->kills[0], 0);
	assert_int_equal(s->reports[JUDGE_BLOCKED], 1);
	s->in_d[0] = false;
	run_until(s, 20000 + HANG);
	assert_int_equal(s->kills[0], 1);
	scene_free(s);
}

static void two_kills_are_apart_by_the_holdoff(void **state)
{
	struct scene *s = scene_new(30000, true);

	run_until(s, 2000);
	hang(s, 0);
	run_until(s, 2200);
	assert_int_equal(s->kills[0], 1);
	die(s, 0);
	s->runs[0] = s->answers[0] = true;
	watch(s, 0, 0x21);
	run_until(s, 3000);
	hang(s, 1);
	run_until(s, 32000);
	assert_int_equal(s->kills[1], 0);
	assert_int_equal(s->reports[JUDGE_HELD_OFF], 1);
	run_until(s, 32500);
	assert_int_equal(s->kills[1], 1);
	scene_free(s);
}

static void the_holdoff_survives_the_watcher(void **state)
{
	struct scene *s = scene_new(30000, true);

	judge_killed_before(s->j, 900 * MS_NS, "vios2", "netd");
	run_until(s, 2000);
	hang(s, 0);
	run_until(s, 30890);
	assert_int_equal(s->kills[0], 0);
	run_until(s, 31000);
	assert_int_equal(s->kills[0], 1);
	scene_free(s);
}

static void evict(struct scene *s, uint64_t incarnation)
{
	s->answered = 0;
	judge_evict(s->j, incarnation, 42, now_ns(s), &s->out);
	carry_out(s);
}

static void an_eviction_goes_through_when_the_other_ticks(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	evict(s, 0x11);
	assert_int_equal(s->answered, 0);
	run_until(s, 2005);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->answered, 0); /* not before it is dead */
	die(s, 0);
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

	run_until(s, 2000);
	evict(s, 0x11);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LAST);
	judge_fence(s->j, "vios1", 43, now_ns(s), &s->out);
	carry_out(s);
	assert_int_equal(s->answered, 2);
	assert_int_equal(s->verdict, JUDGE_LAST);
	run_until(s, 4000);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void an_eviction_fails_when_the_other_is_mute(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	hang(s, 1);
	s->ms++;
	evict(s, 0x11);
	run_until(s, 2000 + 2 * HANG);
	assert_int_equal(s->kills[0], 0);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LAST);
	scene_free(s);
}

static void of_two_fencings_one_loses(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	judge_fence(s->j, "vios1", 41, now_ns(s), &s->out);
	carry_out(s);
	judge_fence(s->j, "vios2", 42, now_ns(s), &s->out);
	carry_out(s);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_LOST);
	run_until(s, 2010);
	assert_int_equal(s->kills[0], 1);
	assert_int_equal(s->kills[1], 0);
	evict(s, 0x12); /* vios1 is still dying */
	assert_int_equal(s->verdict, JUDGE_LOST);
	die(s, 0);
	assert_int_equal(s->verdict, JUDGE_KILLED);
	scene_free(s);
}

static void an_eviction_respects_state_d_and_the_holdoff(void **state)
{
	struct scene *s = scene_new(30000, true);

	run_until(s, 2000);
	s->in_d[0] = true;
	evict(s, 0x11);
	run_until(s, 2010);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_IN_KERNEL);
	assert_int_equal(s->kills[0], 0);
	s->in_d[0] = false;
	run_until(s, 2100);
	evict(s, 0x11);
	run_until(s, 2110);
	assert_int_equal(s->kills[0], 1);
	die(s, 0);
	watch(s, 0, 0x21);
	run_until(s, 2500);
	evict(s, 0x12);
	assert_int_equal(s->verdict, JUDGE_HOLDOFF);
	scene_free(s);
}

static void what_does_not_die_is_reported_and_blocks_the_next(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	evict(s, 0x11);
	run_until(s, 8000);
	assert_int_equal(s->reports[JUDGE_WILL_NOT_DIE], 1);
	assert_int_equal(s->verdict, JUDGE_STILL_THERE);
	evict(s, 0x12);
	assert_int_equal(s->verdict, JUDGE_LOST);
	scene_free(s);
}

static void a_slow_answer_about_threads_is_void(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	hang(s, 0);
	while (s->out.n == 0 || s->out.v[0].kind != JUDGE_THREADS) {
		s->ms++;
		s->sample[1].ticks[0]++;
		for (uint32_t i = 0; i < 2; i++)
			judge_sample(s->j, i, &s->sample[i]);
		judge_look(s->j, now_ns(s), &s->out);
		assert_true(s->ms < 2200);
	}
	judge_threads(s->j, 0, false, now_ns(s) + 50 * MS_NS, &s->out);
	carry_out(s);
	assert_int_equal(s->kills[0], 0);
	scene_free(s);
}

static void too_many_requests_are_refused(void **state)
{
	struct scene *s = scene_new(0, true);

	run_until(s, 2000);
	for (unsigned i = 0; i < JUDGE_REQUESTS; i++) {
		evict(s, 0x11);
		assert_int_equal(s->answered, 0);
	}
	evict(s, 0x11);
	assert_int_equal(s->answered, 1);
	assert_int_equal(s->verdict, JUDGE_BUSY);
	run_until(s, 2010);
	die(s, 0);
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
	s->slot[0] = judge_watch(s->j, "vios1", "netd", 0x77, 1, false, &s->sample[0], now_ns(s));
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
		cmocka_unit_test(two_kills_are_apart_by_the_holdoff),
		cmocka_unit_test(the_holdoff_survives_the_watcher),
		cmocka_unit_test(an_eviction_goes_through_when_the_other_ticks),
		cmocka_unit_test(the_last_one_is_not_evicted),
		cmocka_unit_test(an_eviction_fails_when_the_other_is_mute),
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
