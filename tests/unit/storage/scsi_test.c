/* SPDX-License-Identifier: BSD-3-Clause */
/* scsi_test.c - the way of a command: addresses, and what comes before what when several things
 * stand in its way. */
#include <errno.h>

#include "tests/unit/storage/one.h"

static enum scsi_address address(const struct one *one, const uint8_t bytes[8], unsigned *number)
{
	*number = 0xAAAA;
	return scsi_address(&one->target, bytes, number);
}

static void test_addresses(void **state)
{
	struct one one;
	unsigned number;

	one_disk(&one);
	/* virtio 1.2 5.6.6.1: 1, target, single level LUN structure */
	assert_int_equal(address(&one, (uint8_t[8]){1, 0, 0x40, 0x05}, &number), SCSI_AT_LUN);
	assert_int_equal(number, 5);
	assert_int_equal(address(&one, (uint8_t[8]){1, 0, 0x00, 0xFF}, &number), SCSI_AT_LUN);
	assert_int_equal(number, 255); /* peripheral device addressing */
	assert_int_equal(address(&one, (uint8_t[8]){1, 0, 0x41, 0x00}, &number), SCSI_AT_LUN);
	assert_int_equal(number, 256);
	assert_int_equal(address(&one, (uint8_t[8]){0xC1, 0x01}, &number), SCSI_AT_WELL_KNOWN);
	assert_int_equal(address(&one, (uint8_t[8]){1, 1, 0x40, 0}, &number), SCSI_AT_NO_TARGET);
	assert_int_equal(address(&one, (uint8_t[8]){0, 0, 0x40, 0}, &number), SCSI_AT_NO_TARGET);
	/* a bus, a logical unit of another method, a second level: no logical unit is there */
	assert_int_equal(address(&one, (uint8_t[8]){1, 0, 0x01, 0x00}, &number), SCSI_AT_LUN);
	assert_int_equal(number, 0x3FFF);
	assert_int_equal(address(&one, (uint8_t[8]){1, 0, 0x80, 0x00}, &number), SCSI_AT_LUN);
	assert_int_equal(number, 0x3FFF);
	assert_int_equal(address(&one, (uint8_t[8]){1, 0, 0x40, 0x00, 0, 1}, &number), SCSI_AT_LUN);
	assert_int_equal(number, 0x3FFF);
}

static void test_no_such_target_or_lun(void **state)
{
	const uint8_t ready[6] = {0}, unknown[6] = {0x01};
	struct one one;

	one_disk(&one);
	one_send_to(&one, 1, 0, 0, ready, 6);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2500);
	assert_null(one.request.lun);
	one_send_to(&one, 1, 0, 0, unknown, 6);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2500);
	one_send_to(&one, 0x3FFF, 0, 0, ready, 6); /* CVE class: an index from outside */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2500);
	one_send_to(&one, 256, 0, 0, ready, 6);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2500);
	one.request.lun_address[1] = 9;
	scsi_decode(&one.target, &one.request);
	assert_int_equal(one.request.plan, SCSI_BAD_TARGET);
}

static void test_unknown_commands(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 0, 0x01);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
	SEND(&one, 0, 0, 0x7F, 0, 0, 0, 0, 0, 0, 24, 0, 9); /* variable length: none of them */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
	SEND(&one, 0, 0, 0x5F, 0x07); /* REGISTER AND MOVE */
	one_is_bad_field(&one, false, 1, 4);
	SEND(&one, 0, 0, 0x9E, 0x1F);
	one_is_bad_field(&one, false, 1, 4);
	SEND(&one, 0, 0, 0x4A, 1); /* an optical drive's */
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0x04); /* NACA */
	one_is_bad_field(&one, false, 5, 2);
	one.lun.config.unmap = false;
	SEND(&one, 0, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
	one.lun.config.max_compare_and_write_blocks = 0;
	SEND(&one, 0, 0, 0x89);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
	one.lun.config.explicit_alua = false;
	SEND(&one, 0, 0, 0xA4, 0x0A);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
}

#define TUR(one) SEND(one, 0, 0, 0x00, 0, 0, 0, 0, 0)

static void test_attentions_are_told_in_order_and_once(void **state)
{
	static const uint16_t codes[] = {0x2903, 0x2907, 0x2800, 0x2A09, 0x2F00, 0x2A03, 0x2A04,
		0x2A05, 0x2A01, 0x2A06, 0x3F03, 0x3F0E};
	struct one one;

	one_disk(&one);
	for (unsigned i = SCSI_ATTENTIONS; i-- > 0;)
		scsi_lun_attend(&one.lun, i);
	TUR(&one); /* the last one, power on, made the others pointless */
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2900);
	TUR(&one);
	one_is_good(&one);
	for (unsigned i = SCSI_ATTENTIONS; i-- > 1;)
		scsi_lun_attend(&one.lun, i);
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		TUR(&one);
		one_is_check(&one, SENSE_UNIT_ATTENTION, codes[i]);
	}
	TUR(&one);
	one_is_good(&one);
}

static void test_who_is_not_told(void **state)
{
	struct one one;

	one_disk(&one);
	scsi_lun_attend(&one.lun, SCSI_ATTENTION_CAPACITY);
	SEND(&one, 36, 0, 0x12, 0, 0, 0, 36, 0);
	one_is_good(&one);
	SEND(&one, 36, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0);
	one_is_good(&one);
	SEND(&one, 0, 0, 0x01); /* but an unknown command is */
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2A09);
}

static void reserved_by_another(struct one *one, uint8_t type)
{
	one->lun.reservations = (struct reservations){
		.type = type, .holder = {9, 9}, .count = 1, .registrant = {{{9, 9}, 1}}};
	assert_true(reservations_valid(&one->lun.reservations));
}

/* SAM-6, Status code precedence. */
static void test_reservation_conflict_between_attentions(void **state)
{
	struct one one;

	one_disk(&one);
	reserved_by_another(&one, RESERVATION_EXCLUSIVE);
	scsi_lun_attend(&one.lun, SCSI_ATTENTION_LUN_RESET);
	scsi_lun_attend(&one.lun, SCSI_ATTENTION_UNREGISTERED);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2903);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	one_is_status(&one, SCSI_RESERVATION_CONFLICT);
	assert_int_equal(one.request.sense_len, 0);
	assert_int_equal(one.request.residual, 512);
	TUR(&one); /* allowed, and told */
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2A05);
	TUR(&one);
	one_is_good(&one);
}

static void test_reading_passes_write_exclusive(void **state)
{
	struct one one;

	one_disk(&one);
	reserved_by_another(&one, RESERVATION_WRITE_EXCLUSIVE);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_READ, 0, 1, 512, 0);
	SEND(&one, 0, 512, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	one_is_status(&one, SCSI_RESERVATION_CONFLICT);
}

static void test_access_states(void **state)
{
	static const struct {
		uint8_t state;
		uint16_t code;
		bool modes, set_groups;
	} rows[] = {
		{ALUA_STANDBY, 0x040B, true, true},
		{ALUA_UNAVAILABLE, 0x040C, false, true},
		{ALUA_TRANSITIONING, 0x040A, false, false},
	};
	struct one one;

	for (unsigned i = 0; i < 3; i++) {
		one_disk(&one);
		one.lun.alua.groups = 1;
		one.lun.alua.group[0] = (struct alua_group){.id = 0x0102, .state = rows[i].state};
		TUR(&one);
		one_is_check(&one, SENSE_NOT_READY, rows[i].code);
		SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
		one_is_check(&one, SENSE_NOT_READY, rows[i].code);
		SEND(&one, 36, 0, 0x12, 0, 0, 0, 36, 0);
		one_is_good(&one);
		SEND(&one, 36, 0, 0xA3, 0x0A, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0);
		one_is_good(&one);
		SEND(&one, 36, 0, 0x1A, 0, 0x3F, 0, 36, 0);
		assert_int_equal(one.request.status == SCSI_GOOD, rows[i].modes);
		SEND(&one, 0, 8, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0);
		assert_int_equal(one.request.plan == SCSI_PARAMETERS, rows[i].set_groups);
	}
	one.lun.alua.group[0].state = ALUA_NON_OPTIMIZED;
	TUR(&one);
	one_is_good(&one);
}

static void test_well_known(void **state)
{
	struct one one;

	one_disk(&one);
	TUR(&one);
	memcpy(one.request.lun_address, (uint8_t[8]){0xC1, 0x01}, 8);
	scsi_decode(&one.target, &one.request);
	one_is_good(&one);
	one.request.cdb[0] = 0x28;
	scsi_decode(&one.target, &one.request);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
}

static void test_descriptor_sense(void **state)
{
	struct one one;

	one_disk(&one);
	one.lun.modes.current.d_sense = true;
	SEND(&one, 0, 0, 0x01);
	assert_int_equal(one.request.sense[0], 0x72);
	assert_int_equal(one.request.sense_len, 8);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	scsi_complete(&one.request, SCSI_IO_READ_ERROR, UINT64_C(0x100000005));
	assert_int_equal(one.request.sense_len, 20);
	assert_int_equal(bytes_get64(one.request.sense + 12), UINT64_C(0x100000005));
}

/* The LUN goes while the client's parameters are being copied. */
static void test_detached_between_the_steps(void **state)
{
	const uint8_t params[24] = {0};
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 24, 0x5F, 0, 0, 0, 0, 0, 0, 0, 24, 0);
	assert_int_equal(one.request.plan, SCSI_PARAMETERS);
	assert_ptr_equal(scsi_detach(&one.target, 0), &one.lun);
	scsi_parameters(&one.target, &one.request, params);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2500);
}

/* A command that waited for the disk: the reservation of when it goes on counts. */
static void test_still_allowed(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 512, 0x2A, 0, 0, 0, 0, 5, 0, 0, 1, 0);
	one_is_plan(&one, SCSI_WRITE, 5, 1, 0, 512);
	assert_true(scsi_still_allowed(&one.target, &one.request));
	assert_int_equal(one.request.plan, SCSI_WRITE);
	one.lun.reservations.spc2 = true;
	one.lun.reservations.spc2_holder = (struct reservation_nexus){99, 1};
	assert_false(scsi_still_allowed(&one.target, &one.request));
	one_is_status(&one, SCSI_RESERVATION_CONFLICT);
	assert_int_equal(one.request.residual, 512);
}

static void test_aborted_by_another(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 512, 0, 0x28, 0, 0, 0, 0, 5, 0, 0, 1, 0);
	scsi_aborted(&one.request);
	one_is_status(&one, SCSI_TASK_ABORTED);
	assert_int_equal(one.request.residual, 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_such_target_or_lun),
		cmocka_unit_test(test_unknown_commands),
		cmocka_unit_test(test_attentions_are_told_in_order_and_once),
		cmocka_unit_test(test_who_is_not_told),
		cmocka_unit_test(test_reservation_conflict_between_attentions),
		cmocka_unit_test(test_reading_passes_write_exclusive),
		cmocka_unit_test(test_access_states),
		cmocka_unit_test(test_still_allowed),
		cmocka_unit_test(test_aborted_by_another),
		cmocka_unit_test(test_well_known),
		cmocka_unit_test(test_descriptor_sense),
		cmocka_unit_test(test_detached_between_the_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
