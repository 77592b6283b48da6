/* SPDX-License-Identifier: BSD-3-Clause */
/* split_ring_test.c - the device's side of a ring against a driver that the test plays, honest and
 * not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/split_ring.h"

#define SIZE 8
#define GUEST UINT64_C(0x100000000)
#define MEMORY_BYTES 8192
#define AVAIL 0x100
#define USED 0x200
#define BUFFERS 0x400
#define BUFFER_BYTES 256
#define NEXT 1
#define WRITE 2
#define INDIRECT 4

struct driver {
	uint8_t *memory; /* ends where its allocation ends, for a sanitizer to see */
	struct guest_mem mem;
	struct split_ring ring;
	uint16_t avail_index;
};

static void put16(struct driver *d, size_t at, uint16_t v)
{
	memcpy(d->memory + at, &v, 2);
}

static uint16_t get16(struct driver *d, size_t at)
{
	uint16_t v;

	memcpy(&v, d->memory + at, 2);
	return v;
}

static uint32_t get32(struct driver *d, size_t at)
{
	uint32_t v;

	memcpy(&v, d->memory + at, 4);
	return v;
}

static void desc_at(
	struct driver *d, size_t at, uint64_t address, uint32_t len, uint16_t flags, uint16_t next)
{
	memcpy(d->memory + at, &address, 8);
	memcpy(d->memory + at + 8, &len, 4);
	put16(d, at + 12, flags);
	put16(d, at + 14, next);
}

static void desc(
	struct driver *d, unsigned i, uint64_t address, uint32_t len, uint16_t flags, uint16_t next)
{
	desc_at(d, 16 * i, address, len, flags, next);
}

static uint64_t buffer(unsigned i)
{
	return GUEST + BUFFERS + (uint64_t)i * BUFFER_BYTES;
}

static void offer(struct driver *d, uint16_t head)
{
	put16(d, AVAIL + 4 + 2 * (d->avail_index % SIZE), head);
	put16(d, AVAIL + 2, ++d->avail_index);
}

static struct split_ring_setup setup_of(struct driver *d)
{
	return (struct split_ring_setup){
		.desc = d->memory,
		.avail = d->memory + AVAIL,
		.used = d->memory + USED,
		.size = SIZE,
		.indirect = true,
		.mergeable = true,
		.long_header = true,
	};
}

static int set_up(void **state)
{
	struct driver *d = calloc(1, sizeof(*d));
	struct split_ring_setup setup;

	assert_non_null(d);
	d->memory = aligned_alloc(16, MEMORY_BYTES);
	assert_non_null(d->memory);
	memset(d->memory, 0, MEMORY_BYTES);
	/* Two regions, one behind the other, the second one mapped in front of the first. */
	d->mem.n = 2;
	d->mem.region[0] = (struct guest_region){GUEST, MEMORY_BYTES - 512, d->memory};
	d->mem.region[1] = (struct guest_region){
		GUEST + MEMORY_BYTES - 512, 512, d->memory + MEMORY_BYTES - 512};
	setup = setup_of(d);
	assert_int_equal(split_ring_init(&d->ring, &setup), 0);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct driver *d = *state;

	free(d->memory);
	free(d);
	return 0;
}

static void test_init(void **state)
{
	struct driver *d = *state;
	struct split_ring_setup s;

	for (uint32_t size = 0; size < 70000; size++) {
		s = setup_of(d);
		s.size = size;
		assert_int_equal(split_ring_init(&d->ring, &s),
			size && !(size & (size - 1)) && size <= 32768 ? 0 : -EINVAL);
	}
	s = setup_of(d);
	s.desc = d->memory + 8;
	assert_int_equal(split_ring_init(&d->ring, &s), -EINVAL);
	s = setup_of(d);
	s.avail = d->memory + AVAIL + 1;
	assert_int_equal(split_ring_init(&d->ring, &s), -EINVAL);
	s = setup_of(d);
	s.used = d->memory + USED + 2;
	assert_int_equal(split_ring_init(&d->ring, &s), -EINVAL);
}

static void test_take(void **state)
{
	struct driver *d = *state;
	uint8_t out[64];

	assert_int_equal(split_ring_waiting(&d->ring), 0);
	/* A header and a frame in one, in two, and spread over three descriptors. */
	memcpy(d->memory + BUFFERS + 12, "first", 5);
	desc(d, 0, buffer(0), 17, 0, 0);
	memcpy(d->memory + BUFFERS + BUFFER_BYTES, "second", 6);
	desc(d, 1, buffer(2), 12, NEXT, 2);
	desc(d, 2, buffer(1), 6, 0, 0);
	memcpy(d->memory + BUFFERS + 3 * BUFFER_BYTES, ".....third", 10);
	desc(d, 3, buffer(4), 7, NEXT, 4);
	desc(d, 4, buffer(3), 8, NEXT, 5);
	desc(d, 5, buffer(3) + 8, 2, 0, 0);
	offer(d, 0);
	offer(d, 1);
	offer(d, 3);
	assert_int_equal(split_ring_waiting(&d->ring), 3);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 5);
	assert_memory_equal(out, "first", 5);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 6);
	assert_memory_equal(out, "second", 6);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 5);
	assert_memory_equal(out, "third", 5);
	assert_int_equal(get16(d, USED + 2), 0); /* not shown yet */
	assert_true(split_ring_finish(&d->ring));
	assert_int_equal(get16(d, USED + 2), 3);
	assert_int_equal(get32(d, USED + 4), 0);
	assert_int_equal(get32(d, USED + 12), 1);
	assert_int_equal(get32(d, USED + 20), 3);
	assert_int_equal(split_ring_waiting(&d->ring), 0);
}

static void test_take_refuses_and_goes_on(void **state)
{
	struct driver *d = *state;
	uint8_t out[64];

	desc(d, 0, buffer(0), 12 + 65, 0, 0);
	desc(d, 1, buffer(0), 12, 0, 0);
	memcpy(d->memory + BUFFERS + 12, "fits", 4);
	desc(d, 2, buffer(0), 16, 0, 0);
	offer(d, 0);
	offer(d, 1);
	offer(d, 2);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), -EMSGSIZE);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), -EBADMSG);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 4);
	assert_false(d->ring.broken);
	split_ring_finish(&d->ring);
	assert_int_equal(get16(d, USED + 2), 3);
}

static void test_indirect(void **state)
{
	struct driver *d = *state;
	uint8_t out[64];

	memcpy(d->memory + BUFFERS + 12, "indirect", 8);
	desc_at(d, BUFFERS + 0x800, buffer(0), 12, NEXT, 1);
	desc_at(d, BUFFERS + 0x810, buffer(0) + 12, 8, 0, 0);
	desc(d, 6, GUEST + BUFFERS + 0x800, 32, INDIRECT, 0);
	offer(d, 6);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 8);
	assert_memory_equal(out, "indirect", 8);
	split_ring_finish(&d->ring);
	assert_int_equal(get32(d, USED + 4), 6);
}

static void test_across_regions(void **state)
{
	struct driver *d = *state;
	size_t border = MEMORY_BYTES - 512;
	uint8_t out[64];

	memcpy(d->memory + border - 4, "both sides", 10);
	desc(d, 0, buffer(0), 12, NEXT, 1);
	desc(d, 1, GUEST + border - 4, 10, 0, 0);
	offer(d, 0);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 10);
	assert_memory_equal(out, "both sides", 10);
}

static int give(struct driver *d, const char *text, uint32_t len)
{
	struct split_ring_piece pieces[2] = {{text, 1}, {text + 1, len - 1}};

	return split_ring_give(&d->ring, &d->mem, pieces, 2);
}

static void test_give(void **state)
{
	struct driver *d = *state;
	static const uint8_t header[12] = {[10] = 1};

	assert_int_equal(give(d, "early", 5), -EAGAIN);
	desc(d, 0, buffer(0), BUFFER_BYTES, WRITE, 0);
	desc(d, 1, buffer(1), 3, WRITE | NEXT, 2); /* the header crosses descriptors */
	desc(d, 2, buffer(2), BUFFER_BYTES, WRITE, 0);
	offer(d, 0);
	offer(d, 1);
	assert_int_equal(give(d, "hello", 5), 0);
	assert_int_equal(give(d, "world", 5), 0);
	assert_int_equal(give(d, "more", 4), -EAGAIN);
	split_ring_finish(&d->ring);
	assert_int_equal(get16(d, USED + 2), 2);
	assert_int_equal(get32(d, USED + 8), 17);
	assert_int_equal(get32(d, USED + 16), 17);
	assert_memory_equal(d->memory + BUFFERS, header, 12);
	assert_memory_equal(d->memory + BUFFERS + 12, "hello", 5);
	assert_memory_equal(d->memory + BUFFERS + 2 * BUFFER_BYTES, header + 3, 9);
	assert_memory_equal(d->memory + BUFFERS + 2 * BUFFER_BYTES + 9, "world", 5);
}

static void test_give_merged(void **state)
{
	struct driver *d = *state;

	for (unsigned i = 0; i < 4; i++) {
		desc(d, i, buffer(i), 10, WRITE, 0);
		offer(d, (uint16_t)i);
	}
	assert_int_equal(give(d, "0123456789abcdefghijk", 21), 0); /* 33 bytes with the header */
	split_ring_finish(&d->ring);
	assert_int_equal(get16(d, USED + 2), 4);
	assert_int_equal(d->memory[BUFFERS + BUFFER_BYTES], 4); /* num_buffers: bytes 10 and 11 */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(get32(d, USED + 8 + 8 * i), 10);
	assert_int_equal(get32(d, USED + 8 + 24), 3);
	assert_memory_equal(d->memory + BUFFERS + BUFFER_BYTES + 2, "01234567", 8);
	assert_memory_equal(d->memory + BUFFERS + 3 * BUFFER_BYTES, "ijk", 3);
	assert_int_equal(d->memory[BUFFERS + 3 * BUFFER_BYTES + 3], 0);
}

static void test_give_unmerged(void **state)
{
	struct driver *d = *state;
	struct split_ring_setup setup = setup_of(d);

	setup.mergeable = false;
	assert_int_equal(split_ring_init(&d->ring, &setup), 0);
	desc(d, 0, buffer(0), 14, WRITE, 0);
	offer(d, 0);
	offer(d, 0);
	assert_int_equal(give(d, "long", 4), -EMSGSIZE);
	assert_int_equal(give(d, "ok", 2), 0);
	assert_false(d->ring.broken);
}

/* Two buffers of one byte: the header ends in neither, and nothing may be written behind them. */
static void test_give_tiny_buffers(void **state)
{
	struct driver *d = *state;
	uint8_t before[MEMORY_BYTES];

	for (unsigned i = 0; i < 7; i++)
		desc(d, i, GUEST + MEMORY_BYTES - 1, 1, WRITE | NEXT, (uint16_t)(i + 1));
	desc(d, 7, GUEST + MEMORY_BYTES - 1, 1, WRITE, 0);
	for (unsigned i = 0; i < SIZE; i++)
		offer(d, 0);
	memcpy(before, d->memory, MEMORY_BYTES);
	assert_int_not_equal(give(d, "x", 1), 0);
	assert_memory_equal(before, d->memory, MEMORY_BYTES);
}

static void expect_broken_take(struct driver *d, uint16_t head)
{
	uint8_t out[64];

	offer(d, head);
	assert_int_equal(split_ring_waiting(&d->ring), 1);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), -EPROTO);
	/* From now on it is left alone. */
	assert_int_equal(split_ring_waiting(&d->ring), 0);
	assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), -EPROTO);
	assert_int_equal(give(d, "no", 2), -EPROTO);
	assert_int_equal(get16(d, USED + 2), 0);
	assert_int_equal(get16(d, USED), 0);
	split_ring_want_kicks(&d->ring, false);
	assert_int_equal(get16(d, USED), 0);
}

#define BROKEN_TEST(name, ...)                                                                     \
	static void name(void **state)                                                             \
	{                                                                                          \
		struct driver *d = *state;                                                         \
		__VA_ARGS__;                                                                       \
		expect_broken_take(d, 0);                                                          \
	}

BROKEN_TEST(test_loop, desc(d, 0, buffer(0), 1, NEXT, 1); desc(d, 1, buffer(0), 1, NEXT, 0))
BROKEN_TEST(test_loop_of_nothing, desc(d, 0, buffer(0), 0, NEXT, 0))
BROKEN_TEST(test_next_outside, desc(d, 0, buffer(0), 20, NEXT, SIZE))
BROKEN_TEST(test_address_below, desc(d, 0, GUEST - 1, 20, 0, 0))
BROKEN_TEST(test_address_behind, desc(d, 0, GUEST + MEMORY_BYTES - 19, 20, 0, 0))
BROKEN_TEST(test_address_wraps, desc(d, 0, UINT64_MAX - 4, 20, 0, 0))
BROKEN_TEST(test_wrong_direction, desc(d, 0, buffer(0), 20, WRITE, 0))
BROKEN_TEST(test_indirect_and_next, desc(d, 0, buffer(0), 16, INDIRECT | NEXT, 1))
BROKEN_TEST(test_indirect_odd, desc(d, 0, buffer(0), 24, INDIRECT, 0))
BROKEN_TEST(test_indirect_empty, desc(d, 0, buffer(0), 0, INDIRECT, 0))
BROKEN_TEST(test_indirect_long, desc(d, 0, buffer(0), 16 * (SIZE + 1), INDIRECT, 0))
BROKEN_TEST(test_indirect_behind, desc(d, 0, GUEST + MEMORY_BYTES - 16, 32, INDIRECT, 0))
BROKEN_TEST(test_indirect_nested, desc_at(d, BUFFERS, buffer(4), 16, INDIRECT, 0);
	    desc(d, 0, buffer(0), 16, INDIRECT, 0))

static void test_head_outside(void **state)
{
	expect_broken_take(*state, SIZE);
}

static void test_head_far_outside(void **state)
{
	expect_broken_take(*state, UINT16_MAX);
}

static void test_index_jumps(void **state)
{
	struct driver *d = *state;

	put16(d, AVAIL + 2, SIZE);
	assert_int_equal(split_ring_waiting(&d->ring), SIZE);
	put16(d, AVAIL + 2, SIZE + 1);
	assert_int_equal(split_ring_waiting(&d->ring), 0);
	assert_true(d->ring.broken);
}

static void test_not_offered(void **state)
{
	struct driver *d = *state;
	struct split_ring_setup setup = setup_of(d);

	setup.indirect = false;
	assert_int_equal(split_ring_init(&d->ring, &setup), 0);
	desc_at(d, BUFFERS, buffer(4), 20, 0, 0);
	desc(d, 0, buffer(0), 16, INDIRECT, 0);
	expect_broken_take(d, 0);
}

static void test_calls(void **state)
{
	struct driver *d = *state;
	struct split_ring_setup setup = setup_of(d);

	assert_true(split_ring_finish(&d->ring));
	put16(d, AVAIL, 1); /* VRING_AVAIL_F_NO_INTERRUPT */
	assert_false(split_ring_finish(&d->ring));

	setup.event_idx = true;
	setup.next_used = 65534;
	assert_int_equal(split_ring_init(&d->ring, &setup), 0);
	put16(d, AVAIL + 4 + 2 * SIZE, 0);	  /* used_event: call when index 0 is used */
	assert_true(split_ring_finish(&d->ring)); /* once, whatever was before */
	d->ring.next_used = 65535;
	assert_false(split_ring_finish(&d->ring));
	d->ring.next_used = 1;
	assert_true(split_ring_finish(&d->ring));
	d->ring.next_used = 2;
	assert_false(split_ring_finish(&d->ring));
}

static void test_kicks(void **state)
{
	struct driver *d = *state;
	struct split_ring_setup setup = setup_of(d);

	split_ring_want_kicks(&d->ring, false);
	assert_int_equal(get16(d, USED), 1);
	split_ring_want_kicks(&d->ring, true);
	assert_int_equal(get16(d, USED), 0);

	setup.event_idx = true;
	setup.next_avail = 77;
	assert_int_equal(split_ring_init(&d->ring, &setup), 0);
	split_ring_want_kicks(&d->ring, false);
	assert_int_equal(get16(d, USED + 4 + 8 * SIZE), 0);
	split_ring_want_kicks(&d->ring, true);
	assert_int_equal(get16(d, USED + 4 + 8 * SIZE), 77);
	assert_int_equal(get16(d, USED), 0);
}

static void test_wraps_around(void **state)
{
	struct driver *d = *state;
	struct split_ring_setup setup = setup_of(d);
	uint8_t out[64];

	setup.next_avail = setup.next_used = 65530;
	assert_int_equal(split_ring_init(&d->ring, &setup), 0);
	d->avail_index = 65530;
	put16(d, AVAIL + 2, d->avail_index);
	for (unsigned i = 0; i < 100; i++) {
		d->memory[BUFFERS + 12] = (uint8_t)i;
		desc(d, i % SIZE, buffer(0), 13, 0, 0);
		offer(d, (uint16_t)(i % SIZE));
		assert_int_equal(split_ring_waiting(&d->ring), 1);
		assert_int_equal(split_ring_take(&d->ring, &d->mem, out, sizeof(out)), 1);
		assert_int_equal(out[0], i);
		split_ring_finish(&d->ring);
		assert_int_equal(get16(d, USED + 2), (uint16_t)(65531 + i));
	}
}

#define RING_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(test_init),
		RING_TEST(test_take),
		RING_TEST(test_take_refuses_and_goes_on),
		RING_TEST(test_indirect),
		RING_TEST(test_across_regions),
		RING_TEST(test_give),
		RING_TEST(test_give_merged),
		RING_TEST(test_give_unmerged),
		RING_TEST(test_give_tiny_buffers),
		RING_TEST(test_loop),
		RING_TEST(test_loop_of_nothing),
		RING_TEST(test_next_outside),
		RING_TEST(test_address_below),
		RING_TEST(test_address_behind),
		RING_TEST(test_address_wraps),
		RING_TEST(test_wrong_direction),
		RING_TEST(test_indirect_and_next),
		RING_TEST(test_indirect_odd),
		RING_TEST(test_indirect_empty),
		RING_TEST(test_indirect_long),
		RING_TEST(test_indirect_behind),
		RING_TEST(test_indirect_nested),
		RING_TEST(test_head_outside),
		RING_TEST(test_head_far_outside),
		RING_TEST(test_index_jumps),
		RING_TEST(test_not_offered),
		RING_TEST(test_calls),
		RING_TEST(test_kicks),
		RING_TEST(test_wraps_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
