/* SPDX-License-Identifier: BSD-3-Clause */
/* capacity_test.c - READ CAPACITY(10) and (16), byte by byte (SBC-4). */
#include "tests/unit/storage/one.h"

static void test_10(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 8, 0, 0x25);
	IS_DATA(&one, 0, 0, 0x27, 0x0F, 0, 0, 0x02, 0x00);
	one.lun.config.blocks = UINT64_C(0x100000000);
	SEND(&one, 8, 0, 0x25);
	IS_DATA(&one, 255, 255, 255, 255, 0, 0, 0x02, 0x00);
	one.lun.config.blocks = UINT64_C(0x1000000006); /* does not fit: ask (16) */
	SEND(&one, 8, 0, 0x25);
	IS_DATA(&one, 255, 255, 255, 255, 0, 0, 0x02, 0x00);
}

static void test_16(void **state)
{
	uint8_t expected[32] = {
		0, 0, 0, 0, 0, 0, 0x27, 0x0F, 0, 0, 0x02, 0x00, 0x00, 0x03, 0xC0, 0x00};
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0);
	one_is_data(&one, expected, 32);
	one.lun.config.unmap_zeroes = false;
	expected[14] = 0x80; /* LBPME only */
	SEND(&one, 255, 0, 0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0);
	one_is_data(&one, expected, 16);
	one.lun.config.unmap = false;
	SEND(&one, 255, 0, 0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0);
	assert_int_equal(one.data[14], 0);
}

static void test_without_a_medium(void **state)
{
	struct one one;

	one_drive(&one, 0);
	SEND(&one, 8, 0, 0x25);
	one_is_check(&one, SENSE_NOT_READY, 0x3A00);
	one_drive(&one, 1000);
	SEND(&one, 8, 0, 0x25);
	IS_DATA(&one, 0, 0, 0x03, 0xE7, 0, 0, 0x08, 0x00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_10),
		cmocka_unit_test(test_16),
		cmocka_unit_test(test_without_a_medium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
