/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_ring_test.c - frames through the trunk's memory, and what a mad other side can do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "net/frame.h"
#include "net/trunk_msg.h"
#include "net/trunk_ring.h"

static struct trunk_ring *ring;
static struct trunk_out out;
static struct trunk_in in;
static uint8_t frame[TRUNK_FRAME_MAX + 64], got[TRUNK_FRAME_MAX + 64];

static int set_up(void **state)
{
	ring = aligned_alloc(64, sizeof(*ring));
	if (!ring)
		return -1;
	memset(ring, 0, sizeof(*ring));
	trunk_out_init(&out, ring);
	trunk_in_init(&in, ring);
	return 0;
}

static int tear_down(void **state)
{
	free(ring);
	return 0;
}

static void fill(size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(seed * 31 + i * 7 + i / 256);
}

static void expect_next(size_t len, unsigned seed)
{
	assert_int_equal(trunk_in_next(&in), len);
	trunk_in_take(&in, got, len);
	fill(len, seed);
	assert_memory_equal(got, frame, len);
}

static void test_through_and_around(void **state)
{
	unsigned put = 0, taken = 0;
	size_t bytes = 0;

	/* Several times around, with frames of all lengths, so each goes over the end somewhere. */
	for (unsigned turn = 0; turn < 4000; turn++) {
		size_t len = 14 + (turn * 379u) % (TRUNK_FRAME_MAX - 13);

		fill(len, put);
		assert_true(trunk_out_put(&out, frame, len, 0));
		put++;
		trunk_out_show(&out);
		if (turn % 3 != 2)
			continue;
		while (taken < put) {
			expect_next(14 + (taken * 379u) % (TRUNK_FRAME_MAX - 13), taken);
			taken++;
		}
		trunk_in_show(&in);
		bytes += len;
	}
	assert_true(bytes > TRUNK_RING_DATA_BYTES);
}

static void test_full(void **state)
{
	unsigned n = 0;

	fill(1500, 1);
	while (trunk_out_put(&out, frame, 1500, 0))
		n++;
	assert_int_equal(n, TRUNK_RING_DATA_BYTES / 1512);
	assert_int_equal(trunk_in_next(&in), 0); /* not shown yet */
	trunk_out_show(&out);
	expect_next(1500, 1);
	assert_false(trunk_out_put(&out, frame, 1500, 0));
	trunk_in_show(&in);
	assert_true(trunk_out_put(&out, frame, 1500, 0));
	assert_false(trunk_out_put(&out, frame, TRUNK_FRAME_MAX + 1, 0));
}

static void test_tags(void **state)
{
	const uint8_t tag[] = {0x81, 0, 0xA0, 30};

	fill(60, 9);
	assert_true(trunk_out_put(&out, frame, 60, FRAME_EDIT_PUSH | 0xA000 | 30));
	assert_true(
		trunk_out_put(&out, frame, 60, FRAME_EDIT_PUSH | FRAME_EDIT_STRIP | 0xA000 | 30));
	trunk_out_show(&out);
	assert_int_equal(trunk_in_next(&in), 64);
	trunk_in_take(&in, got, 64);
	assert_memory_equal(got, frame, 12);
	assert_memory_equal(got + 12, tag, 4);
	assert_memory_equal(got + 16, frame + 12, 48);
	assert_int_equal(trunk_in_next(&in), 60);
	trunk_in_take(&in, got, 60);
	assert_memory_equal(got + 12, tag, 4);
	assert_memory_equal(got + 16, frame + 16, 44);
}

static void test_waking(void **state)
{
	fill(60, 2);
	assert_true(trunk_out_put(&out, frame, 60, 0));
	assert_false(trunk_out_show(&out));
	assert_true(trunk_in_waiting(&in));
	expect_next(60, 2);
	assert_false(trunk_in_waiting(&in));
	trunk_in_arm(&in, true);
	assert_true(trunk_out_put(&out, frame, 60, 0));
	assert_true(trunk_out_show(&out));
	assert_true(trunk_out_put(&out, frame, 60, 0));
	assert_false(trunk_out_show(&out)); /* once */
}

static void test_what_was_there_before(void **state)
{
	fill(60, 3);
	assert_true(trunk_out_put(&out, frame, 60, 0));
	trunk_out_show(&out);
	trunk_in_init(&in, ring);
	assert_true(trunk_in_is_stale(&in));
	expect_next(60, 3);
	assert_false(trunk_in_is_stale(&in));
}

static void test_mad_other_side(void **state)
{
	const uint64_t lengths[] = {0, TRUNK_FRAME_MAX + 1, 61, UINT64_MAX, UINT32_MAX};
	const uint64_t heads[] = {1, 7, TRUNK_RING_DATA_BYTES + 8, UINT64_MAX, UINT64_MAX / 2};

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memcpy(ring->data, &lengths[i], 8);
		atomic_store(&ring->head, 64);
		trunk_in_init(&in, ring);
		assert_int_equal(trunk_in_next(&in), 0);
		assert_true(in.broken && !trunk_in_waiting(&in));
	}
	memset(ring->data, 0, 64);
	ring->data[0] = 60;
	for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		atomic_store(&ring->head, heads[i]);
		trunk_in_init(&in, ring);
		assert_int_equal(trunk_in_next(&in), 0);
		assert_true(in.broken);
	}
	/* It says that it has taken what was never put. */
	atomic_store(&ring->tail, 77);
	fill(60, 1);
	assert_false(trunk_out_put(&out, frame, 60, 0));
}

static void test_messages(void **state)
{
	struct trunk_msg msg = {.type = TRUNK_MSG_HELLO, .n_rings = 3, .incarnation = 7},
			 again = {0};
	uint8_t bytes[TRUNK_MSG_BYTES];

	msg.say.seq = 5;
	msg.say.ack = 6;
	vlanset_add(&msg.say.claims, 4094);
	vlanset_add(&msg.say.uses, 1);
	trunk_msg_write(&msg, bytes);
	assert_true(trunk_msg_read(bytes, sizeof(bytes), &again));
	assert_int_equal(again.n_rings, 3);
	assert_true(again.incarnation == 7 && again.say.seq == 5 && again.say.ack == 6);
	assert_true(vlanset_equal(&again.say.claims, &msg.say.claims));
	assert_true(vlanset_equal(&again.say.uses, &msg.say.uses));
	assert_false(trunk_msg_read(bytes, sizeof(bytes) - 1, &again));
	bytes[12] = TRUNK_MSG_RINGS_MAX + 1;
	assert_false(trunk_msg_read(bytes, sizeof(bytes), &again));
	bytes[8] = TRUNK_MSG_SAY;
	assert_true(trunk_msg_read(bytes, sizeof(bytes), &again));
	bytes[8] = 3;
	assert_false(trunk_msg_read(bytes, sizeof(bytes), &again));
	bytes[0]++;
	assert_false(trunk_msg_read(bytes, sizeof(bytes), &again));
}

#define RING_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(test_through_and_around),
		RING_TEST(test_full),
		RING_TEST(test_tags),
		RING_TEST(test_waking),
		RING_TEST(test_what_was_there_before),
		RING_TEST(test_mad_other_side),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
