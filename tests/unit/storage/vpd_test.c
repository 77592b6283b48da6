/* SPDX-License-Identifier: BSD-3-Clause */
/* vpd_test.c - the bytes of each VPD page, written out from SPC-5 and SBC-4. */
#include "tests/unit/storage/one.h"

#define VPD(one, code) SEND(one, 255, 0, 0x12, 0x01, code, 0, 255, 0)

static void test_supported_pages(void **state)
{
	struct one one;

	one_disk(&one);
	VPD(&one, 0x00);
	IS_DATA(&one, 0x00, 0x00, 0, 8, 0x00, 0x80, 0x83, 0x86, 0x87, 0xB0, 0xB1, 0xB2);
	one_drive(&one, 0);
	VPD(&one, 0x00);
	IS_DATA(&one, 0x05, 0x00, 0, 5, 0x00, 0x80, 0x83, 0x86, 0x87);
}

static void test_every_page_that_is_listed_is_there(void **state)
{
	uint8_t list[16];
	struct one one;

	one_disk(&one);
	VPD(&one, 0x00);
	memcpy(list, one.data, 4u + one.data[3]);
	for (unsigned i = 0; i < list[3]; i++) {
		VPD(&one, list[4 + i]);
		one_is_good(&one);
		assert_int_equal(one.data[1], list[4 + i]);
		assert_int_equal(bytes_get16(one.data + 2) + 4, one.request.data_len);
	}
	VPD(&one, 0x84);
	one_is_bad_field(&one, false, 2, 8);
	VPD(&one, 0xFF);
	one_is_bad_field(&one, false, 2, 8);
}

static void test_serial(void **state)
{
	struct one one;

	one_disk(&one);
	VPD(&one, 0x80);
	IS_DATA(&one, 0x00, 0x80, 0, 2, 'S', '1');
}

static void test_identification(void **state)
{
	struct one one;

	one_disk(&one);
	VPD(&one, 0x83);
	IS_DATA(&one, 0x00, 0x83, 0, 20 + 30 + 8 + 8 + 12,		 /**/
		0x01, 0x03, 0, 16,					 /* logical unit, NAA */
		0x60, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, /**/
		0x02, 0x01, 0, 26, /* logical unit, T10 vendor identification */
		'V', 'I', 'O', 'S', ' ', ' ', ' ', ' ',						/**/
		'V', 'i', 'r', 't', 'u', 'a', 'l', ' ', 'd', 'i', 's', 'k', ' ', ' ', ' ', ' ', /**/
		'S', '1',									/**/
		0x01, 0x14, 0, 4, 0, 0, 0x00, 0x03,	      /* relative target port */
		0x01, 0x15, 0, 4, 0, 0, 0x01, 0x02,	      /* target port group */
		0x01, 0x13, 0, 8, 0x30, 1, 2, 3, 4, 5, 6, 7); /* target port, NAA */
}

static void test_extended(void **state)
{
	uint8_t expected[64] = {0x00, 0x86, 0, 60, 0, 0x01, 0x01, 0x01};
	struct one one;

	expected[13] = SENSE_BYTES_MAX;
	one_disk(&one);
	VPD(&one, 0x86);
	one_is_data(&one, expected, 64);
}

static void test_mode_page_policy(void **state)
{
	struct one one;

	one_disk(&one);
	VPD(&one, 0x87);
	IS_DATA(&one, 0x00, 0x87, 0, 4, 0x3F, 0xFF, 0x00, 0);
}

static void test_block_limits(void **state)
{
	uint8_t expected[64] = {0x00, 0xB0, 0, 60, 0x01, /* WSNZ */
		16,					 /* MAXIMUM COMPARE AND WRITE LENGTH */
		0, 8,					 /* granularity: the physical block */
		0, 0, 0x08, 0x00,			 /* MAXIMUM TRANSFER LENGTH 2048 */
		0, 0, 0x01, 0x00,			 /* OPTIMAL TRANSFER LENGTH 256 */
		0, 0, 0, 0,				 /* MAXIMUM PREFETCH LENGTH */
		0, 0, 0x20, 0x00,			 /* MAXIMUM UNMAP LBA COUNT 8192 */
		0, 0, 0x01, 0x00,			 /* block descriptors: 256 */
		0, 0, 0, 8,				 /* OPTIMAL UNMAP GRANULARITY */
		0x80, 0, 0, 0,				 /* UGAVALID, alignment 0 */
		0, 0, 0, 0, 0, 0, 0x10, 0x00};		 /* MAXIMUM WRITE SAME LENGTH 4096 */
	struct scsi_lun_config config = one_disk_config();
	struct one one;

	one_disk(&one);
	VPD(&one, 0xB0);
	one_is_data(&one, expected, 64);
	config.unmap = config.unmap_zeroes = config.thin = false;
	one_init(&one, &config);
	VPD(&one, 0xB0);
	memset(expected + 20, 0, 16);
	one_is_data(&one, expected, 64);
}

static void test_block_characteristics(void **state)
{
	uint8_t expected[64] = {0x00, 0xB1, 0, 60, 0, 1, 0, 0, 0x02}; /* no rotation, FUAB */
	struct scsi_lun_config config = one_disk_config();
	struct one one;

	one_disk(&one);
	VPD(&one, 0xB1);
	one_is_data(&one, expected, 64);
	config.rotational = true;
	one_init(&one, &config);
	VPD(&one, 0xB1);
	assert_int_equal(bytes_get16(one.data + 4), 0);
}

static void test_provisioning(void **state)
{
	struct scsi_lun_config config = one_disk_config();
	struct one one;

	one_disk(&one);
	VPD(&one, 0xB2);
	IS_DATA(&one, 0x00, 0xB2, 0, 4, 0, 0xE4, 0x02, 0); /* LBPU, LBPWS, LBPWS10, LBPRZ 1; thin */
	config.thin = config.unmap_zeroes = false;
	one_init(&one, &config);
	VPD(&one, 0xB2);
	IS_DATA(&one, 0x00, 0xB2, 0, 4, 0, 0xE0, 0x01, 0); /* resource provisioned */
	config.unmap = false;
	one_init(&one, &config);
	VPD(&one, 0xB2);
	IS_DATA(&one, 0x00, 0xB2, 0, 4, 0, 0x00, 0x00, 0);
}

/* The REPORT LUNS well known logical unit has a name of its port at least. */
static void test_well_known(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x12, 0x01, 0x00, 0, 255, 0);
	one.request.lun_address[0] = 0xC1;
	one.request.lun_address[1] = 0x01;
	one.request.lun_address[2] = one.request.lun_address[3] = 0;
	scsi_decode(&one.target, &one.request);
	IS_DATA(&one, 0x1E, 0x00, 0, 2, 0x00, 0x83);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_supported_pages),
		cmocka_unit_test(test_every_page_that_is_listed_is_there),
		cmocka_unit_test(test_serial),
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_extended),
		cmocka_unit_test(test_mode_page_policy),
		cmocka_unit_test(test_block_limits),
		cmocka_unit_test(test_block_characteristics),
		cmocka_unit_test(test_provisioning),
		cmocka_unit_test(test_well_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
