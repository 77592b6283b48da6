// SPDX-License-Identifier: BSD-3-Clause
/* Tests of supervise.c: each walk is what viosd's edge would report, in order. */
#include "vios-core/daemon/supervise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct supervise sup;

static int setup(void **state)
{
	supervise_init(&sup);
	return 0;
}

static struct supervise_out go(enum supervise_event event)
{
	return supervise_step(&sup, event);
}

/* Brings it up by adoption. */
static void adopt(void)
{
	go(SUP_EV_START);
	go(SUP_EV_CONNECTED);
	go(SUP_EV_GREETED);
	go(SUP_EV_CONFIGURED);
	assert_int_equal(sup.state, SUP_UP);
}

static void test_every_cell_is_set(void **state)
{
	for (int s = 0; s < SUP_N_STATES; s++)
		for (int e = 0; e < SUP_N_EVENTS; e++)
			if (!supervise_cell_is_set(
				    (enum supervise_state)s, (enum supervise_event)e))
				fail_msg("state %s, event %d",
					supervise_state_name((enum supervise_state)s), e);
}

static void test_starts_one_when_none_runs(void **state)
{
	assert_int_equal(go(SUP_EV_START).actions, SUP_CONNECT);
	assert_false(sup.decided);
	struct supervise_out out = go(SUP_EV_ABSENT);
	assert_int_equal(out.actions, SUP_SPAWN | SUP_UNSERVE);
	assert_int_equal(out.timer, SUP_TIMER_SET);
	assert_int_equal(out.timer_ms, SUP_POLL_MS);
	assert_true(sup.decided);
	assert_false(sup.serving);
	assert_string_equal(supervise_word(&sup), "starting");
	assert_int_equal(go(SUP_EV_TIMER).actions, SUP_CONNECT);
	assert_int_equal(go(SUP_EV_REFUSED).timer_ms, SUP_POLL_MS);
	assert_int_equal(go(SUP_EV_TIMER).actions, SUP_CONNECT);
	assert_int_equal(go(SUP_EV_CONNECTED).actions, SUP_HELLO);
	assert_int_equal(go(SUP_EV_GREETED).actions, SUP_CONFIGURE);
	assert_false(sup.serving);
	assert_int_equal(go(SUP_EV_CONFIGURED).actions, SUP_SERVE);
	assert_true(sup.serving);
	assert_string_equal(supervise_word(&sup), "up");
}

static void test_adopts_one_that_runs(void **state)
{
	go(SUP_EV_START);
	assert_int_equal(go(SUP_EV_CONNECTED).actions, SUP_HELLO);
	assert_false(sup.decided);
	assert_int_equal(go(SUP_EV_GREETED).actions, SUP_CONFIGURE);
	assert_false(sup.decided);
	assert_int_equal(go(SUP_EV_CONFIGURED).actions, SUP_SERVE);
	assert_true(sup.decided);
	assert_true(sup.serving);
}

static void test_slow_start_is_polled_slower(void **state)
{
	uint32_t ms = 0;

	go(SUP_EV_START);
	go(SUP_EV_ABSENT);
	for (unsigned i = 1; i < SUP_POLLS_FAST; i++) {
		go(SUP_EV_TIMER);
		ms = go(SUP_EV_REFUSED).timer_ms;
	}
	assert_int_equal(ms, SUP_POLL_MS);
	go(SUP_EV_TIMER);
	assert_int_equal(go(SUP_EV_REFUSED).timer_ms, SUP_POLL_SLOW_MS);
}

/* Dies before it is ever healthy: at once, then 100 ms doubling to 5 s. */
static void test_backoff(void **state)
{
	static const uint32_t want_ms[] = {0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};

	go(SUP_EV_START);
	for (size_t i = 0; i < sizeof(want_ms) / sizeof(want_ms[0]); i++) {
		assert_true(go(SUP_EV_ABSENT).actions & SUP_SPAWN);
		struct supervise_out out = go(SUP_EV_DEAD);
		assert_int_equal(sup.state, SUP_BACKOFF);
		assert_int_equal(out.timer, SUP_TIMER_SET);
		assert_int_equal(out.timer_ms, want_ms[i]);
		assert_true(out.actions & SUP_FORGET);
		assert_int_equal(go(SUP_EV_TIMER).actions, SUP_CONNECT);
	}
}

static void test_a_failed_spawn_backs_off(void **state)
{
	go(SUP_EV_START);
	go(SUP_EV_ABSENT);
	assert_int_equal(go(SUP_EV_SPAWN_FAILED).timer_ms, 0);
	go(SUP_EV_TIMER);
	go(SUP_EV_ABSENT);
	assert_int_equal(go(SUP_EV_SPAWN_FAILED).timer_ms, SUP_BACKOFF_FIRST_MS);
}

static void test_health_forgives(void **state)
{
	adopt();
	go(SUP_EV_DEAD);
	go(SUP_EV_TIMER);
	go(SUP_EV_CONNECTED);
	go(SUP_EV_GREETED);
	struct supervise_out out = go(SUP_EV_CONFIGURED);
	assert_int_equal(out.timer_ms, SUP_HEALTHY_MS);
	assert_int_equal(sup.failures, 1);
	assert_int_equal(go(SUP_EV_TIMER).actions, SUP_HEALTHY);
	assert_int_equal(go(SUP_EV_DEAD).timer_ms, 0);
}

static void test_death_takes_the_paths(void **state)
{
	adopt();
	struct supervise_out out = go(SUP_EV_DEAD);
	assert_true(out.actions & SUP_UNSERVE);
	assert_false(sup.serving);
	assert_string_equal(supervise_word(&sup), "down");
}

/* One hang-up keeps the paths; being refused, or hung up on again, does not. */
static void test_hang_up_keeps_the_paths_once(void **state)
{
	adopt();
	assert_int_equal(go(SUP_EV_HANGUP).actions, SUP_CLOSE);
	assert_true(sup.serving);
	assert_string_equal(supervise_word(&sup), "up");
	assert_int_equal(go(SUP_EV_TIMER).actions, SUP_CONNECT);
	go(SUP_EV_CONNECTED);
	go(SUP_EV_GREETED);
	assert_true(sup.serving);
	go(SUP_EV_CONFIGURED);
	assert_int_equal(sup.state, SUP_UP);

	go(SUP_EV_HANGUP);
	go(SUP_EV_TIMER);
	go(SUP_EV_REFUSED);
	assert_false(sup.serving);

	go(SUP_EV_TIMER);
	go(SUP_EV_CONNECTED);
	go(SUP_EV_HANGUP);
	assert_int_equal(sup.state, SUP_LOST);
	assert_false(sup.serving);
}

/* However mute it is: while its process is known to live, none is started beside it. */
static void test_never_two(void **state)
{
	adopt();
	go(SUP_EV_HANGUP);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(go(SUP_EV_TIMER).actions, SUP_CONNECT);
		if (i % 2)
			assert_false(go(SUP_EV_REFUSED).actions & SUP_SPAWN);
		else {
			go(SUP_EV_CONNECTED);
			assert_false(go(SUP_EV_MUTE).actions & SUP_SPAWN);
		}
	}
}

static void test_unfit_is_asked_again(void **state)
{
	adopt();
	go(SUP_EV_HANGUP);
	go(SUP_EV_TIMER);
	go(SUP_EV_CONNECTED);
	go(SUP_EV_GREETED);
	struct supervise_out out = go(SUP_EV_UNFIT);
	assert_int_equal(out.timer_ms, SUP_UNFIT_MS);
	assert_false(sup.serving);
	assert_int_equal(go(SUP_EV_TIMER).actions, SUP_CONFIGURE);
	assert_int_equal(go(SUP_EV_CONFIGURED).actions, SUP_SERVE);
}

static void test_orderly_stop(void **state)
{
	adopt();
	assert_int_equal(go(SUP_EV_STOP).actions, SUP_UNSERVE | SUP_SHUTDOWN);
	assert_int_equal(go(SUP_EV_HANGUP).actions, SUP_CLOSE);
	assert_int_equal(go(SUP_EV_DEAD).actions, SUP_CLOSE | SUP_FORGET | SUP_DONE);
	assert_int_equal(sup.state, SUP_STOPPED);
}

static void test_stop_of_a_mute_one_ends(void **state)
{
	adopt();
	go(SUP_EV_STOP);
	assert_true(go(SUP_EV_TIMER).actions & SUP_TERM);
	assert_true(go(SUP_EV_TIMER).actions & SUP_DONE);
}

/* From every state, STOP ends in STOPPED by timers and a death alone, with exactly one DONE. */
static void test_stop_from_everywhere(void **state)
{
	for (int s = 0; s < SUP_N_STATES; s++) {
		int done = 0;
		sup = (struct supervise){.state = (enum supervise_state)s};
		done += (go(SUP_EV_STOP).actions & SUP_DONE) != 0;
		for (int i = 0; i < 2 && sup.state != SUP_STOPPED; i++)
			done += (go(SUP_EV_TIMER).actions & SUP_DONE) != 0;
		assert_int_equal(sup.state, SUP_STOPPED);
		assert_int_equal(done, 1);
	}
}

/* Random walks: a process is started only from PROBING, serving implies a process, and after START
 * every state but STOPPED has something under way: a timer, an answer to come, or a process that
 * may die. */
static void test_random_walks(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)atoi(given) : 1;

	print_message("SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 100000; i++) {
		enum supervise_state before = sup.state;
		struct supervise_out out = go((enum supervise_event)(rand() % SUP_EV_STOP));
		if (out.actions & SUP_SPAWN)
			assert_int_equal(before, SUP_PROBING);
		if (sup.serving)
			assert_true(sup.state >= SUP_GREETING && sup.state <= SUP_LOST);
		if (sup.state == SUP_BACKOFF && before != SUP_BACKOFF)
			assert_int_equal(out.timer, SUP_TIMER_SET);
		assert_true(out.timer_ms <= SUP_HEALTHY_MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_cell_is_set, setup),
		cmocka_unit_test_setup(test_starts_one_when_none_runs, setup),
		cmocka_unit_test_setup(test_adopts_one_that_runs, setup),
		cmocka_unit_test_setup(test_slow_start_is_polled_slower, setup),
		cmocka_unit_test_setup(test_backoff, setup),
		cmocka_unit_test_setup(test_a_failed_spawn_backs_off, setup),
		cmocka_unit_test_setup(test_health_forgives, setup),
		cmocka_unit_test_setup(test_death_takes_the_paths, setup),
		cmocka_unit_test_setup(test_hang_up_keeps_the_paths_once, setup),
		cmocka_unit_test_setup(test_never_two, setup),
		cmocka_unit_test_setup(test_unfit_is_asked_again, setup),
		cmocka_unit_test_setup(test_orderly_stop, setup),
		cmocka_unit_test_setup(test_stop_of_a_mute_one_ends, setup),
		cmocka_unit_test_setup(test_stop_from_everywhere, setup),
		cmocka_unit_test_setup(test_random_walks, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
