/* SPDX-License-Identifier: BSD-3-Clause */
/* pacer_test.c - 256 adapters are announced, repeatedly, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/pacer.h"

#define FRAMES 29 /* of each: 21 VLANs and 8 addresses */
#define REPEAT_US 50000
#define REPEATS 4

static struct pacer *pacer;
static unsigned sent[PORT_CLIENTS], all;

static int set_up(void **state)
{
	pacer = test_calloc(1, sizeof(*pacer));
	for (unsigned p = 0; p < PORT_CLIENTS; p++)
		sent[p] = 0;
	all = 0;
	return 0;
}

static int tear_down(void **state)
{
	test_free(pacer);
	return 0;
}

static void want(uint16_t port, uint64_t now_us)
{
	pacer_want(pacer, port, port + 1u, now_us);
	sent[port]++;
	all++;
}

/* Everything that goes out at this time. */
static void go_on(uint64_t now_us)
{
	unsigned index;
	uint16_t p;

	while ((p = pacer_next(pacer, PACER_PER_S, now_us, &index)) != PORT_NONE) {
		assert_true(index > 0);
		if (index >= FRAMES) {
			pacer_done(pacer, p);
			continue;
		}
		sent[p]++;
		all++;
	}
}

static unsigned spread(void)
{
	unsigned least = sent[0], most = sent[0];

	for (unsigned p = 1; p < PORT_CLIENTS; p++) {
		least = sent[p] < least ? sent[p] : least;
		most = sent[p] > most ? sent[p] : most;
	}
	return most - least;
}

static void test_takeover_of_all(void **state)
{
	uint64_t began_us = 1000000, now_us = began_us;
	unsigned wanted = 0;

	for (; pacer_busy(pacer) || !wanted; now_us += 1000) {
		uint64_t passed_us = now_us - began_us;

		if (passed_us % REPEAT_US == 0 && passed_us / REPEAT_US <= REPEATS)
			for (uint16_t p = 0; p < PORT_CLIENTS; p++, wanted++)
				want(p, now_us);
		if (!passed_us)
			assert_int_equal(all, PORT_CLIENTS); /* the first of each at once */
		go_on(now_us);
		assert_true(all <= wanted + PACER_BURST + passed_us * PACER_PER_S / 1000000);
		/* In turns: nobody is done before the others have begun. */
		if (passed_us < REPEAT_US)
			assert_true(spread() <= 1);
		assert_true(passed_us < 10000000);
	}
	/* What is asked for during a round is one more round. */
	for (unsigned p = 0; p < PORT_CLIENTS; p++)
		assert_int_equal(sent[p], 1 + REPEATS + 2 * (FRAMES - 1));
}

static void test_few_are_not_held_up(void **state)
{
	want(7, 1000000);
	go_on(1000000);
	assert_int_equal(sent[7], FRAMES);
	assert_false(pacer_busy(pacer));
	go_on(2000000);
	assert_int_equal(sent[7], FRAMES);
	want(7, 2000000);
	go_on(2000000);
	assert_int_equal(sent[7], 2 * FRAMES);
}

static void test_one_that_leaves(void **state)
{
	unsigned index;

	want(1, 1000000);
	want(1, 1000000);
	want(2, 1000000);
	assert_int_equal(pacer_next(pacer, PACER_PER_S, 1000000, &index), 1);
	pacer_drop(pacer, 1);
	go_on(1100000);
	assert_int_equal(sent[1], 2);
	assert_int_equal(sent[2], FRAMES);
	assert_false(pacer_busy(pacer));
	/* Its place may be another's now. */
	pacer_want(pacer, 1, 99, 2000000);
	assert_int_equal(pacer_next(pacer, PACER_PER_S, 2000000, &index), 1);
	assert_int_equal(index, 1);
	assert_int_equal(pacer->job[1].mac, 99);
}

#define PACER_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PACER_TEST(test_takeover_of_all),
		PACER_TEST(test_few_are_not_held_up),
		PACER_TEST(test_one_that_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
