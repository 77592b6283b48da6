/* SPDX-License-Identifier: BSD-3-Clause */
/* bucket_test.c - what is taken ahead is paid for; rates and bursts of adapters as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/bucket.h"
#include "net/rules.h"

#define PER_S 1000000u
#define FULL 50000u

static void test_level(void **state)
{
	struct bucket b = {0};

	assert_int_equal(bucket_level(&b, PER_S, FULL, 1000000), FULL);
	bucket_charge(&b, PER_S, 20000);
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1000000), 30000);
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1005000), 35000);
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1000), 35000); /* back in time */
	assert_int_equal(bucket_level(&b, PER_S, 100, 1005000), 100); /* less may wait now */
}

static void test_debt(void **state)
{
	struct bucket b = {0};

	assert_int_equal(bucket_level(&b, PER_S, FULL, 1000000), FULL);
	bucket_charge(&b, PER_S, FULL + 10000); /* 10 ms of it are to come */
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1000000), 0);
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1009999), 0);
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1011000), 1000);
	bucket_charge(&b, 0, 5000); /* no rate: nothing to wait for */
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1011000), 0);
	assert_int_equal(bucket_level(&b, PER_S, FULL, 1012000), 1000);
}

/* Whatever the sizes and the pauses, over a second no more than the rate and one burst. */
static void test_never_more_than_the_rate(void **state)
{
	struct bucket b = {0};
	uint64_t passed = 0, now = 5000000;
	uint32_t size = 60;

	for (; now < 6000000; now += 1 + size % 700) {
		size = size * 1103515245u + 12345u;
		uint32_t bytes = 60 + (size >> 16) % 9000;

		if (bucket_level(&b, PER_S, FULL, now) < 9018)
			continue;
		bucket_charge(&b, PER_S, bytes);
		passed += bytes;
	}
	assert_in_range(passed, PER_S * 9 / 10, PER_S + FULL);
}

static void test_rates(void **state)
{
	struct rules_rate r = rules_rate(0, 0);

	assert_int_equal(r.bytes_per_s, 0);
	r = rules_rate(100000, 0);
	assert_int_equal(r.bytes_per_s, 12500000);
	assert_int_equal(r.burst_bytes, 125000); /* 10 ms */
	r = rules_rate(100000, 1024);
	assert_int_equal(r.burst_bytes, 1048576);
	r = rules_rate(100000, 1);
	assert_int_equal(r.burst_bytes, 50000); /* a worker sleeps for a millisecond */
	r = rules_rate(1, 1);
	assert_int_equal(r.bytes_per_s, 125);
	assert_true(r.burst_bytes >= 3 * 9018); /* a long frame must be able to pass */
	r = rules_rate(RULES_KBIT_MAX, RULES_KIB_MAX);
	assert_int_equal(r.bytes_per_s, 4000000000u);
	assert_int_equal(r.burst_bytes, 1073741824);
}

static void test_rules(void **state)
{
	const struct rules_port plain = {.pvid = 1},
				limited = {.pvid = 1,
					.in = {1000, 2000},
					.out = {0, 1},
					.weight = 30},
				uplink = {.pvid = 1, .out = {5, 6}};
	struct rules *rules = rules_new();

	assert_int_equal(rules_set(rules, 0, &plain), 0);
	assert_int_equal(rules_set(rules, 1, &limited), 0);
	assert_int_equal(rules_set(rules, PORT_UPLINK, &uplink), 0);
	assert_false(portset_has(&rules->limited_in, 0) || portset_has(&rules->limited_out, 0));
	assert_true(portset_has(&rules->limited_in, 1) && !portset_has(&rules->limited_out, 1));
	assert_true(portset_has(&rules->limited_out, PORT_UPLINK));
	assert_int_equal(rules->in[1].burst_bytes, 2000);
	assert_int_equal(rules->weight[0], DRR_WEIGHT_DEFAULT);
	assert_int_equal(rules->weight[1], 30);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_never_more_than_the_rate),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
