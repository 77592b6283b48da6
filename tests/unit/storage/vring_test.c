/* SPDX-License-Identifier: BSD-3-Clause */
/* vring_test.c - the device's side of a ring against a driver that the test plays, honest and not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storage/vring.h"

#define SIZE 8
#define GUEST UINT64_C(0x100000000)
#define MEMORY_BYTES 8192
#define AVAIL 0x100
#define USED 0x200
#define TABLE 0x300
#define BUFFERS 0x400
#define NEXT 1
#define WRITE 2
#define INDIRECT 4

struct driver {
	uint8_t *memory; /* ends where its allocation ends, for a sanitizer to see */
	struct guest_mem mem;
	struct vring ring;
	struct vring_chain chain;
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

static void offer(struct driver *d, uint16_t head)
{
	put16(d, AVAIL + 4 + 2 * (d->avail_index % SIZE), head);
	put16(d, AVAIL + 2, ++d->avail_index);
}

static struct vring_setup setup_of(struct driver *d)
{
	return (struct vring_setup){.desc = d->memory,
		.avail = d->memory + AVAIL,
		.used = d->memory + USED,
		.size = SIZE,
		.event_idx = true,
		.indirect = true};
}

static struct driver *open_driver(void)
{
	struct driver *d = calloc(1, sizeof(*d));
	struct vring_setup setup;

	assert_non_null(d);
	d->memory = aligned_alloc(16, MEMORY_BYTES);
	assert_non_null(d->memory);
	memset(d->memory, 0, MEMORY_BYTES);
	d->mem = (struct guest_mem){.n = 1, .region = {{GUEST, MEMORY_BYTES, d->memory}}};
	setup = setup_of(d);
	assert_int_equal(vring_init(&d->ring, &setup), 0);
	return d;
}

static void close_driver(struct driver *d)
{
	free(d->memory);
	free(d);
}

/* The next buffer; 0 or -EPROTO. */
static int take(struct driver *d)
{
	uint16_t head;
	int rc;

	if (!vring_waiting(&d->ring))
		return d->ring.broken ? -EPROTO : -EAGAIN;
	rc = vring_next(&d->ring, &head);
	return rc ? rc : vring_chain(&d->ring, &d->mem, head, &d->chain);
}

static void test_setup(void **state)
{
	struct driver *d = open_driver();
	struct vring_setup s = setup_of(d);

	s.size = 6;
	assert_int_equal(vring_init(&d->ring, &s), -EINVAL);
	s.size = 2 * VRING_SIZE_MAX;
	assert_int_equal(vring_init(&d->ring, &s), -EINVAL);
	s = setup_of(d);
	s.desc = d->memory + 8;
	assert_int_equal(vring_init(&d->ring, &s), -EINVAL);
	s = setup_of(d);
	s.used = NULL;
	assert_int_equal(vring_init(&d->ring, &s), -EINVAL);
	s = setup_of(d);
	put16(d, USED + 2, 41);
	assert_int_equal(vring_init(&d->ring, &s), 0);
	assert_int_equal(d->ring.next_used, 41);
	close_driver(d);
}

static void test_chain(void **state)
{
	struct driver *d = open_driver();

	desc(d, 3, GUEST + BUFFERS, 51, NEXT, 1);
	desc(d, 1, GUEST + BUFFERS + 512, 512, NEXT, 6);
	desc(d, 6, GUEST + BUFFERS + 100, 108, WRITE | NEXT, 0);
	desc(d, 0, GUEST + BUFFERS + 1024, 1024, WRITE, 0);
	assert_int_equal(vring_waiting(&d->ring), 0);
	offer(d, 3);
	assert_int_equal(vring_waiting(&d->ring), 1);
	assert_int_equal(take(d), 0);
	assert_int_equal(d->chain.head, 3);
	assert_int_equal(d->chain.n_out, 2);
	assert_int_equal(d->chain.n_in, 2);
	assert_int_equal(d->chain.out_bytes, 563);
	assert_int_equal(d->chain.in_bytes, 1132);
	assert_ptr_equal(d->chain.iov[2].base, d->memory + BUFFERS + 100);
	assert_int_equal(take(d), -EAGAIN);
	close_driver(d);
}

static void test_indirect(void **state)
{
	struct driver *d = open_driver();

	desc_at(d, TABLE, GUEST + BUFFERS, 51, NEXT, 1);
	desc_at(d, TABLE + 16, GUEST + BUFFERS + 64, 108, WRITE, 0);
	desc(d, 5, GUEST + TABLE, 32, INDIRECT, 0);
	offer(d, 5);
	assert_int_equal(take(d), 0);
	assert_int_equal(d->chain.head, 5);
	assert_int_equal(d->chain.out_bytes, 51);
	assert_int_equal(d->chain.in_bytes, 108);
	close_driver(d);
}

/* A buffer that lies in two regions is two pieces. */
static void test_across_regions(void **state)
{
	struct driver *d = open_driver();

	d->mem = (struct guest_mem){.n = 2,
		.region = {{GUEST, 4096, d->memory}, {GUEST + 4096, 4096, d->memory + 4096}}};
	desc(d, 0, GUEST + 4000, 200, 0, 0);
	offer(d, 0);
	assert_int_equal(take(d), 0);
	assert_int_equal(d->chain.n_out, 2);
	assert_int_equal(d->chain.iov[0].len_bytes, 96);
	assert_int_equal(d->chain.out_bytes, 200);
	close_driver(d);
}

static void test_out_of_order(void **state)
{
	struct driver *d = open_driver();
	uint16_t was = d->ring.shown;

	for (uint16_t i = 0; i < 3; i++) {
		desc(d, i, GUEST + BUFFERS, 8, WRITE, 0);
		offer(d, i);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(take(d), 0);
	vring_put(&d->ring, 2, 8);
	vring_put(&d->ring, 0, 4);
	assert_int_equal(get16(d, USED + 2), 0); /* not yet */
	vring_show(&d->ring);
	assert_int_equal(get16(d, USED + 2), 2);
	assert_int_equal(get32(d, USED + 4), 2);
	assert_int_equal(get32(d, USED + 4 + 8), 0);
	assert_int_equal(get32(d, USED + 4 + 12), 4);
	assert_true(vring_wants_call(&d->ring, was)); /* the first one always */
	close_driver(d);
}

static void test_calls_and_kicks(void **state)
{
	struct driver *d = open_driver();
	struct vring_setup s = setup_of(d);

	for (uint16_t i = 0; i < 4; i++) {
		uint16_t was = d->ring.shown;
		bool wants;

		put16(d, AVAIL + 4 + 2 * SIZE, 2); /* call when index 2 is used */
		vring_put(&d->ring, i, 0);
		vring_show(&d->ring);
		wants = vring_wants_call(&d->ring, was);
		assert_int_equal(wants, i == 0 || i == 2);
	}
	vring_want_kicks(&d->ring, true);
	assert_int_equal(get16(d, USED + 4 + 8 * SIZE), d->ring.next_avail);
	s.event_idx = false;
	assert_int_equal(vring_init(&d->ring, &s), 0);
	vring_want_kicks(&d->ring, false);
	assert_int_equal(get16(d, USED), 1);
	vring_want_kicks(&d->ring, true);
	assert_int_equal(get16(d, USED), 0);
	put16(d, AVAIL, 1);
	assert_false(vring_wants_call(&d->ring, 0));
	put16(d, AVAIL, 0);
	assert_true(vring_wants_call(&d->ring, 0));
	close_driver(d);
}

/* ---- a driver that breaks the rules: the ring is not touched again ---- */

static void broken(void (*wrong)(struct driver *d))
{
	struct driver *d = open_driver();

	wrong(d);
	assert_int_equal(take(d), -EPROTO);
	assert_true(d->ring.broken);
	assert_int_equal(vring_waiting(&d->ring), 0);
	desc(d, 0, GUEST + BUFFERS, 8, 0, 0);
	offer(d, 0);
	assert_int_equal(take(d), -EPROTO);
	close_driver(d);
}

static void one(struct driver *d, uint64_t address, uint32_t len, uint16_t flags, uint16_t next)
{
	desc(d, 0, address, len, flags, next);
	offer(d, 0);
}

static void head_outside(struct driver *d)
{
	offer(d, SIZE);
}

static void too_many(struct driver *d)
{
	put16(d, AVAIL + 2, SIZE + 1);
}

static void address_outside(struct driver *d)
{
	one(d, GUEST + MEMORY_BYTES, 1, 0, 0);
}

static void end_outside(struct driver *d)
{
	one(d, GUEST + MEMORY_BYTES - 8, 9, 0, 0);
}

static void address_wraps(struct driver *d)
{
	one(d, UINT64_MAX - 3, 16, 0, 0);
}

static void next_outside(struct driver *d)
{
	one(d, GUEST, 1, NEXT, SIZE);
}

static void loop(struct driver *d)
{
	one(d, GUEST, 1, NEXT, 0);
}

static void loop_of_nothing(struct driver *d)
{
	one(d, GUEST, 0, NEXT, 0);
}

static void readable_behind_writable(struct driver *d)
{
	desc(d, 1, GUEST, 1, 0, 0);
	one(d, GUEST, 1, NEXT | WRITE, 1);
}

static void sum_overflows(struct driver *d)
{
	/* one region that claims to be endless, so that lengths are believed */
	d->mem.region[0].size_bytes = UINT64_C(1) << 40;
	desc(d, 1, GUEST, 0xffffffff, WRITE, 0);
	one(d, GUEST, 0xffffffff, NEXT | WRITE, 1);
}

static void indirect_odd(struct driver *d)
{
	one(d, GUEST + TABLE, 24, INDIRECT, 0);
}

static void indirect_empty(struct driver *d)
{
	one(d, GUEST + TABLE, 0, INDIRECT, 0);
}

static void indirect_long(struct driver *d)
{
	one(d, GUEST + TABLE, 16 * (SIZE + 1), INDIRECT, 0);
}

static void indirect_next(struct driver *d)
{
	one(d, GUEST + TABLE, 16, INDIRECT | NEXT, 1);
}

static void indirect_outside(struct driver *d)
{
	one(d, GUEST + MEMORY_BYTES - 16, 32, INDIRECT, 0);
}

static void indirect_in_indirect(struct driver *d)
{
	desc_at(d, TABLE, GUEST + TABLE, 16, INDIRECT, 0);
	one(d, GUEST + TABLE, 16, INDIRECT, 0);
}

static void indirect_loop(struct driver *d)
{
	desc_at(d, TABLE, GUEST, 1, NEXT, 0);
	one(d, GUEST + TABLE, 16, INDIRECT, 0);
}

static void indirect_later(struct driver *d)
{
	desc_at(d, TABLE, GUEST, 1, 0, 0);
	desc(d, 1, GUEST + TABLE, 16, INDIRECT, 0);
	one(d, GUEST, 1, NEXT, 1);
}

static void indirect_not_agreed(struct driver *d)
{
	desc_at(d, TABLE, GUEST, 1, 0, 0);
	d->ring.indirect = false;
	one(d, GUEST + TABLE, 16, INDIRECT, 0);
}

static void test_broken(void **state)
{
	void (*const wrongs[])(struct driver * d) = {head_outside, too_many, address_outside,
		end_outside, address_wraps, next_outside, loop, loop_of_nothing,
		readable_behind_writable, sum_overflows, indirect_odd, indirect_empty,
		indirect_long, indirect_next, indirect_outside, indirect_in_indirect, indirect_loop,
		indirect_later, indirect_not_agreed};

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		broken(wrongs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_across_regions),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_calls_and_kicks),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
