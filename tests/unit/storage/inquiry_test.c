/* SPDX-License-Identifier: BSD-3-Clause */
/* inquiry_test.c - the bytes of standard INQUIRY data, REPORT LUNS and REQUEST SENSE, and how they
 * are cut. */
#include "tests/unit/storage/one.h"

static void test_standard_of_a_disk(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x12, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0x00, 0x00, 0x06, 0x12, 69, 0x30, 0x10,
		0x02,					/* SPC-4, TPGS 3, MULTIP, CMDQUE */
		'V', 'I', 'O', 'S', ' ', ' ', ' ', ' ', /* T10 VENDOR IDENTIFICATION */
		'V', 'i', 'r', 't', 'u', 'a', 'l', ' ', 'd', 'i', 's', 'k', ' ', ' ', ' ', ' ', /**/
		'0', '0', '0', '1', /* PRODUCT REVISION LEVEL */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 36 to 57 */
		0x00, 0xC0, 0x04, 0x60, 0x05, 0xC0, 0x04, 0xC0, 0x06, 0x00,	  /* versions */
		0, 0, 0, 0, 0, 0);
	assert_int_equal(one.request.residual, 255 - 74);
}

static void test_tpgs_follows_what_is_carried_out(void **state)
{
	struct scsi_lun_config config = one_disk_config();
	struct one one;

	config.explicit_alua = false;
	one_init(&one, &config);
	SEND(&one, 36, 0, 0x12, 0, 0, 0, 36, 0);
	assert_int_equal(one.data[5], 0x10);
}

static void test_an_optical_drive_is_removable(void **state)
{
	struct one one;

	one_drive(&one, 0);
	SEND(&one, 96, 0, 0x12, 0, 0, 0, 96, 0);
	one_is_good(&one);
	assert_int_equal(one.data[0], 0x05);
	assert_int_equal(one.data[1], 0x80);
	assert_int_equal(one.data[5], 0x00);
}

/* CVE class: lengths of a CDB against the buffers' own. What is sent is the least of three. */
static void test_cut_to_allocation_and_to_the_buffer(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x12, 0, 0, 0, 5, 0);
	assert_int_equal(one.request.data_len, 5);
	assert_int_equal(one.request.residual, 250);
	SEND(&one, 3, 0, 0x12, 0, 0, 0xFF, 0xFF, 0);
	assert_int_equal(one.request.data_len, 3);
	assert_int_equal(one.request.residual, 0);
	SEND(&one, 0, 0, 0x12, 0, 0, 0xFF, 0xFF, 0);
	one_is_good(&one);
	assert_int_equal(one.request.data_len, 0);
}

static void test_a_page_code_needs_evpd(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x12, 0, 0x83, 0, 255, 0);
	one_is_bad_field(&one, false, 2, 8);
}

static const uint8_t standard_inquiry[] = {0x12, 0, 0, 0, 36, 0};

static void test_where_there_is_no_lun(void **state)
{
	struct one one;

	one_disk(&one);
	one_send_to(&one, 1, 36, 0, standard_inquiry, 6);
	assert_int_equal(one.request.status, SCSI_GOOD);
	assert_int_equal(one.data[0], 0x7F);
	scsi_detach(&one.target, 0);
	one_send_to(&one, 0, 36, 0, standard_inquiry, 6);
	assert_int_equal(one.data[0], 0x3F); /* LUN 0 can still be asked for the others */
}

static struct scsi_lun far_lun;

static void test_report_luns(void **state)
{
	const struct scsi_lun_config config = one_disk_config();
	struct one one;

	one_disk(&one);
	scsi_lun_init(&far_lun, &config);
	assert_int_equal(scsi_attach(&one.target, 255, &far_lun, true), 0);
	SEND(&one, 64, 0, 0xA0, 0, 0x00, 0, 0, 0, 0, 0, 0, 64, 0, 0);
	IS_DATA(&one, 0, 0, 0, 16, 0, 0, 0, 0, /**/
		0x00, 0x00, 0, 0, 0, 0, 0, 0,  /* LUN 0 */
		0x00, 0xFF, 0, 0, 0, 0, 0, 0); /* LUN 255: peripheral device addressing */
	SEND(&one, 64, 0, 0xA0, 0, 0x01, 0, 0, 0, 0, 0, 0, 64, 0, 0);
	IS_DATA(&one, 0, 0, 0, 8, 0, 0, 0, 0, 0xC1, 0x01, 0, 0, 0, 0, 0, 0);
	SEND(&one, 64, 0, 0xA0, 0, 0x02, 0, 0, 0, 0, 0, 0, 64, 0, 0);
	assert_int_equal(one.request.data_len, 32);
	SEND(&one, 64, 0, 0xA0, 0, 0x10, 0, 0, 0, 0, 0, 0, 64, 0, 0);
	one_is_bad_field(&one, false, 2, 8);
}

static void test_every_lun_fits(void **state)
{
	static struct scsi_lun luns[SCSI_LUNS];
	const struct scsi_lun_config config = one_disk_config();
	struct one one;

	one_disk(&one);
	for (unsigned i = 1; i < SCSI_LUNS; i++) {
		scsi_lun_init(&luns[i], &config);
		assert_int_equal(scsi_attach(&one.target, i, &luns[i], false), 0);
	}
	SEND(&one, 65536, 0, 0xA0, 0, 0x02, 0, 0, 0, 0, 1, 0, 0, 0, 0);
	one_is_good(&one);
	assert_int_equal(one.request.data_len, 8 + 257 * 8);
	/* the length is that of the list, however little is asked for */
	SEND(&one, 65536, 0, 0xA0, 0, 0x02, 0, 0, 0, 0, 0, 0, 8, 0, 0);
	IS_DATA(&one, 0, 0, 0x08, 0x08, 0, 0, 0, 0);
}

static void test_reading_the_list_is_being_told(void **state)
{
	struct one one;

	one_disk(&one);
	scsi_lun_attend(&one.lun, SCSI_ATTENTION_LUNS);
	scsi_lun_attend(&one.lun, SCSI_ATTENTION_CAPACITY);
	SEND(&one, 64, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0);
	one_is_good(&one);
	assert_int_equal(one.lun.attentions, 1u << SCSI_ATTENTION_CAPACITY);
}

static void test_request_sense(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 252, 0, 0x03, 0, 0, 0, 252, 0);
	IS_DATA(&one, 0x70, 0, 0x00, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x00, 0x00, 0, 0, 0, 0);
	SEND(&one, 252, 0, 0x03, 0x01, 0, 0, 252, 0);
	IS_DATA(&one, 0x72, 0x00, 0x00, 0x00, 0, 0, 0, 0);
	scsi_lun_attend(&one.lun, SCSI_ATTENTION_CAPACITY);
	SEND(&one, 252, 0, 0x03, 0, 0, 0, 252, 0);
	IS_DATA(&one, 0x70, 0, 0x06, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x2A, 0x09, 0, 0, 0, 0);
	SEND(&one, 252, 0, 0x03, 0, 0, 0, 252, 0);
	assert_int_equal(one.data[2], 0); /* told once */
	one_send_to(&one, 9, 18, 0, (const uint8_t[]){0x03, 0, 0, 0, 18, 0}, 6);
	assert_int_equal(one.request.status, SCSI_GOOD);
	assert_int_equal(one.data[2], SENSE_ILLEGAL_REQUEST);
	assert_int_equal(bytes_get16(one.data + 12), 0x2500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard_of_a_disk),
		cmocka_unit_test(test_tpgs_follows_what_is_carried_out),
		cmocka_unit_test(test_an_optical_drive_is_removable),
		cmocka_unit_test(test_cut_to_allocation_and_to_the_buffer),
		cmocka_unit_test(test_a_page_code_needs_evpd),
		cmocka_unit_test(test_where_there_is_no_lun),
		cmocka_unit_test(test_report_luns),
		cmocka_unit_test(test_every_lun_fits),
		cmocka_unit_test(test_reading_the_list_is_being_told),
		cmocka_unit_test(test_request_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
