/* SPDX-License-Identifier: BSD-3-Clause */
/* modes_test.c - the bytes of mode pages, headers and block descriptors; what MODE SELECT takes and
 * what it refuses, whole or not at all. */
#include "tests/unit/storage/one.h"

#define CACHING(wce) 0x08, 0x12, wce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define CONTROL(byte2, byte4) 0x0A, 0x0A, byte2, 0x10, byte4, 0x40, 0, 0, 0xFF, 0xFF, 0, 0
#define EXCEPTIONS 0x1C, 0x0A, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0

static void test_sense_6(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x1A, 0x00, 0x3F, 0, 255, 0);
	IS_DATA(&one, 55, 0, 0x10, 8,		    /* length, medium, DPOFUA, block descriptor */
		0, 0, 0x27, 0x10, 0, 0, 0x02, 0x00, /* 10000 blocks of 512 */
		CACHING(0x04), CONTROL(0x22, 0), EXCEPTIONS);
	SEND(&one, 255, 0, 0x1A, 0x08, 0x08, 0, 255, 0); /* DBD */
	IS_DATA(&one, 23, 0, 0x10, 0, CACHING(0x04));
}

static void test_sense_10(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x5A, 0x10, 0x0A, 0, 0, 0, 0, 0, 255, 0); /* LLBAA */
	IS_DATA(&one, 0, 34, 0, 0x10, 0x01, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0x27, 0x10, 0, 0, 0, 0, 0,
		0, 0x02, 0x00, CONTROL(0x22, 0));
	one.lun.config.read_only = true;
	SEND(&one, 255, 0, 0x5A, 0x08, 0x1C, 0xFF, 0, 0, 0, 0, 8, 0); /* cut */
	IS_DATA(&one, 0, 18, 0, 0x90, 0, 0, 0, 0);
}

static void test_changeable_default_saved(void **state)
{
	struct one one;

	one_disk(&one);
	one.lun.modes.current.wce = false;
	SEND(&one, 255, 0, 0x1A, 0x08, 0x48, 0, 255, 0);
	IS_DATA(&one, 23, 0, 0x10, 0, CACHING(0x04));
	SEND(&one, 255, 0, 0x1A, 0x08, 0x4A, 0, 255, 0);
	IS_DATA(&one, 15, 0, 0x10, 0, 0x0A, 0x0A, 0x04, 0, 0x08, 0, 0, 0, 0, 0, 0, 0);
	SEND(&one, 255, 0, 0x1A, 0x08, 0x88, 0, 255, 0);
	IS_DATA(&one, 23, 0, 0x10, 0, CACHING(0x04));
	SEND(&one, 255, 0, 0x1A, 0x08, 0x08, 0, 255, 0);
	IS_DATA(&one, 23, 0, 0x10, 0, CACHING(0x00));
	SEND(&one, 255, 0, 0x1A, 0x08, 0xC8, 0, 255, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x3900);
	one.lun.config.saves_modes = true;
	SEND(&one, 255, 0, 0x1A, 0x08, 0xC8, 0, 255, 0);
	one_is_good(&one);
	assert_int_equal(one.data[4], 0x88); /* PS */
	assert_int_equal(one.data[6], 0x04);
}

static void test_pages_that_are_not_there(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x1A, 0x08, 0x19, 0, 255, 0);
	one_is_bad_field(&one, false, 2, 5);
	SEND(&one, 255, 0, 0x1A, 0x08, 0x2A, 0, 255, 0); /* a drive's */
	one_is_bad_field(&one, false, 2, 5);
	SEND(&one, 255, 0, 0x1A, 0x08, 0x0A, 1, 255, 0);
	one_is_bad_field(&one, false, 3, 8);
	one_drive(&one, 100);
	SEND(&one, 255, 0, 0x1A, 0x00, 0x2A, 0, 255, 0);
	one_is_good(&one);
	assert_int_equal(one.data[3], 0); /* no block descriptor */
	assert_int_equal(one.data[4], 0x2A);
	assert_int_equal(one.data[10] & 0xEB, 0x29); /* a tray; ejects, locks */
}

static void test_select(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 24, 0);
	GIVE(&one, 0, 0, 0, 0, CACHING(0x00));
	assert_int_equal(one.request.plan, SCSI_SELECT_MODES);
	assert_false(one.request.modes.current.wce);
	assert_true(one.request.modes.saved.wce);
	assert_true(one.lun.modes.current.wce); /* until all have agreed */
	scsi_lun_modes(&one.lun, &one.request.modes, true);
	scsi_modes_set(&one.request);
	one_is_good(&one);
	assert_int_equal(one.request.residual, 64 - 24);
	assert_int_equal(one.lun.attentions, 0);
	SEND(&one, 0, 64, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 28, 0);
	GIVE(&one, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0x02, 0x00, CONTROL(0x26, 0x08));
	assert_int_equal(one.request.plan, SCSI_SELECT_MODES);
	assert_true(one.request.modes.current.d_sense && one.request.modes.current.swp);
	assert_false(one.request.modes.current.wce);
}

static void test_select_saves(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 24, 0x15, 0x11, 0, 0, 24, 0);
	one_is_bad_field(&one, false, 1, 0);
	one.lun.config.saves_modes = true;
	SEND(&one, 0, 24, 0x15, 0x11, 0, 0, 24, 0);
	GIVE(&one, 0, 0, 0, 0, 0x88, 0x12, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(one.request.plan, SCSI_SELECT_MODES);
	assert_false(one.request.modes.saved.wce);
}

static void test_all_or_nothing(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 36, 0);
	GIVE(&one, 0, 0, 0, 0, CACHING(0x00), CONTROL(0x23, 0)); /* RLEC is not changeable */
	one_is_bad_field(&one, true, 4 + 20 + 2, 8);
	assert_true(one.lun.modes.current.wce);
}

/* CVE class: lengths inside of a parameter list that contradict its own. */
static void test_lengths_in_the_list(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 3, 0);
	GIVE(&one, 0, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 8, 0);
	GIVE(&one, 0, 0, 0, 8, 0, 0, 0, 0); /* half a block descriptor */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 64, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 8, 0);
	GIVE(&one, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF);
	one_is_bad_field(&one, true, 6, 8);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 5, 0);
	GIVE(&one, 0, 0, 0, 0, 0x08); /* a page without a length */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 6, 0);
	GIVE(&one, 0, 0, 0, 0, 0x08, 0xFF);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 24, 0);
	GIVE(&one, 0, 0, 0, 0, 0x08, 0x13, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	one_is_bad_field(&one, true, 5, 8);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 6, 0);
	GIVE(&one, 0, 0, 0, 0, 0x48, 0x00); /* a subpage */
	one_is_bad_field(&one, true, 4, 5);
	SEND(&one, 0, 65535, 0x55, 0x10, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00); /* longer than is taken */
	SEND(&one, 0, 10, 0x15, 0x10, 0, 0, 24, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
}

static void test_block_descriptor_is_not_the_clients(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 12, 0);
	GIVE(&one, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0x10, 0x00);
	one_is_bad_field(&one, true, 9, 8);
	SEND(&one, 0, 64, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 24, 0);
	GIVE(&one, 0, 0, 0, 0, 1, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x10, 0x00);
	one_is_bad_field(&one, true, 20, 8);
}

static void test_bits_of_the_cdb(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 64, 0x15, 0x00, 0, 0, 24, 0);
	one_is_bad_field(&one, false, 1, 4);
	SEND(&one, 0, 64, 0x15, 0x12, 0, 0, 24, 0);
	one_is_bad_field(&one, false, 1, 1);
	SEND(&one, 0, 64, 0x15, 0x10, 0, 0, 0, 0);
	one_is_good(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sense_6),
		cmocka_unit_test(test_sense_10),
		cmocka_unit_test(test_changeable_default_saved),
		cmocka_unit_test(test_pages_that_are_not_there),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_saves),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_lengths_in_the_list),
		cmocka_unit_test(test_block_descriptor_is_not_the_clients),
		cmocka_unit_test(test_bits_of_the_cdb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
