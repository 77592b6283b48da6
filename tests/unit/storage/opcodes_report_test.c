/* SPDX-License-Identifier: BSD-3-Clause */
/* opcodes_report_test.c - REPORT SUPPORTED OPERATION CODES: all, one, with timeouts; the answers
 * agree with each other; and TASK MANAGEMENT FUNCTIONS. */
#include "tests/unit/storage/one.h"

#define REPORT(one, options, code, action)                                                         \
	SEND(one, 8192, 0, 0xA3, 0x0C, options, code, 0, action, 0, 0, 0x20, 0, 0, 0)

static void test_all_and_each(void **state)
{
	static uint8_t all[SCSI_DATA_MAX];
	struct one one;
	unsigned len, seen = 0;

	one_disk(&one);
	REPORT(&one, 0, 0, 0);
	one_is_good(&one);
	len = one.request.data_len;
	memcpy(all, one.data, len);
	assert_int_equal(bytes_get32(all), len - 4);
	for (unsigned at = 4; at < len; at += 8, seen++) {
		bool action = all[at + 5] & 0x01; /* SERVACTV */
		uint8_t right = action ? 2 : 1, wrong = action ? 1 : 2;

		REPORT(&one, right, all[at], all[at + 3]);
		one_is_good(&one);
		assert_int_equal(one.data[1], 3);
		assert_int_equal(bytes_get16(one.data + 2), bytes_get16(all + at + 6));
		assert_int_equal(one.request.data_len, 4 + bytes_get16(all + at + 6));
		assert_int_equal(one.data[4], all[at]);
		REPORT(&one, wrong, all[at], all[at + 3]);
		one_is_bad_field(&one, false, 2, 2);
		REPORT(&one, 3, all[at], all[at + 3]);
		assert_int_equal(one.data[1], 3);
	}
	assert_int_equal(seen, opcode_count - 5); /* the drives' own are left out */
}

static void test_one(void **state)
{
	struct one one;

	one_disk(&one);
	REPORT(&one, 1, 0x28, 0);
	IS_DATA(&one, 0, 0x03, 0, 10, 0x28, 0xF8, 255, 255, 255, 255, 0, 255, 255, 0x04);
	REPORT(&one, 0x81, 0x00, 0); /* RCTD */
	IS_DATA(&one, 0, 0x83, 0, 6, 0x00, 0, 0, 0, 0, 0x04, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	REPORT(&one, 1, 0x01, 0);
	IS_DATA(&one, 0, 0x01, 0, 0);
	REPORT(&one, 2, 0x5F, 7);
	IS_DATA(&one, 0, 0x01, 0, 0);
	REPORT(&one, 3, 0x28, 1);
	IS_DATA(&one, 0, 0x01, 0, 0);
	REPORT(&one, 4, 0x28, 0);
	one_is_bad_field(&one, false, 2, 2);
}

static void test_timeouts_descriptors_of_all(void **state)
{
	struct one one;

	one_disk(&one);
	REPORT(&one, 0x80, 0, 0);
	one_is_good(&one);
	assert_int_equal(one.request.data_len, 4 + 20 * (opcode_count - 5));
	assert_int_equal(one.data[4 + 5], 0x02); /* CTDP */
	assert_int_equal(bytes_get16(one.data + 4 + 8), 10);
}

static void test_what_is_off_is_not_reported(void **state)
{
	struct one one;

	one_disk(&one);
	one.lun.config.unmap = false;
	REPORT(&one, 1, 0x42, 0);
	IS_DATA(&one, 0, 0x01, 0, 0);
	one_drive(&one, 0);
	REPORT(&one, 1, 0x2A, 0);
	IS_DATA(&one, 0, 0x01, 0, 0);
	REPORT(&one, 1, 0x4A, 0);
	assert_int_equal(one.data[1], 3);
}

static void test_task_management(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0xA3, 0x0D, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0);
	IS_DATA(&one, 0xDC, 0x03, 0, 0);
	SEND(&one, 255, 0, 0xA3, 0x0D, 0x80, 0, 0, 0, 0, 0, 0, 255, 0, 0);
	IS_DATA(&one, 0xDC, 0x03, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_and_each),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_timeouts_descriptors_of_all),
		cmocka_unit_test(test_what_is_off_is_not_reported),
		cmocka_unit_test(test_task_management),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
