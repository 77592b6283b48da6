/* SPDX-License-Identifier: BSD-3-Clause */
/* scsi_lun_test.c - attaching, detaching, what a client is told of changes, configurations that
 * contradict themselves. */
#include <errno.h>

#include "tests/unit/storage/one.h"

static struct scsi_lun second;

static void test_attach_and_detach(void **state)
{
	const struct scsi_lun_config config = one_disk_config();
	struct one one;

	one_disk(&one);
	scsi_lun_init(&second, &config);
	assert_int_equal(scsi_attach(&one.target, SCSI_LUNS, &second, true), -EINVAL);
	assert_int_equal(scsi_attach(&one.target, 0, &second, true), -EEXIST);
	assert_int_equal(scsi_attach(&one.target, 7, &second, false), 0);
	assert_int_equal(one.lun.attentions, 0);
	assert_ptr_equal(scsi_detach(&one.target, 7), &second);
	assert_int_equal(one.lun.attentions, 1u << SCSI_ATTENTION_LUNS);
	assert_null(scsi_detach(&one.target, 7));
	assert_null(scsi_detach(&one.target, SCSI_LUNS));
	one.lun.attentions = 0;
	assert_int_equal(scsi_attach(&one.target, 255, &second, true), 0);
	assert_int_equal(one.lun.attentions, 1u << SCSI_ATTENTION_LUNS);
	assert_int_equal(second.attentions, 0);
}

static void test_configurations(void **state)
{
	struct scsi_lun_config good = one_disk_config(), bad[12];
	struct one one;

	one_disk(&one);
	for (unsigned i = 0; i < 12; i++)
		bad[i] = good;
	bad[0].block_len = 520;
	bad[1].block_len = 0;
	bad[2].block_len = 8192;
	bad[3].naa_len = 17;
	bad[4].blocks = 0;
	bad[5].blocks = UINT64_MAX / 512;
	bad[6].max_transfer_blocks = 0;
	bad[7].max_transfer_blocks = UINT32_MAX / 512 + 1;
	bad[8].max_unmap_blocks = 0;
	bad[9].max_write_same_blocks = 0;
	memset(bad[10].serial, 'x', sizeof(bad[10].serial)); /* no end */
	bad[11].vendor[0] = '\n';
	for (unsigned i = 0; i < 12; i++) {
		scsi_lun_init(&second, &bad[i]);
		assert_int_equal(scsi_attach(&one.target, 1, &second, false), -EINVAL);
	}
	good.type = SCSI_OPTICAL; /* writable, with UNMAP */
	scsi_lun_init(&second, &good);
	assert_int_equal(scsi_attach(&one.target, 1, &second, false), -EINVAL);
}

static void test_resize(void **state)
{
	struct one one;

	one_disk(&one);
	scsi_lun_resize(&one.lun, ONE_BLOCKS);
	assert_int_equal(one.lun.attentions, 0);
	scsi_lun_resize(&one.lun, 2 * ONE_BLOCKS);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0x4E, 0x1F, 0, 0, 1, 0);
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2A09);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0x4E, 0x1F, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_READ, 2 * ONE_BLOCKS - 1, 1, 512, 0);
}

static void test_modes_of_another_nexus(void **state)
{
	struct scsi_modes modes;
	struct one one;

	one_disk(&one);
	modes = one.lun.modes;
	scsi_lun_modes(&one.lun, &modes, false);
	assert_int_equal(one.lun.attentions, 0);
	modes.current.swp = true;
	scsi_lun_modes(&one.lun, &modes, false);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2A01);
}

static void test_reset(void **state)
{
	struct one one;

	one_drive(&one, 10);
	one.lun.modes.current.d_sense = true;
	one.lun.removal_prevented = true;
	scsi_lun_reset(&one.lun);
	assert_false(one.lun.removal_prevented);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2903); /* in fixed format again */
}

static void test_a_medium_that_goes_is_no_news_of_one_that_came(void **state)
{
	struct one one;

	one_drive(&one, 0);
	scsi_lun_medium(&one.lun, 10);
	scsi_lun_medium(&one.lun, 0);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_check(&one, SENSE_NOT_READY, 0x3A00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_and_detach),
		cmocka_unit_test(test_configurations),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_modes_of_another_nexus),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_a_medium_that_goes_is_no_news_of_one_that_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
