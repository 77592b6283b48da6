/* SPDX-License-Identifier: BSD-3-Clause */
/* poison_test.c - attribution of crashes, holding and quarantine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "ha/frame/poison.h"

#define SECOND UINT64_C(1000000000)

static struct poison *fresh(void)
{
	static struct poison p;

	poison_init(&p);
	return &p;
}

static void every_cell_is_set(void **state)
{
	for (unsigned s = 0; s < POISON_STATES; s++)
		for (unsigned e = 0; e < POISON_EVENTS; e++)
			assert_true(poison_cell_set(s, e));
	assert_false(poison_cell_set(POISON_STATES, 0));
}

static void only_crashes_of_a_served_adapter_blame(void **state)
{
	static const int blaming[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

	for (size_t i = 0; i < sizeof(blaming) / sizeof(blaming[0]); i++) {
		assert_true(poison_blames((uint32_t)blaming[i], 7));
		assert_false(poison_blames((uint32_t)blaming[i], 0));
	}
	assert_false(poison_blames(SIGKILL, 7));
	assert_false(poison_blames(SIGTERM, 7));
	assert_false(poison_blames(0, 7));
	assert_false(poison_blames(0xffffffffu, 7));
}

static void the_first_crash_holds_until_the_same_plane_is_back(void **state)
{
	struct poison *p = fresh();

	assert_int_equal(poison_crash(p, 7, "vios1", "netd", SECOND), 0);
	assert_int_equal(poison_state(p, 7), POISON_HELD);
	assert_int_equal(poison_state(p, 8), POISON_CLEAR);
	assert_int_equal(poison_back(p, "vios2", "netd"), 0);
	assert_int_equal(poison_back(p, "vios1", "scsid"), 0);
	assert_int_equal(poison_state(p, 7), POISON_HELD);
	assert_int_equal(poison_back(p, "vios1", "netd"), 1);
	assert_int_equal(poison_state(p, 7), POISON_MARKED);
}

static void two_within_a_minute_quarantine(void **state)
{
	struct poison *p = fresh();

	poison_crash(p, 7, "vios1", "netd", SECOND);
	poison_back(p, "vios1", "netd");
	assert_int_equal(poison_crash(p, 7, "vios2", "netd", 61 * SECOND), 0);
	assert_int_equal(poison_state(p, 7), POISON_QUARANTINED);
	poison_back(p, "vios2", "netd");
	poison_back(p, "vios1", "netd");
	assert_int_equal(poison_state(p, 7), POISON_QUARANTINED);
	assert_int_equal(poison_release(p, 7), 0);
	assert_int_equal(poison_state(p, 7), POISON_CLEAR);
	assert_int_equal(poison_release(p, 7), -ENOENT);
}

static void two_in_more_than_a_minute_hold_again(void **state)
{
	struct poison *p = fresh();

	poison_crash(p, 7, "vios1", "netd", SECOND);
	poison_back(p, "vios1", "netd");
	poison_crash(p, 7, "vios1", "netd", 61 * SECOND + 1);
	assert_int_equal(poison_state(p, 7), POISON_HELD);
}

static void a_held_one_that_crashes_the_other_too_is_quarantined(void **state)
{
	struct poison *p = fresh();

	poison_crash(p, 7, "vios1", "netd", SECOND);
	poison_crash(p, 7, "vios2", "netd", 2 * SECOND);
	assert_int_equal(poison_state(p, 7), POISON_QUARANTINED);
}

static void release_frees_a_held_one_and_forgets(void **state)
{
	struct poison *p = fresh();

	poison_crash(p, 7, "vios1", "netd", SECOND);
	assert_int_equal(poison_release(p, 7), 0);
	poison_crash(p, 7, "vios1", "netd", 2 * SECOND);
	assert_int_equal(poison_state(p, 7), POISON_HELD);
}

static void a_full_table_keeps_the_dangerous_and_drops_the_merely_marked(void **state)
{
	struct poison *p = fresh();

	for (uint32_t id = 1; id <= POISON_MAX; id++)
		assert_int_equal(poison_crash(p, id, "vios1", "netd", id * SECOND), 0);
	assert_int_equal(poison_crash(p, 5000, "vios2", "netd", SECOND), -ENOSPC);
	assert_int_equal(poison_back(p, "vios1", "netd"), POISON_MAX);
	assert_int_equal(poison_crash(p, 5000, "vios2", "netd", 9 * SECOND), 0);
	assert_int_equal(poison_state(p, 1), POISON_CLEAR); /* the oldest mark made room */
	assert_int_equal(poison_state(p, 2), POISON_MARKED);
}

static void what_is_restored_is_checked(void **state)
{
	struct poison *p = fresh();
	struct poison_adapter a = {.id = 7, .state = POISON_QUARANTINED, .vios = "vios1"};

	assert_int_equal(poison_restore(p, &a), 0);
	assert_int_equal(poison_restore(p, &a), -EINVAL); /* twice */
	a.id = 0;
	assert_int_equal(poison_restore(p, &a), -EINVAL);
	a.id = 8;
	a.state = POISON_STATES;
	assert_int_equal(poison_restore(p, &a), -EINVAL);
	assert_int_equal(poison_state(p, 7), POISON_QUARANTINED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_set),
		cmocka_unit_test(only_crashes_of_a_served_adapter_blame),
		cmocka_unit_test(the_first_crash_holds_until_the_same_plane_is_back),
		cmocka_unit_test(two_within_a_minute_quarantine),
		cmocka_unit_test(two_in_more_than_a_minute_hold_again),
		cmocka_unit_test(a_held_one_that_crashes_the_other_too_is_quarantined),
		cmocka_unit_test(release_frees_a_held_one_and_forgets),
		cmocka_unit_test(a_full_table_keeps_the_dangerous_and_drops_the_merely_marked),
		cmocka_unit_test(what_is_restored_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
