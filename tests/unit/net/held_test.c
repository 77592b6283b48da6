/* SPDX-License-Identifier: BSD-3-Clause */
/* held_test.c - the queue of frames that wait for a move. */
#include "net/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct held_frame numbered(uint64_t n)
{
	return (struct held_frame){.until_us = n, .adapter_id = 7, .port = 3};
}

static void test_first_in_first_out(void **state)
{
	static struct held held;
	uint64_t in = 0, out = 0;

	assert_null(held_first(&held));
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < HELD_MAX - 5; i++) {
			const struct held_frame frame = numbered(in++);

			assert_true(held_put(&held, &frame));
		}
		for (int i = 0; i < HELD_MAX - 5; i++) {
			assert_int_equal(held_first(&held)->until_us, out++);
			held_pop(&held);
		}
	}
	assert_null(held_first(&held));
}

static void test_is_bounded(void **state)
{
	static struct held held;
	const struct held_frame frame = numbered(1);

	for (int i = 0; i < HELD_MAX; i++)
		assert_true(held_put(&held, &frame));
	assert_false(held_put(&held, &frame));
	held_pop(&held);
	assert_true(held_put(&held, &frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
