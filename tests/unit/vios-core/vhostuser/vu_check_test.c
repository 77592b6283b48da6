/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_check_test.c - values at and beyond their borders, and the overlap check against one that asks
 * for every byte. One thread. The random part prints its seed and replays it from VIOS_SEED.
 */
#include "vios-core/vhostuser/vu_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct vu_limits limits = {.n_rings = 4, .ring_size_max = 256};

static enum vu_fault table(unsigned n, ...)
{
	struct vu_mem_table t = {.n_regions = n};
	va_list ap;

	va_start(ap, n);
	for (unsigned i = 0; i < n && i < VU_REGIONS_MAX; i++) {
		t.region[i].guest_addr = va_arg(ap, uint64_t);
		t.region[i].size_bytes = va_arg(ap, uint64_t);
		t.region[i].user_addr = va_arg(ap, uint64_t);
		t.region[i].mmap_offset = va_arg(ap, uint64_t);
	}
	va_end(ap);
	return vu_check_mem_table(&t);
}

#define U(x) UINT64_C(x)

static void region_borders(void **state)
{
	assert_int_equal(table(0), VU_BAD_REGION_COUNT);
	assert_int_equal(table(9), VU_BAD_REGION_COUNT);
	assert_int_equal(table(1, U(0), U(0), U(0), U(0)), VU_REGION_EMPTY);
	assert_int_equal(table(1, U(0), U(1), U(0), U(0)), VU_OK);
	/* up to the last byte there is, and one more */
	assert_int_equal(table(1, UINT64_MAX - 4095, U(4096), U(0), U(0)), VU_OK);
	assert_int_equal(table(1, UINT64_MAX - 4095, U(4097), U(0), U(0)), VU_REGION_WRAPS);
	assert_int_equal(table(1, U(0), U(4096), UINT64_MAX - 4095, U(0)), VU_OK);
	assert_int_equal(table(1, U(0), U(4097), UINT64_MAX - 4095, U(0)), VU_REGION_WRAPS);
	assert_int_equal(table(1, U(0), U(4096), U(0), U(0x7fffffffffffffff) - 4095), VU_OK);
	assert_int_equal(
		table(1, U(0), U(4097), U(0), U(0x7fffffffffffffff) - 4095), VU_REGION_WRAPS);
	assert_int_equal(table(1, U(0), U(1), U(0), UINT64_MAX), VU_REGION_WRAPS);
	assert_int_equal(table(1, U(0), UINT64_MAX, U(0), U(0)), VU_REGION_WRAPS);
}

static void region_pairs(void **state)
{
	/* neighbours; the same file behind both, as QEMU has it below and above 4 GiB */
	assert_int_equal(
		table(2, U(0), U(4096), U(0x10000), U(0), U(4096), U(4096), U(0x20000), U(0)),
		VU_OK);
	assert_int_equal(
		table(2, U(0), U(4096), U(0x10000), U(0), U(4095), U(4096), U(0x20000), U(0)),
		VU_REGIONS_OVERLAP);
	assert_int_equal(
		table(2, U(4095), U(4096), U(0x20000), U(0), U(0), U(4096), U(0x10000), U(0)),
		VU_REGIONS_OVERLAP);
	assert_int_equal(table(2, U(0), U(4096), U(0x10000), U(0), U(8192), U(1), U(0x10fff), U(0)),
		VU_REGIONS_OVERLAP);
	assert_int_equal(table(2, U(0), U(8192), U(0), U(0), U(4096), U(1), U(0x20000), U(0)),
		VU_REGIONS_OVERLAP);
	assert_int_equal(table(2, UINT64_MAX, U(1), U(0), U(0), U(0), UINT64_MAX, U(1), U(0)),
		VU_REGION_WRAPS); /* the file */
}

/* Small random tables against a map of bytes. */
static void overlap_against_map(void **state)
{
	const char *text = getenv("VIOS_SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)time(NULL);
	unsigned overlaps = 0;

	printf("VIOS_SEED=%u\n", seed);
	for (unsigned round = 0; round < 20000; round++) {
		struct vu_mem_table t = {.n_regions = 1 + (uint32_t)rand_r(&seed) % VU_REGIONS_MAX};
		uint8_t guest[64] = {0}, user[64] = {0};
		bool overlap = false;

		for (unsigned i = 0; i < t.n_regions; i++) {
			struct vu_region *r = &t.region[i];

			*r = (struct vu_region){(uint64_t)rand_r(&seed) % 56,
				1 + (uint64_t)rand_r(&seed) % 8, (uint64_t)rand_r(&seed) % 56, 0};
			for (uint64_t b = 0; b < r->size_bytes; b++) {
				overlap |= guest[r->guest_addr + b]++;
				overlap |= user[r->user_addr + b]++;
			}
		}
		overlaps += overlap;
		assert_int_equal(vu_check_mem_table(&t), overlap ? VU_REGIONS_OVERLAP : VU_OK);
	}
	assert_in_range(overlaps, 1000, 19999); /* both answers were asked for */
}

static enum vu_fault num(uint32_t index, uint32_t n)
{
	return vu_check_num(&(struct vu_vring_state){index, n}, &limits);
}

static void ring_values(void **state)
{
	assert_int_equal(num(3, 256), VU_OK);
	assert_int_equal(num(4, 256), VU_BAD_INDEX);
	assert_int_equal(num(UINT32_MAX, 256), VU_BAD_INDEX);
	assert_int_equal(num(0, 0), VU_BAD_VALUE);
	assert_int_equal(num(0, 1), VU_OK);
	assert_int_equal(num(0, 192), VU_BAD_VALUE);
	assert_int_equal(num(0, 512), VU_BAD_VALUE);
	assert_int_equal(num(0, 0x80000000u), VU_BAD_VALUE);
	assert_int_equal(vu_check_base(&(struct vu_vring_state){0, 65535}, &limits), VU_OK);
	assert_int_equal(vu_check_base(&(struct vu_vring_state){0, 65536}, &limits), VU_BAD_VALUE);
	assert_int_equal(vu_check_base(&(struct vu_vring_state){4, 0}, &limits), VU_BAD_INDEX);
	assert_int_equal(vu_check_enable(&(struct vu_vring_state){3, 1}, &limits), VU_OK);
	assert_int_equal(vu_check_enable(&(struct vu_vring_state){3, 2}, &limits), VU_BAD_VALUE);
	assert_int_equal(vu_check_enable(&(struct vu_vring_state){5, 1}, &limits), VU_BAD_INDEX);
	assert_int_equal(vu_check_index(VU_RINGS_MAX,
				 &(struct vu_limits){.n_rings = UINT32_MAX, .ring_size_max = 256}),
		VU_BAD_INDEX); /* never beyond the arrays, whatever the limits say */
}

static enum vu_fault addr(uint32_t index, uint32_t flags, uint64_t d, uint64_t u, uint64_t a)
{
	return vu_check_addr(&(struct vu_vring_addr){index, flags, d, u, a, 0}, &limits);
}

static void ring_addresses(void **state)
{
	assert_int_equal(addr(0, 0, 16, 4, 2), VU_OK);
	assert_int_equal(addr(0, 1, 0, 0, 0), VU_OK);
	assert_int_equal(addr(0, 2, 0, 0, 0), VU_BAD_FLAGS);
	assert_int_equal(addr(4, 0, 0, 0, 0), VU_BAD_INDEX);
	assert_int_equal(addr(0, 0, 8, 4, 2), VU_RING_MISALIGNED);
	assert_int_equal(addr(0, 0, 16, 2, 2), VU_RING_MISALIGNED);
	assert_int_equal(addr(0, 0, 16, 4, 1), VU_RING_MISALIGNED);
}

static enum vu_fault kick(uint64_t value, unsigned n_fds, int *fd)
{
	struct vu_msg m;
	uint32_t index;

	memset(&m, 0, sizeof(m));
	vu_msg_u64(&m, VU_SET_VRING_KICK, value);
	m.n_fds = n_fds;
	m.fds[0] = 9;
	return vu_check_vring_fd(&m, &limits, &index, fd);
}

static void ring_descriptors(void **state)
{
	int fd = 0;

	assert_int_equal(kick(2, 1, &fd), VU_OK);
	assert_int_equal(fd, 9);
	assert_int_equal(kick(2 | VU_VRING_NO_FD, 0, &fd), VU_OK);
	assert_int_equal(fd, -1);
	assert_int_equal(kick(2, 0, &fd), VU_FDS_MISSING);
	assert_int_equal(kick(2, 2, &fd), VU_FDS_UNWANTED);
	assert_int_equal(kick(2 | VU_VRING_NO_FD, 1, &fd), VU_FDS_UNWANTED);
	assert_int_equal(kick(4, 1, &fd), VU_BAD_INDEX);
	assert_int_equal(kick(255, 1, &fd), VU_BAD_INDEX);
	assert_int_equal(kick(0x200, 1, &fd), VU_BAD_VALUE);
	assert_int_equal(kick(U(1) << 63, 1, &fd), VU_BAD_VALUE);
}

static void whole_requests(void **state)
{
	struct vu_mem_table t = {
		.n_regions = 2, .region = {{0, 4096, 0x10000, 0}, {4096, 4096, 0x20000, 0}}};
	int fds[2] = {3, 4};
	struct vu_msg m;

	vu_msg_mem_table(&m, &t, fds);
	assert_int_equal(vu_check_request(&m, &limits), VU_OK);
	m.n_fds = 1;
	assert_int_equal(vu_check_request(&m, &limits), VU_FDS_MISSING);
	m.n_fds = 3;
	assert_int_equal(vu_check_request(&m, &limits), VU_FDS_UNWANTED);
	t.region[1].guest_addr = 1;
	vu_msg_mem_table(&m, &t, fds);
	assert_int_equal(vu_check_request(&m, &limits), VU_REGIONS_OVERLAP);
	vu_msg_state(&m, VU_SET_VRING_NUM, 9, 256);
	assert_int_equal(vu_check_request(&m, &limits), VU_BAD_INDEX);
	vu_msg_state(&m, VU_SET_VRING_BASE, 0, 70000);
	assert_int_equal(vu_check_request(&m, &limits), VU_BAD_VALUE);
	vu_msg_state(&m, VU_SET_VRING_ENABLE, 0, 7);
	assert_int_equal(vu_check_request(&m, &limits), VU_BAD_VALUE);
	vu_msg_state(&m, VU_GET_VRING_BASE, 4, 0);
	assert_int_equal(vu_check_request(&m, &limits), VU_BAD_INDEX);
	vu_msg_addr(&m, &(struct vu_vring_addr){.index = 0, .desc = 1});
	assert_int_equal(vu_check_request(&m, &limits), VU_RING_MISALIGNED);
	vu_msg_vring_fd(&m, VU_SET_VRING_ERR, 200, -1);
	assert_int_equal(vu_check_request(&m, &limits), VU_BAD_INDEX);
	vu_msg_empty(&m, VU_GET_FEATURES);
	assert_int_equal(vu_check_request(&m, &limits), VU_OK);
	m.n_fds = 1;
	assert_int_equal(vu_check_request(&m, &limits), VU_FDS_UNWANTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_borders),
		cmocka_unit_test(region_pairs),
		cmocka_unit_test(overlap_against_map),
		cmocka_unit_test(ring_values),
		cmocka_unit_test(ring_addresses),
		cmocka_unit_test(ring_descriptors),
		cmocka_unit_test(whole_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
