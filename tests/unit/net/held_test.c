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

/* Takes over what is numbered below a limit. */
struct taker {
	uint64_t limit, next;
	unsigned n;
	uint16_t port; /* 0: any */
};

static bool take(const struct held_frame *frame, void *user)
{
	struct taker *t = user;

	if (frame->until_us >= t->limit || (t->port && frame->port != t->port))
		return false;
	assert_true(frame->until_us >= t->next);
	t->next = frame->until_us + 1;
	t->n++;
	return true;
}

static void test_first_in_first_out(void **state)
{
	static struct held held;
	struct taker t = {.limit = UINT64_MAX};
	uint64_t in = 0;

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < HELD_MAX - 5; i++) {
			const struct held_frame frame = numbered(in++);

			assert_true(held_put(&held, &frame));
		}
		held_settle(&held, take, &t);
		assert_int_equal(held.n, 0);
		assert_int_equal(t.n, in);
		assert_int_equal(t.next, in);
	}
}

/* Two adapters move, one is live before the other: its frames go, the other's wait in order. */
static void test_one_does_not_keep_the_other_back(void **state)
{
	static struct held held;
	struct taker live = {.limit = UINT64_MAX, .port = 4}, late = {.limit = UINT64_MAX};

	for (uint64_t i = 0; i < HELD_MAX; i++) {
		struct held_frame frame = numbered(i);

		frame.port = i % 2 ? 4 : 3;
		assert_true(held_put(&held, &frame));
	}
	held_settle(&held, take, &live);
	assert_int_equal(live.n, HELD_MAX / 2);
	assert_int_equal(held.n, HELD_MAX / 2);
	held_settle(&held, take, &late);
	assert_int_equal(late.n, HELD_MAX / 2);
	assert_int_equal(late.next, HELD_MAX - 1);
}

static void test_is_bounded(void **state)
{
	static struct held held;
	const struct held_frame frame = numbered(1);
	struct taker none = {.limit = 0};

	for (int i = 0; i < HELD_MAX; i++)
		assert_true(held_put(&held, &frame));
	held_settle(&held, take, &none);
	assert_int_equal(held.n, HELD_MAX);
	assert_false(held_put(&held, &frame));
	held.n--;
	assert_true(held_put(&held, &frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_one_does_not_keep_the_other_back),
		cmocka_unit_test(test_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
