/* SPDX-License-Identifier: BSD-3-Clause */
/* silence_test.c - when one worker is pinged, and when it counts as silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/frame/silence.h"

#define MS UINT64_C(1000000)

static const struct silence_rules rules = {.hang_ns = 100 * MS, .quiet_ping_ns = 1000 * MS};

static void a_busy_worker_is_silent_one_hang_time_after_its_tick(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_POLLING, 1000 * MS);
	silence_look(&s, &rules, 2, SILENCE_POLLING, false, 1010 * MS, 10 * MS);
	assert_false(silence_wants_ping(&s, &rules, 1059 * MS));
	assert_true(silence_wants_ping(&s, &rules, 1060 * MS));
	assert_false(silence_is(&s, &rules, 9999 * MS)); /* it was not pinged */
	silence_pinged(&s, 1060 * MS);
	assert_false(silence_wants_ping(&s, &rules, 1061 * MS));
	assert_false(silence_is(&s, &rules, 1109 * MS));
	assert_true(silence_is(&s, &rules, 1110 * MS));
}

static void a_late_ping_still_grants_half_the_hang_time(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_POLLING, 1000 * MS);
	silence_look(&s, &rules, 2, SILENCE_POLLING, false, 1010 * MS, 10 * MS);
	silence_pinged(&s, 1100 * MS);
	assert_false(silence_is(&s, &rules, 1149 * MS));
	assert_true(silence_is(&s, &rules, 1150 * MS));
}

static void a_sleeper_that_only_answers_has_a_whole_hang_time(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	silence_pinged(&s, 1050 * MS);
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, false, 1055 * MS, 5 * MS);
	assert_false(silence_needs_close_watch(&s));
	silence_pinged(&s, 1110 * MS);
	assert_false(silence_is(&s, &rules, 1209 * MS));
	assert_true(silence_is(&s, &rules, 1210 * MS));
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, false, 1211 * MS, 5 * MS);
	silence_look(&s, &rules, 4, SILENCE_SLEEPING, false, 1212 * MS, 1 * MS);
	assert_true(silence_needs_close_watch(&s)); /* it ticked by itself: there is work */
}

static void an_absent_worker_is_never_silent_and_starts_the_clock_when_it_enters(void **state)
{
	struct silence s;

	silence_begin(&s, 0, SILENCE_ABSENT, 1000 * MS);
	silence_look(&s, &rules, 0, SILENCE_ABSENT, false, 3000 * MS, 10 * MS);
	assert_false(silence_wants_ping(&s, &rules, 3000 * MS));
	silence_look(&s, &rules, 0, SILENCE_POLLING, false, 4000 * MS, 10 * MS);
	assert_false(silence_wants_ping(&s, &rules, 4049 * MS));
	assert_true(silence_wants_ping(&s, &rules, 4050 * MS));
}

static void without_requests_it_is_pinged_rarely(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, true, 1010 * MS, 10 * MS);
	assert_false(silence_wants_ping(&s, &rules, 1999 * MS));
	assert_true(silence_wants_ping(&s, &rules, 2000 * MS));
	silence_pinged(&s, 2000 * MS);
	/* a request arrives: the unanswered ping of before does not count */
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, false, 2090 * MS, 10 * MS);
	assert_false(silence_is(&s, &rules, 2100 * MS));
	silence_pinged(&s, 2140 * MS);
	assert_false(silence_is(&s, &rules, 2189 * MS));
	assert_true(silence_is(&s, &rules, 2190 * MS));
}

/* One that hangs takes no requests: it does not seem to have any, and its client waits for it. */
static void without_requests_it_is_silent_a_hang_time_after_the_ping(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_POLLING, 1000 * MS);
	silence_pinged(&s, 1005 * MS);
	silence_look(&s, &rules, 2, SILENCE_POLLING, true, 1010 * MS, 10 * MS);
	assert_false(silence_is(&s, &rules, 9000 * MS));
	silence_pinged(&s, 2010 * MS);
	assert_false(silence_is(&s, &rules, 2109 * MS));
	assert_true(silence_is(&s, &rules, 2110 * MS));
}

/* Most looks at a lightly loaded one find no request. */
static void one_that_worked_a_moment_ago_is_asked_and_judged_as_one_at_work(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	s.matter = true;
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, true, 1010 * MS, 10 * MS);
	assert_true(s.warm && !s.idle && silence_needs_close_watch(&s));
	assert_false(silence_wants_ping(&s, &rules, 1059 * MS));
	assert_true(silence_wants_ping(&s, &rules, 1060 * MS));
	silence_pinged(&s, 1060 * MS);
	assert_false(silence_is(&s, &rules, 1109 * MS));
	assert_true(silence_is(&s, &rules, 1110 * MS));
	/* an answer does not make it a sleeper: it is asked again half a hang time later */
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, true, 1070 * MS, 60 * MS);
	assert_true(s.warm && !silence_asleep(&s) && silence_needs_close_watch(&s));
	assert_true(silence_wants_ping(&s, &rules, 1120 * MS));
	silence_pinged(&s, 1120 * MS);
	assert_true(silence_is(&s, &rules, 1170 * MS));
}

/* A look that finds a request, which waits for its disk, changes nothing of that. */
static void one_that_worked_a_moment_ago_is_warm_with_a_request_as_well(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	s.matter = true;
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, true, 1010 * MS, 10 * MS);
	silence_pinged(&s, 1060 * MS);
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, false, 1062 * MS, 2 * MS);
	assert_true(!s.active && !s.idle && silence_needs_close_watch(&s));
	silence_pinged(&s, 1112 * MS);
	assert_false(silence_is(&s, &rules, 1161 * MS));
	assert_true(silence_is(&s, &rules, 1162 * MS));
	/* where requests do not matter it sleeps */
	s.matter = false;
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, false, 1120 * MS, 8 * MS);
	assert_true(silence_asleep(&s) && !silence_needs_close_watch(&s));
}

static void a_trial_ends_with_what_it_rests_on(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_POLLING, 1000 * MS);
	silence_pinged(&s, 1050 * MS);
	assert_false(silence_in_doubt(&s, &rules, 1069 * MS));
	assert_true(silence_in_doubt(&s, &rules, 1070 * MS));
	s.doubt_ns = s.tried_ns = 1070 * MS;
	silence_credit(&s, &rules, 13 * MS, 1090 * MS);
	assert_true(s.doubt_ns == 0 && s.tried_ns == 0);
	s.doubt_ns = s.tried_ns = 1095 * MS;
	silence_rebase(&s, 1100 * MS);
	assert_true(s.doubt_ns == 0 && s.tried_ns == 0);
	assert_false(silence_in_doubt(&s, &rules, 1200 * MS));
}

static void five_hang_times_without_work_and_it_is_pinged_rarely(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	s.matter = true;
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, true, 1010 * MS, 10 * MS);
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, true, 1509 * MS, 499 * MS);
	assert_true(s.warm);
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, true, 1510 * MS, 1 * MS);
	assert_true(s.idle && !silence_wants_ping(&s, &rules, 2009 * MS));
	assert_true(silence_wants_ping(&s, &rules, 2010 * MS));
	/* time that the watcher slept does not count */
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, true, 3000 * MS, 10 * MS);
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, true, 9000 * MS, 10 * MS);
	assert_true(s.warm);
	/* who was asked while warm answers for that, however long it takes */
	silence_pinged(&s, 9000 * MS);
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, true, 9490 * MS, 490 * MS);
	assert_true(s.warm && silence_is(&s, &rules, 9490 * MS));
}

/* The thread that takes no requests, beside one that always has some for a moment. */
static void requests_that_come_and_go_do_not_put_the_rare_ping_off(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	for (uint64_t ms = 1010; ms < 2000; ms += 10) {
		silence_look(&s, &rules, 1, SILENCE_SLEEPING, ms % 20 == 0, ms * MS, 10 * MS);
		assert_false(silence_wants_ping(&s, &rules, ms * MS));
	}
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, true, 2000 * MS, 10 * MS);
	assert_true(silence_wants_ping(&s, &rules, 2000 * MS));
	silence_pinged(&s, 2000 * MS);
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, false, 2010 * MS, 10 * MS);
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, true, 2099 * MS, 89 * MS);
	assert_false(silence_is(&s, &rules, 2099 * MS));
	assert_true(silence_is(&s, &rules, 2100 * MS));
}

static void rebase_takes_the_evidence_away_but_not_the_mute_time(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_POLLING, 1000 * MS);
	silence_pinged(&s, 1050 * MS);
	silence_look(&s, &rules, 1, SILENCE_POLLING, false, 1150 * MS, 100 * MS);
	assert_true(silence_is(&s, &rules, 1150 * MS));
	assert_int_equal(s.mute_ns, 100 * MS);
	silence_rebase(&s, 2000 * MS);
	assert_false(silence_is(&s, &rules, 2000 * MS));
	silence_look(&s, &rules, 1, SILENCE_POLLING, false, 2010 * MS, 10 * MS);
	assert_int_equal(s.mute_ns, 110 * MS);
	silence_look(&s, &rules, 2, SILENCE_POLLING, false, 2020 * MS, 10 * MS);
	assert_int_equal(s.mute_ns, 0);
}

static void a_lapse_is_remembered_until_it_comes_back(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_SLEEPING, 1000 * MS);
	silence_pinged(&s, 1050 * MS);
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, false, 1069 * MS, 1 * MS);
	assert_false(s.lapsed);
	silence_look(&s, &rules, 1, SILENCE_SLEEPING, false, 1070 * MS, 1 * MS);
	assert_true(s.lapsed && silence_needs_close_watch(&s));
	silence_look(&s, &rules, 2, SILENCE_SLEEPING, false, 1071 * MS, 1 * MS);
	assert_true(s.came_back && !s.lapsed);
	silence_look(&s, &rules, 3, SILENCE_SLEEPING, false, 1072 * MS, 1 * MS);
	assert_false(s.came_back);
}

/* Whoever slept with the watcher needs a moment to wake up, too. */
static void a_late_look_grants_a_quarter_of_the_hang_time(void **state)
{
	struct silence s;

	silence_begin(&s, 1, SILENCE_POLLING, 1000 * MS);
	silence_look(&s, &rules, 2, SILENCE_POLLING, false, 1010 * MS, 10 * MS);
	silence_pinged(&s, 1060 * MS);
	silence_credit(&s, &rules, 13 * MS, 1108 * MS);
	assert_false(silence_is(&s, &rules, 1132 * MS));
	assert_true(silence_is(&s, &rules, 1133 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_worker_is_silent_one_hang_time_after_its_tick),
		cmocka_unit_test(a_late_ping_still_grants_half_the_hang_time),
		cmocka_unit_test(a_sleeper_that_only_answers_has_a_whole_hang_time),
		cmocka_unit_test(
			an_absent_worker_is_never_silent_and_starts_the_clock_when_it_enters),
		cmocka_unit_test(without_requests_it_is_pinged_rarely),
		cmocka_unit_test(without_requests_it_is_silent_a_hang_time_after_the_ping),
		cmocka_unit_test(one_that_worked_a_moment_ago_is_asked_and_judged_as_one_at_work),
		cmocka_unit_test(one_that_worked_a_moment_ago_is_warm_with_a_request_as_well),
		cmocka_unit_test(a_trial_ends_with_what_it_rests_on),
		cmocka_unit_test(five_hang_times_without_work_and_it_is_pinged_rarely),
		cmocka_unit_test(requests_that_come_and_go_do_not_put_the_rare_ping_off),
		cmocka_unit_test(rebase_takes_the_evidence_away_but_not_the_mute_time),
		cmocka_unit_test(a_lapse_is_remembered_until_it_comes_back),
		cmocka_unit_test(a_late_look_grants_a_quarter_of_the_hang_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
