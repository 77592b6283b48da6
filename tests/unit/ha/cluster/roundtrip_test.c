// SPDX-License-Identifier: BSD-3-Clause
/* roundtrip_test.c - each message is measured by its own sending; what was lost is not. */
#include "ha/cluster/roundtrip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_each_by_its_own(void **state)
{
	struct roundtrip trip = {0};

	assert_int_equal(roundtrip_figures(&trip).n, 0);
	roundtrip_back(&trip, 5); /* never sent: of a former stay */
	assert_int_equal(roundtrip_figures(&trip).n, 0);
	roundtrip_sent(&trip, 100);
	roundtrip_sent(&trip, 200);
	roundtrip_back(&trip, 1100);
	roundtrip_sent(&trip, 1200);
	roundtrip_back(&trip, 1400);
	roundtrip_back(&trip, 1900);
	struct roundtrip_figures f = roundtrip_figures(&trip);
	assert_int_equal(f.n, 3);
	assert_int_equal(f.last_us, 700);
	assert_int_equal(f.median_us, 1000);
	assert_int_equal(f.worst_us, 1200);
}

static void test_the_last_ones_count(void **state)
{
	struct roundtrip trip = {0};
	uint64_t now = 1;

	for (int i = 0; i < 200; i++) {
		roundtrip_sent(&trip, now);
		now += i < 100 ? 1000000 : 50;
		roundtrip_back(&trip, now);
	}
	struct roundtrip_figures f = roundtrip_figures(&trip);
	assert_int_equal(f.n, ROUNDTRIP_KEPT);
	assert_int_equal(f.worst_us, 50);
}

/* Those beyond the table are not measured, and do not shift the others. */
static void test_many_on_their_way(void **state)
{
	struct roundtrip trip = {0};

	for (uint64_t i = 0; i < ROUNDTRIP_FLIGHT + 10; i++)
		roundtrip_sent(&trip, 1000 + i);
	for (uint64_t i = 0; i < ROUNDTRIP_FLIGHT + 10; i++)
		roundtrip_back(&trip, 1000 + i + (i < ROUNDTRIP_FLIGHT ? 7 : 100000));
	assert_int_equal(trip.n_taken, ROUNDTRIP_FLIGHT);
	assert_int_equal(roundtrip_figures(&trip).worst_us, 7);
	roundtrip_sent(&trip, 500000);
	roundtrip_back(&trip, 500008);
	assert_int_equal(roundtrip_figures(&trip).last_us, 8);
}

static void test_cut(void **state)
{
	struct roundtrip trip = {0};

	roundtrip_sent(&trip, 100);
	roundtrip_back(&trip, 110);
	roundtrip_sent(&trip, 200);
	roundtrip_cut(&trip);
	roundtrip_sent(&trip, 1000);
	roundtrip_back(&trip, 1020);
	assert_int_equal(roundtrip_figures(&trip).n, 2);
	assert_int_equal(roundtrip_figures(&trip).last_us, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_by_its_own),
		cmocka_unit_test(test_the_last_ones_count),
		cmocka_unit_test(test_many_on_their_way),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
