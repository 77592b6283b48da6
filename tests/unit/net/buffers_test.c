/* SPDX-License-Identifier: BSD-3-Clause */
/* buffers_test.c - all MTUs fit where there is room for enough buffers, else as large ones as leave
 * enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/buffers.h"

#define MB ((size_t)1 << 20)
#define LEAST 1522
#define MOST 9022
#define OVERHEAD 384

static size_t frame_bytes(size_t memory_mb, unsigned n_workers, size_t least_bytes)
{
	return buffers_frame_bytes(&(struct buffers){.memory_bytes = memory_mb * MB / 2,
		.overhead_bytes = OVERHEAD,
		.n_workers = n_workers,
		.least_bytes = least_bytes,
		.most_bytes = MOST});
}

static size_t how_many(size_t memory_mb, size_t bytes)
{
	return memory_mb * MB / 2 / (bytes + 63 - (bytes + 63) % 64 + OVERHEAD);
}

static void the_default_takes_every_mtu(void **state)
{
	assert_int_equal(frame_bytes(64, 1, LEAST), MOST);
	assert_int_equal(frame_bytes(64, 2, LEAST), MOST);
	assert_int_equal(frame_bytes(1024, 14, LEAST), MOST);
	assert_int_equal(frame_bytes(65536, 14, LEAST), MOST);
}

static void little_memory_leaves_enough_buffers(void **state)
{
	for (size_t mb = 16; mb <= 256; mb += 8)
		for (unsigned workers = 1; workers <= 14; workers++) {
			size_t bytes = frame_bytes(mb, workers, LEAST);

			assert_in_range(bytes, LEAST, MOST);
			if (bytes > LEAST)
				assert_true(how_many(mb, bytes) >= 1024 + 1024 * workers);
		}
	assert_in_range(frame_bytes(32, 1, LEAST), 7000, 8000);
	assert_int_equal(frame_bytes(32, 14, LEAST), LEAST);
}

/* What is configured at the start is served, as ever. */
static void the_start_counts_more(void **state)
{
	assert_int_equal(frame_bytes(32, 14, MOST), MOST);
	assert_int_equal(frame_bytes(0, 1, LEAST), LEAST);
	assert_int_equal(frame_bytes(64, 1, MOST + 100), MOST + 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_takes_every_mtu),
		cmocka_unit_test(little_memory_leaves_enough_buffers),
		cmocka_unit_test(the_start_counts_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
