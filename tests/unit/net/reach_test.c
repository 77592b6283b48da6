/* SPDX-License-Identifier: BSD-3-Clause */
/* reach_test.c - when targets are probed, and when they count as silent and as there again. Time is
 * the test's, in milliseconds from START. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/reach.h"
#include "tests/unit/net/packets.h"

#define START UINT64_C(5000000)
#define MS UINT64_C(1000)

static struct reach r;
static struct probe_table table;
static uint64_t heard_us[PROBE_TARGETS];
static const struct reach_rules usual = {.interval_ms = 1000, .misses = 3}; /* a round: 750 ms */
static unsigned probes;

static void ask(unsigned n, uint64_t at_ms)
{
	table.n = (uint16_t)n;
	for (unsigned i = 0; i < n; i++)
		table.target[i] = v4(10, 0, 0, i + 1);
	reach_set(&r, &usual, &table, START + at_ms * MS);
}

static int set_up(void **state)
{
	memset(&r, 0, sizeof(r));
	memset(heard_us, 0, sizeof(heard_us));
	probes = 0;
	return 0;
}

/* Up to then, each step when it is due. answering: these targets do, 5 ms after each probe. */
static void until(uint64_t ms, uint32_t answering)
{
	while (reach_next_us(&r) <= START + ms * MS) {
		const uint64_t now_us = reach_next_us(&r);
		const uint32_t due = reach_step(&r, heard_us, true, now_us);

		probes += due != 0;
		for (unsigned i = 0; i < r.n; i++)
			if (due & answering & 1u << i)
				heard_us[i] = now_us + 5 * MS;
	}
}

static enum reach_state of(unsigned i)
{
	return r.target[i].state;
}

static void test_nobody(void **state)
{
	assert_int_equal(reach_state(&r), REACH_NONE);
	assert_true(reach_next_us(&r) == REACH_NEVER);
	assert_int_equal(reach_step(&r, heard_us, true, START), 0);
	ask(1, 0);
	ask(0, 1);
	assert_true(reach_next_us(&r) == REACH_NEVER);
	assert_int_equal(reach_state(&r), REACH_NONE);
}

static void test_pace(void **state)
{
	ask(8, 0);
	assert_true(reach_next_us(&r) == START);
	assert_int_equal(reach_step(&r, heard_us, true, START), 0xFF);
	assert_int_equal(reach_step(&r, heard_us, true, START), 0);
	assert_true(reach_next_us(&r) == START + 750 * MS);
	until(60000, 0xFF);
	assert_int_equal(probes, 80); /* and the first one above; none more, none fewer */
	assert_int_equal(r.target[7].n_probes, 81);
	assert_int_equal(r.target[7].n_answers, 79); /* not the first; the last is not seen yet */
	assert_int_equal(r.target[7].n_missed, 1);
}

static void test_first_answer(void **state)
{
	ask(1, 0);
	until(700, 1);
	assert_int_equal(reach_state(&r), REACH_UNKNOWN);
	until(750, 1);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
}

/* What comes twice has been asked for once. */
static void test_two_answers(void **state)
{
	ask(1, 0);
	reach_step(&r, heard_us, true, START);
	for (unsigned i = 1; i <= 2; i++) {
		heard_us[0] = START + i * MS;
		reach_step(&r, heard_us, true, START + i * MS);
	}
	assert_int_equal(r.target[0].n_answers, 1);
	assert_int_equal(r.target[0].n_probes, 1);
}

static void test_never_there(void **state)
{
	ask(1, 0);
	until(2999, 0);
	assert_int_equal(reach_state(&r), REACH_UNKNOWN);
	until(3000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
}

/* After interval * misses without an answer, not before, and not a round later. */
static void test_lost(void **state)
{
	ask(1, 0);
	until(7500, 1); /* its last answer: 7505 */
	until(10504, 0);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	until(10505, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
	assert_int_equal(r.target[0].n_missed, 3);
	assert_int_equal(r.target[0].n_lost, 1);
}

/* One answer in time is enough. */
static void test_two_missed(void **state)
{
	ask(1, 0);
	for (unsigned i = 0; i < 20; i++) {
		until(i * 3 * 750, 1);
		until(i * 3 * 750 + 1500, 0);
		assert_int_not_equal(reach_state(&r), REACH_SILENT);
	}
	assert_int_equal(r.target[0].n_lost, 0);
}

/* One that comes and goes stays silent, one that is back for `misses` rounds does not. */
static void test_flapping(void **state)
{
	ask(1, 0);
	until(3000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
	for (unsigned i = 0; i < 40; i++) {
		until(3750 + i * 3 * 750 + 750, 1);
		until(3750 + i * 3 * 750 + 1500, 0);
		assert_int_equal(reach_state(&r), REACH_SILENT);
	}
	assert_int_equal(r.target[0].n_lost, 1);
	until(100000, 1);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
}

static void test_back(void **state)
{
	ask(1, 0);
	until(3000, 0); /* the next round: 3750 */
	until(5999, 1);
	assert_int_equal(reach_state(&r), REACH_SILENT);
	until(6000, 1);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	until(60000, 1);
	assert_int_equal(r.target[0].n_lost, 1);
}

static void test_several(void **state)
{
	ask(3, 0);
	until(10000, 2);
	assert_int_equal(of(0), REACH_SILENT);
	assert_int_equal(of(1), REACH_ANSWERS);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	until(20000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
	until(30000, 4);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	assert_int_equal(of(1), REACH_SILENT);
}

static void test_other_targets(void **state)
{
	ask(2, 0);
	until(10000, 1);
	assert_int_equal(of(1), REACH_SILENT);
	/* One more: those that stay are what they were, and the new one puts nothing off for long.
	 */
	ask(3, 10000);
	memset(heard_us, 0, sizeof(heard_us));
	assert_int_equal(of(0), REACH_ANSWERS);
	assert_int_equal(of(1), REACH_SILENT);
	assert_int_equal(of(2), REACH_UNKNOWN);
	until(20000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
	/* Others: it is not known. */
	table.target[0] = v4(10, 0, 0, 7);
	reach_set(&r, &usual, &table, START + 20000 * MS);
	assert_int_equal(reach_state(&r), REACH_UNKNOWN);
	until(20750, 1);
	assert_int_equal(of(0), REACH_UNKNOWN); /* asked with the next round only */
	until(22000, 1);
	assert_int_equal(of(0), REACH_ANSWERS);
	reach_anew(&r, START + 22000 * MS);
	assert_int_equal(of(0), REACH_UNKNOWN);
	assert_true(reach_next_us(&r) == START + 22000 * MS);
}

static void test_other_rules(void **state)
{
	const struct reach_rules fast = {.interval_ms = 20, .misses = 1};

	ask(1, 0);
	until(10000, 1);
	reach_set(&r, &fast, &table, START + 10000 * MS);
	assert_true(reach_next_us(&r) <= START + 10010 * MS);
	until(11000, 1);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	assert_int_equal(r.target[0].n_lost, 0); /* its last answer was longer ago */
	assert_in_range(r.target[0].n_probes, 100, 120);
	until(11030, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
}

/* Who slept does not know whether anybody would have answered. */
static void test_overslept(void **state)
{
	ask(1, 0);
	until(7500, 1);
	assert_int_equal(reach_step(&r, heard_us, true, START + 60000 * MS), 1);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	assert_true(reach_next_us(&r) == START + 60750 * MS);
	until(63000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
}

/* Nor does who has not asked. */
static void test_not_sent(void **state)
{
	ask(1, 0);
	until(7500, 1);
	for (unsigned i = 1; i <= 100; i++)
		reach_step(&r, heard_us, false, START + (7500 + i * 750) * MS);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	assert_int_equal(r.target[0].n_missed, 0);
	until(86000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
}

/* It was believed before, by as many answers: that does not count again. */
static void test_lost_again(void **state)
{
	uint64_t now_us;

	ask(1, 0);
	until(3000, 0);
	until(10000, 1);
	assert_int_equal(reach_state(&r), REACH_ANSWERS);
	until(13000, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
	now_us = reach_next_us(&r);
	reach_step(&r, heard_us, false, now_us);
	heard_us[0] = now_us + MS;
	reach_step(&r, heard_us, true, reach_next_us(&r));
	assert_int_equal(reach_state(&r), REACH_SILENT);
}

/* It is about to be sent: that takes nothing from anybody. */
static void test_about_to_be_sent(void **state)
{
	ask(1, 0);
	until(7500, 1);
	for (unsigned ms = 7506; ms < 8250; ms += 50)
		reach_step(&r, heard_us, false, START + ms * MS);
	until(10505, 0);
	assert_int_equal(reach_state(&r), REACH_SILENT);
}

static void test_names(void **state)
{
	for (unsigned a = 0; a < REACH_STATES; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(reach_state_name(a), reach_state_name(b));
}

#define REACH_TEST(fn) cmocka_unit_test_setup(fn, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REACH_TEST(test_nobody),
		REACH_TEST(test_pace),
		REACH_TEST(test_first_answer),
		REACH_TEST(test_two_answers),
		REACH_TEST(test_never_there),
		REACH_TEST(test_lost),
		REACH_TEST(test_two_missed),
		REACH_TEST(test_flapping),
		REACH_TEST(test_back),
		REACH_TEST(test_several),
		REACH_TEST(test_other_targets),
		REACH_TEST(test_other_rules),
		REACH_TEST(test_overslept),
		REACH_TEST(test_not_sent),
		REACH_TEST(test_lost_again),
		REACH_TEST(test_about_to_be_sent),
		REACH_TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
