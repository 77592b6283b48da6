/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_health_test.c - bad news count at once, good news after they have lasted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/policy/sea_health.h"

#define MS UINT64_C(1000000)

static const struct sea_health_rules rules = {
	.link_ns = 100 * MS, .health_ns = 1000 * MS, .misses = 3};

static struct sea_health with_link_at(uint64_t now_ns)
{
	struct sea_health h;

	sea_health_init(&h, &rules, 0);
	sea_health_link(&h, true, now_ns);
	return h;
}

static void a_link_counts_after_link_time_and_is_well_after_health_time(void **state)
{
	struct sea_health h = with_link_at(50 * MS);

	assert_int_equal(sea_health_look(&h, 149 * MS), SEA_UPLINK_DEAD);
	assert_int_equal(sea_health_next_ns(&h, 149 * MS), 150 * MS);
	assert_int_equal(sea_health_look(&h, 150 * MS), SEA_UPLINK_HEALING);
	assert_int_equal(sea_health_next_ns(&h, 150 * MS), 1150 * MS);
	assert_int_equal(sea_health_look(&h, 1149 * MS), SEA_UPLINK_HEALING);
	assert_int_equal(sea_health_look(&h, 1150 * MS), SEA_UPLINK_WELL);
	assert_int_equal(sea_health_next_ns(&h, 1150 * MS), SEA_NEVER);
}

static void a_lost_link_counts_at_once_and_all_begins_anew(void **state)
{
	struct sea_health h = with_link_at(0);

	sea_health_look(&h, 100 * MS);
	assert_int_equal(sea_health_look(&h, 2000 * MS), SEA_UPLINK_WELL);
	sea_health_link(&h, false, 2000 * MS);
	assert_int_equal(sea_health_look(&h, 2000 * MS), SEA_UPLINK_DEAD);
	sea_health_link(&h, true, 2001 * MS);
	assert_int_equal(sea_health_look(&h, 2100 * MS), SEA_UPLINK_DEAD);
	assert_int_equal(sea_health_look(&h, 2101 * MS), SEA_UPLINK_HEALING);
	assert_int_equal(sea_health_look(&h, 3101 * MS), SEA_UPLINK_WELL);
}

static void the_network_is_dead_when_all_targets_are_silent(void **state)
{
	struct sea_health h = with_link_at(0);

	sea_health_rules(&h, &rules, 2);
	sea_health_look(&h, 100 * MS);
	for (int i = 0; i < 2; i++)
		for (unsigned target = 0; target < 2; target++)
			sea_health_probe(&h, target, false);
	sea_health_probe(&h, 0, false);
	assert_int_equal(sea_health_look(&h, 1200 * MS), SEA_UPLINK_WELL); /* one is left */
	sea_health_probe(&h, 1, false);
	assert_int_equal(sea_health_look(&h, 1201 * MS), SEA_UPLINK_DEAD);
	sea_health_probe(&h, 0, true);
	assert_int_equal(sea_health_look(&h, 1300 * MS), SEA_UPLINK_HEALING);
	assert_int_equal(sea_health_look(&h, 2300 * MS), SEA_UPLINK_WELL);
}

static void a_target_that_is_no_longer_probed_is_forgotten(void **state)
{
	struct sea_health h = with_link_at(0);

	sea_health_rules(&h, &rules, 1);
	for (int i = 0; i < 5; i++)
		sea_health_probe(&h, 0, false);
	sea_health_probe(&h, 7, false); /* there is none */
	assert_int_equal(sea_health_look(&h, 200 * MS), SEA_UPLINK_DEAD);
	sea_health_rules(&h, &rules, 0);
	assert_int_equal(sea_health_look(&h, 200 * MS), SEA_UPLINK_HEALING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_counts_after_link_time_and_is_well_after_health_time),
		cmocka_unit_test(a_lost_link_counts_at_once_and_all_begins_anew),
		cmocka_unit_test(the_network_is_dead_when_all_targets_are_silent),
		cmocka_unit_test(a_target_that_is_no_longer_probed_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
