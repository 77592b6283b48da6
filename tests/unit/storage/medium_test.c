/* SPDX-License-Identifier: BSD-3-Clause */
/* medium_test.c - starting, stopping, loading, ejecting, and keeping in. */
#include "tests/unit/storage/one.h"

#define START_STOP(one, bits) SEND(one, 0, 0, 0x1B, 0, 0, 0, bits, 0)
#define PREVENT(one, bits) SEND(one, 0, 0, 0x1E, 0, 0, 0, bits, 0)

static void test_a_disk(void **state)
{
	struct one one;

	one_disk(&one);
	START_STOP(&one, 0x01);
	one_is_good(&one);
	START_STOP(&one, 0x00); /* stop: what is cached is written */
	one_is_plan(&one, SCSI_FLUSH, 0, ONE_BLOCKS, 0, 0);
	START_STOP(&one, 0x04); /* NO_FLUSH */
	one_is_good(&one);
	START_STOP(&one, 0x02);
	one_is_bad_field(&one, false, 4, 1);
	START_STOP(&one, 0x10);
	one_is_bad_field(&one, false, 4, 7);
	PREVENT(&one, 0x01);
	one_is_good(&one);
	assert_false(one.lun.removal_prevented);
}

static void test_a_drive(void **state)
{
	struct one one;

	one_drive(&one, 100);
	START_STOP(&one, 0x01);
	one_is_good(&one);
	PREVENT(&one, 0x01);
	one_is_good(&one);
	START_STOP(&one, 0x02);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x5302);
	PREVENT(&one, 0x00);
	START_STOP(&one, 0x02);
	assert_int_equal(one.request.plan, SCSI_EJECT);
	scsi_lun_medium(&one.lun, 0);
	scsi_complete(&one.request, SCSI_IO_DONE, 0);
	one_is_good(&one);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_check(&one, SENSE_NOT_READY, 0x3A00);
	START_STOP(&one, 0x03);
	assert_int_equal(one.request.plan, SCSI_LOAD);
	scsi_lun_medium(&one.lun, 50);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2800);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_good(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_disk),
		cmocka_unit_test(test_a_drive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
