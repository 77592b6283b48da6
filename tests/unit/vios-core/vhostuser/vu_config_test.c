/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_config_test.c - pieces of a configuration space in messages: there and back, and too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/vhostuser/vu_config.h"

static void test_there_and_back(void **state)
{
	struct vu_config c = {
		.offset = 20, .size_bytes = 8, .flags = 1, .bytes = {1, 2, 3, 4, 5, 6, 7, 8}};
	struct vu_config got = {0};
	struct vu_msg m;

	vu_config_put(&m, VU_SET_CONFIG, &c);
	assert_int_equal(m.size_bytes, 20);
	assert_int_equal(vu_msg_check_request(&m), VU_OK);
	assert_int_equal(vu_config_get(&m, &got), VU_OK);
	assert_int_equal(got.offset, 20);
	assert_int_equal(got.flags, 1);
	assert_int_equal(got.size_bytes, 8);
	assert_memory_equal(got.bytes, c.bytes, 8);
}

static void test_lengths(void **state)
{
	struct vu_config c = {.size_bytes = 256}, got;
	struct vu_msg m;

	vu_config_put(&m, VU_GET_CONFIG, &c);
	assert_int_equal(vu_config_get(&m, &got), VU_OK);
	m.size_bytes--; /* shorter than it says */
	assert_int_equal(vu_config_get(&m, &got), VU_BAD_SIZE);
	m.size_bytes = 11;
	assert_int_equal(vu_config_get(&m, &got), VU_BAD_SIZE);
	m.size_bytes = 269;
	assert_int_equal(vu_config_get(&m, &got), VU_BAD_SIZE);
	c.size_bytes = 1000; /* our own bug: cut */
	vu_config_put(&m, VU_GET_CONFIG, &c);
	assert_int_equal(m.size_bytes, 268);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
