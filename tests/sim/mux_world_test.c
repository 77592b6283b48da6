/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mux_world_test.c - the mux's adapter in random worlds (mw.h), which assert after each step.
 * Prints its seed and replays it from VIOS_SEED; VIOS_LONG=1 plays a hundred times as many. One
 * thread.
 */
#include "tests/lib/muxworld/mw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define WORLD_BYTES 20000

static void random_worlds(void **state)
{
	static struct mw w;
	static uint8_t bytes[WORLD_BYTES];
	const char *text = getenv("VIOS_SEED"), *all = getenv("VIOS_LONG");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)time(NULL);
	unsigned worlds = all && strcmp(all, "1") == 0 ? 20000 : 200;
	uint64_t steps = 0, switches = 0, lives = 0, answered = 0;
	uint64_t removals = 0, refits = 0;

	printf("VIOS_SEED=%u\n", seed);
	fflush(stdout);
	for (unsigned n = 0; n < worlds; n++, seed++) {
		unsigned r = seed;

		for (size_t i = 0; i < WORLD_BYTES; i++)
			bytes[i] = (uint8_t)(rand_r(&r) >> 3);
		mw_init(&w, bytes, WORLD_BYTES);
		while (mw_step(&w))
			;
		mw_end(&w);
		steps += w.steps;
		switches += w.switches;
		lives += w.lives;
		answered += w.answered;
		removals += w.removals;
		refits += w.refits;
	}
	printf("%llu adapters removed, %llu new profiles that had to wait\n",
		(unsigned long long)removals, (unsigned long long)refits);
	printf("%u worlds: %llu steps, %llu starts, %llu switches, %llu answers\n", worlds,
		(unsigned long long)steps, (unsigned long long)lives, (unsigned long long)switches,
		(unsigned long long)answered);
	/* Worlds in which nothing happens prove nothing. */
	assert_true(switches > worlds && lives > switches && answered > worlds);
	assert_true(removals > worlds && refits > worlds / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_worlds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
