/* SPDX-License-Identifier: BSD-3-Clause */
/* path_choice_test.c - the choice between two paths. */
#include "vios-core/model/path_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define C(e, l, st)                                                                                \
	{                                                                                          \
		.eligible = e, .live = l, .state = MODEL_PATH_##st                                 \
	}

static int best(struct path_choice a, struct path_choice b, int current, int preferred, int pinned)
{
	const struct path_choice c[PATH_CHOICES] = {a, b};

	return path_choice_best(c, current, preferred, pinned);
}

static void the_better_state_wins(void **state)
{
	const struct path_choice opt = C(true, false, OPTIMIZED),
				 non = C(true, false, NON_OPTIMIZED), sby = C(true, false, STANDBY);

	assert_int_equal(best(opt, non, -1, -1, -1), 0);
	assert_int_equal(best(non, opt, 0, 0, -1), 1);
	assert_int_equal(best(sby, non, 0, 0, -1), 1);
	assert_int_equal(best(non, sby, 1, 1, -1), 0);
}

static void equals_stay(void **state)
{
	const struct path_choice opt = C(true, false, OPTIMIZED);

	assert_int_equal(best(opt, opt, 0, 1, -1), 0);
	assert_int_equal(best(opt, opt, 1, 0, -1), 1);
	assert_int_equal(best(opt, opt, -1, 0, -1), 0);
	assert_int_equal(best(opt, opt, -1, 1, -1), 1);
	assert_in_range(best(opt, opt, -1, -1, -1), 0, 1);
}

static void only_the_fit_are_taken(void **state)
{
	const struct path_choice opt = C(true, false, OPTIMIZED), out = C(false, false, OPTIMIZED),
				 gone = C(true, false, UNAVAILABLE),
				 moving = C(true, false, TRANSITIONING);

	assert_int_equal(best(out, opt, 0, 0, -1), 1);
	assert_int_equal(best(opt, out, 1, 1, -1), 0);
	assert_int_equal(best(out, out, 0, 0, 0), -1);
	assert_int_equal(best(gone, moving, 0, 0, -1), -1);
	assert_int_equal(best(gone, opt, 0, 0, -1), 1);
}

/* Nothing better to go to: a path that runs goes on, whatever is said of it. */
static void a_running_path_goes_on(void **state)
{
	const struct path_choice runs = C(true, true, UNAVAILABLE),
				 gone = C(true, false, UNAVAILABLE),
				 out = C(false, false, OPTIMIZED), sby = C(true, false, STANDBY);

	assert_int_equal(best(runs, gone, 0, 1, -1), 0);
	assert_int_equal(best(runs, out, 0, 1, -1), 0);
	assert_int_equal(best(runs, sby, 0, 0, -1), 1);
}

static void an_operators_wish(void **state)
{
	const struct path_choice opt = C(true, false, OPTIMIZED),
				 non = C(true, false, NON_OPTIMIZED),
				 gone = C(true, false, UNAVAILABLE),
				 out = C(false, false, OPTIMIZED);

	assert_int_equal(best(opt, non, 0, 0, 1), 1);
	assert_int_equal(best(opt, opt, 0, 0, 1), 1);
	assert_int_equal(best(opt, gone, 0, 0, 1), 0);
	assert_int_equal(best(opt, out, 0, 0, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_better_state_wins),
		cmocka_unit_test(equals_stay),
		cmocka_unit_test(only_the_fit_are_taken),
		cmocka_unit_test(a_running_path_goes_on),
		cmocka_unit_test(an_operators_wish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
