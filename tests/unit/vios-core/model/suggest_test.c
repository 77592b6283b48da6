/* SPDX-License-Identifier: BSD-3-Clause */
/* suggest_test.c - near enough to ask for, and too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/model/schema.h"

static bool near(const char *text, const char *candidate)
{
	size_t best = SIZE_MAX;

	return suggest_nearer(text, candidate, &best);
}

static void test_near(void **state)
{
	assert_true(near("hang_ms", "hang_ms"));
	assert_true(near("hangms", "hang_ms"));
	assert_true(near("HANG_MS", "hang_ms"));
	assert_true(near("prefered", "preferred"));
	assert_true(near("mut", "mtu"));
	assert_false(near("x", "hang_ms"));
	assert_false(near("", "id"));
	assert_false(near("clients", "hang_ms"));
}

static void test_the_nearest_wins(void **state)
{
	size_t best = SIZE_MAX;

	assert_true(suggest_nearer("memory", "memory_m", &best));
	assert_false(suggest_nearer("memory", "memory_mb", &best));
	assert_true(suggest_nearer("memory", "memor", &best));
	assert_int_equal(best, 1);
}

static void test_long_words(void **state)
{
	char word[200];

	memset(word, 'w', sizeof(word));
	word[199] = '\0';
	assert_false(near(word, word));
	word[48] = '\0';
	assert_true(near(word, word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_the_nearest_wins),
		cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
