/* SPDX-License-Identifier: BSD-3-Clause */
/* provision_test.c - UNMAP, WRITE SAME, COMPARE AND WRITE: fields, limits, lists that lie. */
#include "tests/unit/storage/one.h"

#define UNMAP(one, len) SEND(one, 0, 65535, 0x42, 0, 0, 0, 0, 0, 0, 0, len, 0)
#define RANGE(lba_hi, lba_lo, count_hi, count_lo)                                                  \
	0, 0, 0, 0, 0, 0, lba_hi, lba_lo, 0, 0, count_hi, count_lo, 0, 0, 0, 0

static void test_unmap(void **state)
{
	const uint8_t params[] = {
		0, 38, 0, 32, 0, 0, 0, 0, RANGE(0, 16, 0, 8), RANGE(0x27, 0x00, 0, 16)};
	uint64_t lba, blocks;
	struct one one;

	one_disk(&one);
	UNMAP(&one, sizeof(params));
	one_give(&one, params, sizeof(params));
	assert_int_equal(one.request.plan, SCSI_UNMAP);
	assert_int_equal(one.request.unmap_count, 2);
	scsi_unmap_get(params, 1, &lba, &blocks);
	assert_int_equal(lba, 0x2700);
	assert_int_equal(blocks, 16);
	scsi_complete(&one.request, SCSI_IO_DONE, 0);
	one_is_good(&one);
	assert_int_equal(one.request.residual, 65535 - sizeof(params));
}

static void test_unmap_of_nothing(void **state)
{
	struct one one;

	one_disk(&one);
	UNMAP(&one, 0);
	one_is_good(&one);
	UNMAP(&one, 8);
	GIVE(&one, 0, 6, 0, 0, 0, 0, 0, 0);
	one_is_good(&one);
	UNMAP(&one, 24); /* half a range is left out */
	GIVE(&one, 0, 21, 0, 15, 0, 0, 0, 0, RANGE(0xFF, 0xFF, 0, 1));
	one_is_good(&one);
	UNMAP(&one, 24); /* no blocks at the very end */
	GIVE(&one, 0, 22, 0, 16, 0, 0, 0, 0, RANGE(0x27, 0x10, 0, 0));
	assert_int_equal(one.request.plan, SCSI_UNMAP);
}

/* CVE class: lengths inside of a parameter list that contradict its own. */
static void test_unmap_lists_that_lie(void **state)
{
	struct one one;

	one_disk(&one);
	UNMAP(&one, 7);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	UNMAP(&one, 8);
	GIVE(&one, 0, 22, 0, 16, 0, 0, 0, 0); /* one range, they say */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	UNMAP(&one, 24);
	GIVE(&one, 0xFF, 0xFF, 0xFF, 0xF0, 0, 0, 0, 0, RANGE(0, 0, 0, 1));
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	UNMAP(&one, 24);
	GIVE(&one, 0, 22, 0, 16, 0, 0, 0, 0, RANGE(0x27, 0x0F, 0, 2));
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	UNMAP(&one, 24);
	GIVE(&one, 0, 22, 0, 16, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 0, 0, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	SEND(&one, 0, 65535, 0x42, 0, 0, 0, 0, 0, 0, 0x10, 0x09, 0); /* 257 ranges: 4105 bytes */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 65535, 0x42, 1, 0, 0, 0, 0, 0, 0, 24, 0); /* ANCHOR */
	one_is_bad_field(&one, false, 1, 0);
}

static void test_unmap_limit(void **state)
{
	struct one one;

	one_disk(&one); /* MAXIMUM UNMAP LBA COUNT 8192 */
	UNMAP(&one, 40);
	GIVE(&one, 0, 38, 0, 32, 0, 0, 0, 0, RANGE(0, 0, 0x10, 0x00), RANGE(0, 0, 0x10, 0x00));
	assert_int_equal(one.request.plan, SCSI_UNMAP);
	UNMAP(&one, 40);
	GIVE(&one, 0, 38, 0, 32, 0, 0, 0, 0, RANGE(0, 0, 0x10, 0x00), RANGE(0, 0, 0x10, 0x01));
	one_is_bad_field(&one, true, 8 + 16 + 8, 8);
}

static void test_write_same(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 4096, 0x41, 0x08, 0, 0, 0, 5, 0, 0x10, 0x00, 0);
	one_is_plan(&one, SCSI_WRITE_SAME, 5, 4096, 0, 512);
	assert_true(one.request.unmap && !one.request.no_data && !one.request.dpo);
	SEND(&one, 0, 0, 0x93, 0x01, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0);
	one_is_plan(&one, SCSI_WRITE_SAME, 5, 8, 0, 0);
	assert_true(one.request.no_data && !one.request.unmap);
	SEND(&one, 0, 511, 0x93, 0x00, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
	SEND(&one, 0, 512, 0x41, 0x01, 0, 0, 0, 5, 0, 0, 1, 0); /* NDOB is not WRITE SAME(10)'s */
	one_is_plan(&one, SCSI_WRITE_SAME, 5, 1, 0, 512);
}

static void test_write_same_refuses(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 4096, 0x41, 0, 0, 0, 0, 5, 0, 0, 0, 0); /* WSNZ */
	one_is_bad_field(&one, false, 7, 8);
	SEND(&one, 0, 4096, 0x93, 0);
	one_is_bad_field(&one, false, 10, 8);
	SEND(&one, 0, 4096, 0x41, 0, 0, 0, 0, 5, 0, 0x10, 0x01, 0); /* above the limit */
	one_is_bad_field(&one, false, 7, 8);
	SEND(&one, 0, 4096, 0x41, 0x18, 0, 0, 0, 5, 0, 0, 1, 0); /* ANCHOR */
	one_is_bad_field(&one, false, 1, 4);
	SEND(&one, 0, 4096, 0x41, 0x20, 0, 0, 0, 5, 0, 0, 1, 0);
	one_is_bad_field(&one, false, 1, 7);
	SEND(&one, 0, 4096, 0x93, 0, 0, 0, 0, 0, 0, 0, 0x27, 0x0F, 255, 255, 255, 255, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	one.lun.config.unmap = false;
	SEND(&one, 0, 4096, 0x41, 0x08, 0, 0, 0, 5, 0, 0, 1, 0);
	one_is_bad_field(&one, false, 1, 3);
}

static void test_compare_and_write(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 4096, 0x89, 0x18, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0);
	one_is_plan(&one, SCSI_COMPARE_AND_WRITE, 5, 2, 0, 2048);
	assert_true(one.request.fua && one.request.dpo);
	scsi_complete(&one.request, SCSI_IO_MISCOMPARE, 700);
	one_is_check(&one, SENSE_MISCOMPARE, 0x1D00);
	assert_int_equal(one.request.sense[0], 0xF0);
	assert_int_equal(bytes_get32(one.request.sense + 3), 700);
	SEND(&one, 0, 65535, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 17, 0, 0);
	one_is_bad_field(&one, false, 13, 8);
	SEND(&one, 0, 65535, 0x89, 0, 0, 0, 0, 0, 0, 0, 0x27, 0x0F, 0, 0, 0, 2, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	SEND(&one, 0, 1023, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
	SEND(&one, 0, 1024, 0x89, 0x20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0);
	one_is_bad_field(&one, false, 1, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_unmap_of_nothing),
		cmocka_unit_test(test_unmap_lists_that_lie),
		cmocka_unit_test(test_unmap_limit),
		cmocka_unit_test(test_write_same),
		cmocka_unit_test(test_write_same_refuses),
		cmocka_unit_test(test_compare_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
