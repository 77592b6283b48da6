/* SPDX-License-Identifier: BSD-3-Clause */
/* flood_test.c - what broadcasts may cost, over time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/flood.h"

static void test_burst_then_rate(void **state)
{
	struct flood f;
	unsigned passed = 0;

	flood_init(&f, 1000, 100, 0);
	while (flood_take(&f, 10, 0))
		passed++;
	assert_int_equal(passed, 10);
	assert_false(flood_take(&f, 10, 9000));
	assert_true(flood_take(&f, 10, 10000)); /* ten copies in ten milliseconds */
	assert_false(flood_take(&f, 10, 10000));
}

static void test_never_more_than_the_burst(void **state)
{
	struct flood f;

	flood_init(&f, 1000, 100, 0);
	assert_true(flood_take(&f, 10, 0));
	assert_false(flood_take(&f, 101, 50000)); /* fifty came in, ten had room */
	assert_true(flood_take(&f, 100, 50000));
}

static void test_one_copy_is_free(void **state)
{
	struct flood f;

	flood_init(&f, 1, 1, 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_true(flood_take(&f, 1, 0));
	assert_false(flood_take(&f, 2, 0));
}

static void test_time(void **state)
{
	struct flood f;

	flood_init(&f, 1000000, 8192, UINT64_MAX - 10);
	assert_true(flood_take(&f, 8192, UINT64_MAX - 10));
	assert_false(flood_take(&f, 2, 5)); /* back in time: nothing comes of it */
	assert_true(flood_take(&f, 2, UINT64_MAX));

	flood_init(&f, UINT32_MAX, UINT32_MAX, 0);
	assert_true(flood_take(&f, UINT32_MAX, 0));
	assert_true(
		flood_take(&f, UINT32_MAX, UINT64_MAX)); /* a long pause fills it, and no more */
	assert_false(flood_take(&f, 2, UINT64_MAX));

	flood_init(&f, 0, 4, 0);
	assert_true(flood_take(&f, 4, 0));
	assert_false(flood_take(&f, 2, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_rate),
		cmocka_unit_test(test_never_more_than_the_burst),
		cmocka_unit_test(test_one_copy_is_free),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
