/* SPDX-License-Identifier: BSD-3-Clause */
/* rw_test.c - commands on blocks: where each length of CDB has its fields, what never becomes a
 * plan. */
#include "tests/unit/storage/one.h"

static void test_read_of_each_length(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 131072, 0, 0x08, 0x00, 0x12, 0x34, 0x02, 0);
	one_is_plan(&one, SCSI_READ, 0x1234, 2, 1024, 0);
	SEND(&one, 131072, 0, 0x08, 0xE0, 0x00, 0x01, 0x00, 0); /* 0 means 256; old LUN bits */
	one_is_plan(&one, SCSI_READ, 1, 256, 131072, 0);
	SEND(&one, 1024, 0, 0x28, 0x18, 0, 0, 0x12, 0x34, 0, 0, 2, 0);
	one_is_plan(&one, SCSI_READ, 0x1234, 2, 1024, 0);
	assert_true(one.request.fua && one.request.dpo);
	SEND(&one, 1024, 0, 0xA8, 0x08, 0, 0, 0x12, 0x34, 0, 0, 0, 2, 0, 0);
	one_is_plan(&one, SCSI_READ, 0x1234, 2, 1024, 0);
	assert_true(one.request.fua && !one.request.dpo);
	SEND(&one, 1024, 0, 0x88, 0x10, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 2, 0, 0);
	one_is_plan(&one, SCSI_READ, 0x1234, 2, 1024, 0);
	assert_true(!one.request.fua && one.request.dpo);
}

static void test_write_of_each_length(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 512, 0x0A, 0x00, 0x12, 0x34, 0x01, 0);
	one_is_plan(&one, SCSI_WRITE, 0x1234, 1, 0, 512);
	SEND(&one, 0, 512, 0x2A, 0x08, 0, 0, 0x12, 0x34, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_WRITE, 0x1234, 1, 0, 512);
	assert_true(one.request.fua);
	SEND(&one, 0, 512, 0xAA, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 1, 0, 0);
	one_is_plan(&one, SCSI_WRITE, 0x1234, 1, 0, 512);
	SEND(&one, 0, 512, 0x8A, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 1, 0, 0);
	one_is_plan(&one, SCSI_WRITE, 0x1234, 1, 0, 512);
	SEND(&one, 0, 512, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 1, 0, 0);
	one_is_plan(&one, SCSI_ORWRITE, 0x1234, 1, 0, 512);
	assert_true(one.request.fua);
}

static void test_write_and_verify(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 512, 0x2E, 0x00, 0, 0, 0, 5, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_WRITE_VERIFY, 5, 1, 0, 512);
	assert_true(one.request.fua && !one.request.bytchk);
	SEND(&one, 0, 512, 0xAE, 0x02, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0);
	assert_true(one.request.bytchk);
	SEND(&one, 0, 512, 0x8E, 0x02, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0);
	one_is_plan(&one, SCSI_WRITE_VERIFY, 5, 1, 0, 512);
	SEND(&one, 0, 512, 0x2E, 0x04, 0, 0, 0, 5, 0, 0, 1, 0);
	one_is_bad_field(&one, false, 1, 2);
}

static void test_verify(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 0, 0x2F, 0x00, 0, 0, 0, 5, 0, 0, 4, 0);
	one_is_plan(&one, SCSI_VERIFY, 5, 4, 0, 0);
	assert_false(one.request.bytchk);
	SEND(&one, 0, 4096, 0x2F, 0x02, 0, 0, 0, 5, 0, 0, 4, 0);
	one_is_plan(&one, SCSI_VERIFY, 5, 4, 0, 2048);
	assert_true(one.request.bytchk && !one.request.one_block);
	SEND(&one, 0, 4096, 0xAF, 0x06, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0);
	one_is_plan(&one, SCSI_VERIFY, 5, 4, 0, 512);
	assert_true(one.request.bytchk && one.request.one_block);
	SEND(&one, 0, 4096, 0x8F, 0x04, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0);
	one_is_bad_field(&one, false, 1, 2);
}

static void test_the_rest_of_the_medium(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 0, 0x35, 0x02, 0, 0, 0, 0, 0, 0, 0, 0);
	one_is_plan(&one, SCSI_FLUSH, 0, ONE_BLOCKS, 0, 0);
	assert_true(one.request.immediate);
	SEND(&one, 0, 0, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0);
	one_is_plan(&one, SCSI_FLUSH, 8, 2, 0, 0);
	SEND(&one, 0, 0, 0x34, 0, 0, 0, 0, 16, 0, 0, 0, 0);
	one_is_plan(&one, SCSI_PREFETCH, 16, ONE_BLOCKS - 16, 0, 0);
	SEND(&one, 0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0x27, 0x0F, 0, 0, 0, 2, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
}

static void test_no_blocks_is_no_error(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 0, 0x28, 0, 0, 0, 0x27, 0x0F, 0, 0, 0, 0);
	one_is_plan(&one, SCSI_READ, ONE_BLOCKS - 1, 0, 0, 0);
	SEND(&one, 0, 0, 0x28, 0, 0, 0, 0x27, 0x11, 0, 0, 0, 0); /* but it has to be there */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
}

/* CVE class: lba + length beyond the end, with and without overflow. */
static void test_never_beyond_the_end(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 4096, 4096, 0x28, 0, 0, 0, 0x27, 0x0F, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_READ, ONE_BLOCKS - 1, 1, 512, 0);
	SEND(&one, 4096, 4096, 0x28, 0, 0, 0, 0x27, 0x0F, 0, 0, 2, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	SEND(&one, 4096, 4096, 0x8A, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 2, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	SEND(&one, 4096, 4096, 0x88, 0, 255, 255, 255, 255, 255, 255, 255, 254, 255, 255, 255, 255,
		0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
	SEND(&one, 4096, 4096, 0x8E, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2100);
}

static void test_not_longer_than_told(void **state)
{
	struct one one;

	one_disk(&one); /* MAXIMUM TRANSFER LENGTH 2048 */
	SEND(&one, UINT32_MAX, 0, 0x28, 0, 0, 0, 0, 0, 0, 0x08, 0x00, 0);
	one_is_plan(&one, SCSI_READ, 0, 2048, 2048 * 512, 0);
	SEND(&one, UINT32_MAX, 0, 0x28, 0, 0, 0, 0, 0, 0, 0x08, 0x01, 0);
	one_is_bad_field(&one, false, 7, 8);
	SEND(&one, UINT32_MAX, 0, 0xA8, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x01, 0, 0);
	one_is_bad_field(&one, false, 6, 8);
	SEND(&one, UINT32_MAX, 0, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x01, 0, 0);
	one_is_bad_field(&one, false, 10, 8);
	SEND(&one, UINT32_MAX, 0, 0x2F, 0, 0, 0, 0, 0, 0, 0x08, 0x01, 0);
	one_is_bad_field(&one, false, 7, 8);
}

/* CVE class: more is asked for than the client's buffers hold. */
static void test_overrun(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 1023, 4096, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
	assert_int_equal(one.request.in_len, 0);
	SEND(&one, 4096, 1023, 0x2A, 0, 0, 0, 0, 0, 0, 0, 2, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
	SEND(&one, 4096, 0, 0x2F, 0x02, 0, 0, 0, 0, 0, 0, 2, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
}

static void test_residual_of_what_is_not_used(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 4096, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0);
	scsi_complete(&one.request, SCSI_IO_DONE, 0);
	one_is_good(&one);
	assert_int_equal(one.request.residual, 4096 - 1024);
	assert_int_equal(one.request.data_len, 0); /* it is where the I/O put it */
	SEND(&one, 0, 4096, 0x2A, 0, 0, 0, 0, 0, 0, 0, 8, 0);
	scsi_complete(&one.request, SCSI_IO_DONE, 0);
	assert_int_equal(one.request.residual, 0);
}

static void test_no_protection_information(void **state)
{
	const uint8_t codes[] = {
		0x28, 0x2A, 0x2E, 0x2F, 0xA8, 0xAA, 0xAE, 0xAF, 0x88, 0x8A, 0x8B, 0x8E, 0x8F};
	struct one one;

	one_disk(&one);
	for (unsigned i = 0; i < sizeof(codes); i++) {
		for (unsigned protect = 1; protect < 8; protect++) {
			SEND(&one, 4096, 4096, codes[i], (uint8_t)(protect << 5));
			one_is_bad_field(&one, false, 1, 7);
		}
	}
}

static void test_read_only(void **state)
{
	const uint8_t writes[] = {
		0x0A, 0x2A, 0x2E, 0xAA, 0xAE, 0x8A, 0x8B, 0x8E, 0x41, 0x93, 0x42, 0x89};
	struct scsi_lun_config config = one_disk_config();
	struct one one;

	config.read_only = true;
	one_init(&one, &config);
	for (unsigned i = 0; i < sizeof(writes); i++) {
		SEND(&one, 0, 4096, writes[i]);
		one_is_check(&one, SENSE_DATA_PROTECT, 0x2700);
	}
	one.lun.config.read_only = false;
	one.lun.modes.current.swp = true;
	SEND(&one, 0, 4096, 0x2A);
	one_is_check(&one, SENSE_DATA_PROTECT, 0x2702);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_READ, 0, 1, 512, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_of_each_length),
		cmocka_unit_test(test_write_of_each_length),
		cmocka_unit_test(test_write_and_verify),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_the_rest_of_the_medium),
		cmocka_unit_test(test_no_blocks_is_no_error),
		cmocka_unit_test(test_never_beyond_the_end),
		cmocka_unit_test(test_not_longer_than_told),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_residual_of_what_is_not_used),
		cmocka_unit_test(test_no_protection_information),
		cmocka_unit_test(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
