/* SPDX-License-Identifier: BSD-3-Clause */
/* alua_test.c - REPORT and SET TARGET PORT GROUPS, byte by byte (SPC-5). */
#include <errno.h>

#include "tests/unit/storage/one.h"

static const struct alua two = {.groups = 2,
	.transition_s = 7,
	.group = {{.id = 0x0102,
			  .state = ALUA_OPTIMIZED,
			  .cause = ALUA_BY_COMMAND,
			  .preferred = true,
			  .ports = 1,
			  .port = {3}},
		{.id = 0x0103, .state = ALUA_NON_OPTIMIZED, .ports = 2, .port = {4, 5}}}};

static void test_report(void **state)
{
	struct one one;

	one_disk(&one);
	scsi_lun_alua(&one.lun, &two, true);
	SEND(&one, 255, 0, 0xA3, 0x0A, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0);
	IS_DATA(&one, 0, 0, 0, 28,				   /* RETURN DATA LENGTH */
		0x80, 0x8F, 0x01, 0x02, 0, 0x01, 0, 1, 0, 0, 0, 3, /* PREF, by command */
		0x01, 0x8F, 0x01, 0x03, 0, 0x00, 0, 2, 0, 0, 0, 4, 0, 0, 0, 5);
	SEND(&one, 255, 0, 0xA3, 0x2A, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0);
	IS_DATA(&one, 0, 0, 0, 32, 0x10, 7, 0, 0, /* extended header; cut */
		0x80, 0x8F, 0x01, 0x02, 0, 0x01, 0, 1, 0, 0, 0, 3);
	SEND(&one, 255, 0, 0xA3, 0x4A, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0);
	one_is_bad_field(&one, false, 1, 7);
}

static void test_report_of_the_own_port(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0xA3, 0x0A, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0);
	IS_DATA(&one, 0, 0, 0, 12, 0x00, 0x8F, 0x01, 0x02, 0, 0, 0, 1, 0, 0, 0, 3);
}

static void test_set(void **state)
{
	struct one one;

	one_disk(&one);
	scsi_lun_alua(&one.lun, &two, true);
	SEND(&one, 0, 12, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x01, 0, 0x01, 0x02, 0x00, 0, 0x01, 0x03);
	assert_int_equal(one.request.plan, SCSI_SET_GROUPS);
	assert_int_equal(one.request.groups.count, 2);
	assert_int_equal(one.request.groups.want[0].id, 0x0102);
	assert_int_equal(one.request.groups.want[0].state, ALUA_NON_OPTIMIZED);
	assert_int_equal(one.request.groups.want[1].state, ALUA_OPTIMIZED);
	scsi_groups_set(&one.request, 0);
	one_is_good(&one);
	SEND(&one, 0, 12, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x00, 0, 0x01, 0x03); /* as Linux does: the one it wants */
	assert_int_equal(one.request.plan, SCSI_SET_GROUPS);
	assert_int_equal(one.request.groups.chosen, 0x0103);
	scsi_groups_set(&one.request, -EBUSY);
	one_is_check(&one, SENSE_HARDWARE_ERROR, 0x670A);
}

/* One group is chosen, from what is asked of each. */
static void test_which_is_chosen(void **state)
{
	static const struct {
		uint8_t first, second; /* 9: not named */
		uint16_t chosen;       /* 0: an invalid combination; 1: as it is */
	} rows[] = {
		{0, 9, 1},
		{9, 0, 0x0103},
		{1, 9, 0x0103},
		{9, 1, 1},
		{0, 1, 1},
		{1, 0, 0x0103},
		{0, 0, 0},
		{1, 1, 0},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t params[12] = {0}, len = 4;
		struct one one;

		one_disk(&one);
		scsi_lun_alua(&one.lun, &two, true);
		for (unsigned k = 0; k < 2; k++) {
			uint8_t state_asked = k ? rows[i].second : rows[i].first;

			if (state_asked == 9)
				continue;
			params[len] = state_asked;
			bytes_set16(params + len + 2, (uint16_t)(0x0102 + k));
			len = (uint8_t)(len + 4);
		}
		SEND(&one, 0, 12, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, len, 0, 0);
		one_give(&one, params, len);
		if (rows[i].chosen == 0)
			one_is_bad_field(&one, true, 4, 8);
		else if (rows[i].chosen == 1)
			one_is_good(&one);
		else
			assert_int_equal(one.request.plan, SCSI_SET_GROUPS);
		if (rows[i].chosen > 1)
			assert_int_equal(one.request.groups.chosen, rows[i].chosen);
	}
}

static void test_what_is_chosen_is_so(void **state)
{
	struct alua alua = two;
	struct one one;

	assert_true(alua_is_chosen(&alua, 0x0102));
	assert_false(alua_is_chosen(&alua, 0x0103));
	alua.group[0].cause = ALUA_IMPLICIT;
	alua_make_chosen(&alua, 0x0103);
	assert_true(alua_is_chosen(&alua, 0x0103));
	assert_false(alua_is_chosen(&alua, 0x0102));
	assert_int_equal(alua.group[0].state, ALUA_NON_OPTIMIZED);
	assert_int_equal(alua.group[0].cause, ALUA_BY_COMMAND);
	assert_false(alua.group[0].preferred);
	assert_true(alua.group[1].preferred);
	/* whether it may be asked for is in INQUIRY's data */
	one_disk(&one);
	scsi_lun_explicit(&one.lun, true);
	assert_int_equal(one.lun.attentions, 0);
	scsi_lun_explicit(&one.lun, false);
	assert_int_equal(one.lun.attentions, 1u << SCSI_ATTENTION_INQUIRY);
	one.lun.attentions = 0;
	SEND(&one, 0, 12, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2000);
}

static void test_set_refuses(void **state)
{
	struct one one;

	one_disk(&one);
	scsi_lun_alua(&one.lun, &two, true);
	SEND(&one, 0, 8, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x0F, 0, 0x01, 0x02); /* transitioning */
	one_is_bad_field(&one, true, 4, 3);
	SEND(&one, 0, 8, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x00, 0, 0x01, 0x04); /* no such group */
	one_is_bad_field(&one, true, 6, 8);
	SEND(&one, 0, 12, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x00, 0, 0x01, 0x03, 0x02, 0, 0x01, 0x02); /* comes by itself only */
	one_is_bad_field(&one, true, 8, 3);
	SEND(&one, 0, 12, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x00, 0, 0x01, 0x03, 0x00, 0, 0x01, 0x03); /* twice */
	one_is_bad_field(&one, true, 10, 8);
	SEND(&one, 0, 8, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0);
	GIVE(&one, 0, 0, 0, 0, 0x00, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 8, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	one_is_good(&one);
	SEND(&one, 0, 8, 0xA4, 0x0A, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
}

/* CVE class: more descriptors than the plan has room for. */
static void test_set_is_bounded(void **state)
{
	uint8_t params[4 + 4 * (ALUA_GROUPS + 1)] = {0};
	struct one one;

	one_disk(&one);
	scsi_lun_alua(&one.lun, &two, true);
	for (unsigned i = 0; i < ALUA_GROUPS + 1; i++)
		bytes_set16(params + 4 + 4 * i + 2, 0x0102);
	SEND(&one, 0, 255, 0xA4, 0x0A, 0, 0, 0, 0, 0, 0, 0, sizeof(params), 0, 0);
	one_give(&one, params, sizeof(params));
	one_is_bad_field(&one, true, 4 + 4 + 2, 8); /* the second is one that is named twice */
}

static void test_who_is_told(void **state)
{
	struct alua other = two;
	struct one one;

	one_disk(&one);
	scsi_lun_alua(&one.lun, &two, true);
	assert_int_equal(one.lun.attentions, 0);
	scsi_lun_alua(&one.lun, &two, false);
	assert_int_equal(one.lun.attentions, 0); /* nothing is new */
	other.group[1].port[1] = 6;
	scsi_lun_alua(&one.lun, &other, false);
	assert_int_equal(one.lun.attentions, 1u << SCSI_ATTENTION_ALUA);
	one.lun.attentions = 0;
	other.group[0].state = ALUA_STANDBY;
	scsi_lun_alua(&one.lun, &other, false);
	assert_int_equal(one.lun.attentions, 1u << SCSI_ATTENTION_ALUA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_of_the_own_port),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_which_is_chosen),
		cmocka_unit_test(test_what_is_chosen_is_so),
		cmocka_unit_test(test_set_refuses),
		cmocka_unit_test(test_set_is_bounded),
		cmocka_unit_test(test_who_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
