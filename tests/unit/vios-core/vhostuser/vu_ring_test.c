/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_ring_test.c - where a ring lies, at the borders of regions. One thread.
 */
#include "vios-core/vhostuser/vu_ring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NUM 256
#define USER UINT64_C(0x7f0000000000)

static const struct vu_mem_table table = {.n_regions = 2,
	.region = {{0, 0x100000, USER, 0x5000}, {0x100000, 0x100000, USER + 0x400000, 0}}};

static void spans(void **state)
{
	struct vu_span s;

	assert_int_equal(vu_ring_span(&table, USER, 0x100000, &s), VU_OK);
	assert_int_equal(s.region, 0);
	assert_int_equal(s.offset, 0x5000);
	assert_int_equal(vu_ring_span(&table, USER, 0x100001, &s), VU_RING_OUTSIDE);
	assert_int_equal(vu_ring_span(&table, USER - 1, 1, &s), VU_RING_OUTSIDE);
	assert_int_equal(vu_ring_span(&table, USER + 0xfffff, 1, &s), VU_OK);
	assert_int_equal(vu_ring_span(&table, USER + 0xfffff, 2, &s), VU_RING_OUTSIDE);
	assert_int_equal(vu_ring_span(&table, USER + 0x100000, 1, &s), VU_RING_OUTSIDE);
	assert_int_equal(vu_ring_span(&table, USER + 0x400010, 16, &s), VU_OK);
	assert_int_equal(s.region, 1);
	assert_int_equal(s.offset, 0x10);
	assert_int_equal(vu_ring_span(&table, UINT64_MAX, 16, &s), VU_RING_OUTSIDE);
	assert_int_equal(vu_ring_span(&table, USER + 8, UINT64_MAX, &s), VU_RING_OUTSIDE);
}

static void sizes(void **state)
{
	/* virtio 1.2 2.7, the table of alignments and sizes, plus the event fields */
	assert_int_equal(vu_ring_desc_bytes(NUM), 16 * NUM);
	assert_int_equal(vu_ring_avail_bytes(NUM), 6 + 2 * NUM);
	assert_int_equal(vu_ring_used_bytes(NUM), 6 + 8 * NUM);
}

static void each_area_must_fit(void **state)
{
	const struct vu_vring_addr good = {
		.desc = USER, .avail = USER + 0x2000, .used = USER + 0x400000};
	struct vu_vring_addr a;
	struct vu_ring_layout l;

	assert_int_equal(vu_ring_locate(&table, &good, NUM, &l), VU_OK);
	assert_int_equal(vu_ring_used_idx_offset(&l), 2);
	assert_int_equal(vu_ring_avail_idx_offset(&l), 0x5000 + 0x2000 + 2);
	assert_int_equal(l.used.region, 1);
	a = good;
	a.desc = USER + 0x100000 - 16 * NUM;
	assert_int_equal(vu_ring_locate(&table, &a, NUM, &l), VU_OK);
	a.desc += 16;
	assert_int_equal(vu_ring_locate(&table, &a, NUM, &l), VU_RING_OUTSIDE);
	a = good;
	a.avail = USER + 0x100000 - (6 + 2 * NUM) + 2;
	assert_int_equal(vu_ring_locate(&table, &a, NUM, &l), VU_RING_OUTSIDE);
	a = good;
	a.used = USER + 0x500000 - (6 + 8 * NUM) + 4;
	assert_int_equal(vu_ring_locate(&table, &a, NUM, &l), VU_RING_OUTSIDE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(sizes),
		cmocka_unit_test(each_area_must_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
