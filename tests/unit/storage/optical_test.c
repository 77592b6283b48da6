/* SPDX-License-Identifier: BSD-3-Clause */
/* optical_test.c - what a client asks a drive before it mounts an ISO, byte by byte (MMC-6), and
 * how it sees one go. */
#include "tests/unit/storage/one.h"

static void test_configuration(void **state)
{
	struct one one;

	one_drive(&one, 1000);
	SEND(&one, 255, 0, 0x46, 0, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 72, 0, 0, 0x00, 0x08,			 /* CD-ROM */
		0x00, 0x00, 0x03, 8, 0x00, 0x10, 0, 0, 0x00, 0x08, 1, 0, /* profiles */
		0x00, 0x01, 0x0B, 8, 0, 0, 0, 1, 1, 0, 0, 0,		 /* core */
		0x00, 0x02, 0x07, 4, 0x02, 0, 0, 0,			 /* morphing */
		0x00, 0x03, 0x03, 4, 0x29, 0, 0, 0,			 /* removable medium */
		0x00, 0x10, 0x01, 8, 0, 0, 0x08, 0x00, 0, 1, 0, 0,	 /* random readable */
		0x00, 0x1E, 0x09, 4, 0, 0, 0, 0, 0x00, 0x1F, 0x00, 4, 0, 0, 0, 0);
	SEND(&one, 255, 0, 0x46, 2, 0x00, 0x1E, 0, 0, 0, 0, 255, 0); /* this one only */
	IS_DATA(&one, 0, 0, 0, 12, 0, 0, 0x00, 0x08, 0x00, 0x1E, 0x09, 4, 0, 0, 0, 0);
	SEND(&one, 255, 0, 0x46, 1, 0x00, 0x10, 0, 0, 0, 0, 255, 0); /* current ones from 10h */
	IS_DATA(&one, 0, 0, 0, 24, 0, 0, 0x00, 0x08, 0x00, 0x10, 0x01, 8, 0, 0, 0x08, 0x00, 0, 1, 0,
		0, 0x00, 0x1E, 0x09, 4, 0, 0, 0, 0);
	SEND(&one, 255, 0, 0x46, 3, 0, 0, 0, 0, 0, 0, 255, 0);
	one_is_bad_field(&one, false, 1, 1);
}

static void test_profile_follows_the_medium(void **state)
{
	struct one one;

	one_drive(&one, 0);
	SEND(&one, 8, 0, 0x46, 0, 0, 0, 0, 0, 0, 0, 8, 0);
	assert_int_equal(bytes_get16(one.data + 6), 0);
	one_drive(&one, 2000000);
	SEND(&one, 8, 0, 0x46, 0, 0, 0, 0, 0, 0, 0, 8, 0);
	assert_int_equal(bytes_get16(one.data + 6), 0x10);
}

#define EVENTS(one, len) SEND(one, len, 0, 0x4A, 0x01, 0, 0, 0x10, 0, 0, 0, len, 0)

static void test_events(void **state)
{
	struct one one;

	one_drive(&one, 1000);
	EVENTS(&one, 8);
	IS_DATA(&one, 0, 6, 0x04, 0x10, 0, 0x02, 0, 0);
	one.lun.removal_prevented = true;
	assert_false(scsi_lun_ask_eject(&one.lun));
	/* the header only: nothing was told */
	SEND(&one, 8, 0, 0x4A, 0x01, 0, 0, 0x10, 0, 0, 0, 4, 0);
	EVENTS(&one, 4);
	EVENTS(&one, 8);
	IS_DATA(&one, 0, 6, 0x04, 0x10, 1, 0x02, 0, 0); /* EjectRequest */
	one.lun.removal_prevented = false;
	assert_true(scsi_lun_ask_eject(&one.lun));
	scsi_lun_medium(&one.lun, 0);
	EVENTS(&one, 8);
	IS_DATA(&one, 0, 6, 0x04, 0x10, 3, 0x00, 0, 0); /* MediaRemoval */
	scsi_lun_medium(&one.lun, 5);
	EVENTS(&one, 8); /* told although a unit attention is pending */
	IS_DATA(&one, 0, 6, 0x04, 0x10, 2, 0x02, 0, 0);
	EVENTS(&one, 8);
	IS_DATA(&one, 0, 6, 0x04, 0x10, 0, 0x02, 0, 0);
	SEND(&one, 8, 0, 0x4A, 0x01, 0, 0, 0x02, 0, 0, 0, 8, 0); /* another class */
	IS_DATA(&one, 0, 2, 0x80, 0x10);
	SEND(&one, 8, 0, 0x4A, 0x00, 0, 0, 0x10, 0, 0, 0, 8, 0);
	one_is_bad_field(&one, false, 1, 0);
}

static void test_toc(void **state)
{
	struct one one;

	one_drive(&one, 4500); /* a minute */
	SEND(&one, 64, 0, 0x43, 0, 0, 0, 0, 0, 0, 0, 64, 0);
	IS_DATA(&one, 0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, /* track 1 at 0 */
		0, 0x14, 0xAA, 0, 0, 0, 0x11, 0x94);	      /* lead-out */
	SEND(&one, 64, 0, 0x43, 0x02, 0, 0, 0, 0, 0xAA, 0, 64, 0);
	IS_DATA(&one, 0, 10, 1, 1, 0, 0x14, 0xAA, 0, 0, 1, 2, 0); /* MSF 1:02:00 */
	SEND(&one, 64, 0, 0x43, 0, 1, 0, 0, 0, 0, 0, 64, 0);
	IS_DATA(&one, 0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0);
	SEND(&one, 64, 0, 0x43, 0, 0, 0, 0, 0, 2, 0, 64, 0);
	one_is_bad_field(&one, false, 6, 8);
	SEND(&one, 64, 0, 0x43, 0, 2, 0, 0, 0, 0, 0, 64, 0);
	one_is_bad_field(&one, false, 2, 3);
	one_drive(&one, 0);
	SEND(&one, 64, 0, 0x43, 0, 0, 0, 0, 0, 0, 0, 64, 0);
	one_is_check(&one, SENSE_NOT_READY, 0x3A00);
}

static void test_disc_and_mechanism(void **state)
{
	const uint8_t disc[34] = {0, 32, 0x0E, 1, 1, 1, 1, 0x20};
	struct one one;

	one_drive(&one, 1000);
	SEND(&one, 64, 0, 0x51, 0, 0, 0, 0, 0, 0, 0, 64, 0);
	one_is_data(&one, disc, 34);
	SEND(&one, 64, 0, 0x51, 1, 0, 0, 0, 0, 0, 0, 64, 0);
	one_is_bad_field(&one, false, 1, 2);
	SEND(&one, 64, 0, 0xBD, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0);
	IS_DATA(&one, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void test_it_is_read_only(void **state)
{
	struct one one;

	one_drive(&one, 1000);
	SEND(&one, 8192, 0, 0xA8, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0);
	one_is_plan(&one, SCSI_READ, 5, 2, 4096, 0);
	SEND(&one, 0, 8192, 0x2A, 0, 0, 0, 0, 5, 0, 0, 2, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_profile_follows_the_medium),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_toc),
		cmocka_unit_test(test_disc_and_mechanism),
		cmocka_unit_test(test_it_is_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
