/* SPDX-License-Identifier: BSD-3-Clause */
/* urgency_test.c - who stays urgent, who gives way and for how long. Virtual time. */
#include "vios-core/base/urgency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static void idle_stays_urgent(void **state)
{
	struct urgency u = {0};

	for (uint64_t s = 1; s <= 100; s++) {
		assert_true(urgency_step(&u, s * 1000 * MS, s * 49 * MS));
		assert_true(urgency_back_ns(&u) == UINT64_MAX);
	}
}

static void all_of_the_allowance_may_be_used(void **state)
{
	struct urgency u = {0};

	assert_true(urgency_step(&u, 10 * MS, 7 * MS));
	assert_true(urgency_step(&u, 900 * MS, 7 * MS + URGENCY_SPEND_NS));
	assert_false(urgency_step(&u, 901 * MS, 7 * MS + URGENCY_SPEND_NS + 1));
}

static void busy_gives_way_until_the_window_ends(void **state)
{
	struct urgency u = {0};
	const uint64_t begin = 500 * MS;

	assert_true(urgency_step(&u, begin, 0));
	assert_false(urgency_step(&u, begin + 60 * MS, 51 * MS));
	assert_true(urgency_back_ns(&u) == begin + URGENCY_WINDOW_NS);
	/* Idle since: it stays so to the end all the same. */
	assert_false(urgency_step(&u, begin + URGENCY_WINDOW_NS - 1, 51 * MS));
	assert_true(urgency_step(&u, begin + URGENCY_WINDOW_NS, 51 * MS));
	assert_true(urgency_back_ns(&u) == UINT64_MAX);
}

/* What it used before the first call of a window is not held against it. */
static void always_busy_is_urgent_for_a_twentieth(void **state)
{
	struct urgency u = {0};
	unsigned urgent = 0, rounds = 0;

	for (uint64_t now = MS; now <= 100000 * MS; now += MS, rounds++)
		urgent += urgency_step(&u, now, now);
	assert_in_range(urgent * 100 / rounds, 4, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_stays_urgent),
		cmocka_unit_test(all_of_the_allowance_may_be_used),
		cmocka_unit_test(busy_gives_way_until_the_window_ends),
		cmocka_unit_test(always_busy_is_urgent_for_a_twentieth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
