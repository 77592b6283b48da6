/* SPDX-License-Identifier: BSD-3-Clause */
/* bytes_test.c - numbers in big-endian order, and a writer that stops at its room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/bytes.h"

static void test_numbers(void **state)
{
	const uint8_t bytes[8] = {0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8};
	uint8_t to[8];

	assert_int_equal(bytes_get16(bytes), 0xF1F2);
	assert_int_equal(bytes_get24(bytes), 0xF1F2F3);
	assert_int_equal(bytes_get32(bytes), 0xF1F2F3F4);
	assert_true(bytes_get64(bytes) == UINT64_C(0xF1F2F3F4F5F6F7F8));
	bytes_set64(to, UINT64_C(0xF1F2F3F4F5F6F7F8));
	assert_memory_equal(to, bytes, 8);
}

static void test_a_full_writer_counts_on(void **state)
{
	uint8_t to[9];
	struct bytes_out out = {.to = to, .room = 6};

	memset(to, 0xEE, sizeof(to));
	bytes_16(&out, 0);
	bytes_text(&out, "ab", 3);
	bytes_32(&out, 0x01020304); /* the first byte of it fits */
	bytes_8(&out, 7);
	bytes_patch_len(&out, 0, 2);
	assert_int_equal(out.len, 10);
	assert_memory_equal(to, ((const uint8_t[]){0, 8, 'a', 'b', ' ', 1, 0xEE, 0xEE, 0xEE}), 9);
	bytes_patch_len(&out, 4, 4); /* half of it is there */
	assert_memory_equal(to, ((const uint8_t[]){0, 8, 'a', 'b', 0, 0, 0xEE, 0xEE, 0xEE}), 9);
}

static void test_text(void **state)
{
	uint8_t to[8];
	struct bytes_out out = {.to = to, .room = 8};

	bytes_text(&out, "ab", 4);
	bytes_text(&out, "abcdef", 4);
	assert_memory_equal(to, "ab  abcd", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_a_full_writer_counts_on),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
