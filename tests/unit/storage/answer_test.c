/* SPDX-License-Identifier: BSD-3-Clause */
/* answer_test.c - what each result of I/O is to the client. */
#include "tests/unit/storage/one.h"

static void test_results(void **state)
{
	static const struct {
		enum scsi_io result;
		uint8_t key;
		uint16_t code;
		bool where;
	} rows[] = {
		{SCSI_IO_MISCOMPARE, SENSE_MISCOMPARE, 0x1D00, true},
		{SCSI_IO_READ_ERROR, SENSE_MEDIUM_ERROR, 0x1100, true},
		{SCSI_IO_WRITE_ERROR, SENSE_MEDIUM_ERROR, 0x0C00, true},
		{SCSI_IO_NO_SPACE, SENSE_DATA_PROTECT, 0x2707, false},
		{SCSI_IO_PROTECTED, SENSE_DATA_PROTECT, 0x2700, false},
		{SCSI_IO_GONE, SENSE_HARDWARE_ERROR, 0x0800, false},
		{SCSI_IO_ABORTED, SENSE_ABORTED_COMMAND, 0x0000, false},
	};
	struct one one;

	one_disk(&one);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SEND(&one, 1024, 0, 0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0);
		scsi_complete(&one.request, rows[i].result, 6);
		one_is_check(&one, rows[i].key, rows[i].code);
		assert_int_equal(one.request.sense[0], rows[i].where ? 0xF0 : 0x70);
		assert_int_equal(bytes_get32(one.request.sense + 3), rows[i].where ? 6 : 0);
	}
	SEND(&one, 1024, 0, 0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0);
	scsi_complete(&one.request, SCSI_IO_BUSY, 0);
	one_is_status(&one, SCSI_BUSY);
	assert_int_equal(one.request.sense_len, 0);
	assert_int_equal(one.request.residual, 1024);
}

/* Both buffers may be as long as 32 bits hold. */
static void test_residual_does_not_wrap(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, UINT32_MAX, UINT32_MAX, 0x00, 0, 0, 0, 0, 0);
	one_is_good(&one);
	assert_int_equal(one.request.residual, UINT32_MAX);
}

/* CVE-2021-3545: nothing of the answer is what was in the memory before. */
static void test_nothing_is_left_of_before(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 8192, 0, 0x12, 0, 0, 0, 255, 0);
	for (unsigned i = 0; i < one.request.data_len; i++)
		assert_int_not_equal(one.data[i], 0xEE);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 4);
	for (unsigned i = 0; i < one.request.sense_len; i++)
		assert_int_not_equal(one.request.sense[i], 0xEE);
	assert_false(one.request.fua || one.request.dpo || one.request.bytchk ||
		     one.request.unmap || one.request.no_data || one.request.one_block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_residual_does_not_wrap),
		cmocka_unit_test(test_nothing_is_left_of_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
