/* SPDX-License-Identifier: BSD-3-Clause */
/* pr_test.c - PERSISTENT RESERVE IN and OUT byte by byte (SPC-5), RESERVE and RELEASE, and what
 * becomes of results. */
#include "tests/unit/storage/one.h"

#define KEY(n) 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, n
#define NO_KEY 0, 0, 0, 0, 0, 0, 0, 0

static struct reservation_effects effects;

/* PERSISTENT RESERVE OUT from this target's nexus, carried out at once. */
static void out(struct one *one, uint8_t action, uint8_t type, const uint8_t list[24])
{
	SEND(one, 0, 24, 0x5F, action, type, 0, 0, 0, 0, 0, 24, 0);
	one_give(one, list, 24);
	assert_int_equal(one->request.plan, SCSI_RESERVE);
	scsi_reservation_apply(&one->target, &one->lun, &one->request.event, &effects);
	scsi_reserved(&one->request, effects.result);
}

static void registered(struct one *one)
{
	one_disk(one);
	out(one, 0, 0, (const uint8_t[24]){NO_KEY, KEY(1), 0, 0, 0, 0, 0x01});
	one_is_good(one);
}

static void test_read_keys(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x5E, 0, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 0, 0, 0, 0, 0);
	registered(&one);
	SEND(&one, 255, 0, 0x5E, 0, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 1, 0, 0, 0, 8, KEY(1));
	SEND(&one, 255, 0, 0x5E, 0, 0, 0, 0, 0, 0, 0, 8, 0); /* cut; the length stays */
	IS_DATA(&one, 0, 0, 0, 1, 0, 0, 0, 8);
}

static void test_read_reservation(void **state)
{
	struct one one;

	registered(&one);
	SEND(&one, 255, 0, 0x5E, 1, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 1, 0, 0, 0, 0);
	out(&one, 1, 0x03, (const uint8_t[24]){KEY(1)});
	SEND(&one, 255, 0, 0x5E, 1, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 1, 0, 0, 0, 16, KEY(1), 0, 0, 0, 0, 0, 0x03, 0, 0);
	out(&one, 2, 0x03, (const uint8_t[24]){KEY(1)});
	out(&one, 1, 0x08, (const uint8_t[24]){KEY(1)});
	SEND(&one, 255, 0, 0x5E, 1, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 1, 0, 0, 0, 16, NO_KEY, 0, 0, 0, 0, 0, 0x08, 0, 0);
}

static void test_report_capabilities(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 255, 0, 0x5E, 2, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 8, 0x11, 0x80, 0xEA, 0x01, 0, 0);
	registered(&one); /* with APTPL */
	SEND(&one, 255, 0, 0x5E, 2, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 8, 0x11, 0x81, 0xEA, 0x01, 0, 0);
}

static void test_read_full_status(void **state)
{
	const struct reservation_event peer = {
		.action = RESERVATION_REGISTER, .from = {0x22, 4}, .service_key = 5};
	struct one one;

	registered(&one);
	out(&one, 1, 0x05, (const uint8_t[24]){KEY(1)});
	scsi_reservation_apply(&one.target, &one.lun, &peer, &effects);
	SEND(&one, 255, 0, 0x5E, 3, 0, 0, 0, 0, 0, 0, 255, 0);
	IS_DATA(&one, 0, 0, 0, 2, 0, 0, 0, 96,					     /**/
		KEY(1), 0, 0, 0, 0, 0x01, 0x05, 0, 0, 0, 0, 0x00, 0x03, 0, 0, 0, 24, /* holder */
		0x04, 0, 0, 0, 0, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0x11, NO_KEY,     /* SRP */
		0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0x00, 0x00, 0, 0, 0, 0, 0x00, 0x04, 0, 0, 0, 24,
		0x04, 0, 0, 0, 0, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0x22, NO_KEY);
}

static void test_full_status_of_everybody_fits(void **state)
{
	struct one one;

	one_disk(&one);
	for (unsigned n = 0; n < RESERVATION_REGISTRANTS; n++) {
		const struct reservation_event peer = {
			.action = RESERVATION_REGISTER, .from = {n, 1}, .service_key = n + 1};

		scsi_reservation_apply(&one.target, &one.lun, &peer, &effects);
	}
	SEND(&one, 65535, 0, 0x5E, 3, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0);
	one_is_good(&one);
	assert_int_equal(one.request.data_len, 8 + 48 * RESERVATION_REGISTRANTS);
}

static void test_event_of_a_list(void **state)
{
	const struct reservation_event *event;
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 24, 0x5F, 4, 0x06, 0, 0, 0, 0, 0, 24, 0);
	GIVE(&one, KEY(1), KEY(2), 0, 0, 0, 0, 0x01, 0, 0, 0);
	event = &one.request.event;
	assert_int_equal(event->action, RESERVATION_PREEMPT);
	assert_int_equal(event->from.initiator, 0x11);
	assert_int_equal(event->from.port, 3);
	assert_int_equal(event->key, 0x1122334455667701);
	assert_int_equal(event->service_key, 0x1122334455667702);
	assert_int_equal(event->type, 6);
	assert_true(event->aptpl);
}

static void test_lists_that_are_refused(void **state)
{
	struct one one;

	one_disk(&one);
	SEND(&one, 0, 65535, 0x5F, 0, 0, 0, 0, 0, 0, 0, 23, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 65535, 0x5F, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x1A00);
	SEND(&one, 0, 65535, 0x5F, 1, 0x13, 0, 0, 0, 0, 0, 24, 0); /* SCOPE */
	one_is_bad_field(&one, false, 2, 7);
	SEND(&one, 0, 65535, 0x5F, 1, 0x02, 0, 0, 0, 0, 0, 24, 0);
	one_is_bad_field(&one, false, 2, 3);
	SEND(&one, 0, 65535, 0x5F, 0, 0, 0, 0, 0, 0, 0, 24, 0);
	GIVE(&one, NO_KEY, KEY(1), 0, 0, 0, 0, 0x08, 0, 0, 0); /* SPEC_I_PT */
	one_is_bad_field(&one, true, 20, 3);
	SEND(&one, 0, 65535, 0x5F, 0, 0, 0, 0, 0, 0, 0, 24, 0);
	GIVE(&one, NO_KEY, KEY(1), 0, 0, 0, 0, 0x04, 0, 0, 0); /* ALL_TG_PT */
	one_is_bad_field(&one, true, 20, 2);
	SEND(&one, 0, 23, 0x5F, 0, 0, 0, 0, 0, 0, 0, 24, 0);
	assert_int_equal(one.request.plan, SCSI_OVERRUN);
}

static void test_results(void **state)
{
	struct one one;

	registered(&one);
	out(&one, 1, 3, (const uint8_t[24]){KEY(9)});
	one_is_status(&one, SCSI_RESERVATION_CONFLICT);
	out(&one, 1, 3, (const uint8_t[24]){KEY(1)});
	out(&one, 2, 1, (const uint8_t[24]){KEY(1)});
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x2604);
	out(&one, 4, 3, (const uint8_t[24]){KEY(1)});
	one_is_bad_field(&one, true, 8, 8);
	scsi_reserved(&one.request, RESERVATION_FULL);
	one_is_check(&one, SENSE_ILLEGAL_REQUEST, 0x5504);
}

static void test_preempted_by_a_peer(void **state)
{
	const struct reservation_event arrives = {
		.action = RESERVATION_REGISTER, .from = {0x22, 4}, .service_key = 5};
	const struct reservation_event preempts = {.action = RESERVATION_PREEMPT_AND_ABORT,
		.from = {0x22, 4},
		.key = 5,
		.service_key = 0x1122334455667701,
		.type = 3};
	struct one one;

	registered(&one);
	assert_false(scsi_reservation_apply(&one.target, &one.lun, &arrives, &effects));
	assert_true(scsi_reservation_apply(&one.target, &one.lun, &preempts, &effects));
	SEND(&one, 0, 0, 0x00, 0, 0, 0, 0, 0);
	one_is_check(&one, SENSE_UNIT_ATTENTION, 0x2A05);
}

static void test_spc2(void **state)
{
	const uint8_t codes[] = {0x16, 0x17, 0x56, 0x57};
	struct one one;

	one_disk(&one);
	for (unsigned i = 0; i < 4; i++) {
		SEND(&one, 0, 0, codes[i]);
		assert_int_equal(one.request.plan, SCSI_RESERVE);
		assert_int_equal(one.request.event.action,
			i & 1 ? RESERVATION_SPC2_RELEASE : RESERVATION_SPC2_RESERVE);
		SEND(&one, 0, 0, codes[i], 0x10); /* 3RDPTY */
		one_is_bad_field(&one, false, 1, 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_keys),
		cmocka_unit_test(test_read_reservation),
		cmocka_unit_test(test_report_capabilities),
		cmocka_unit_test(test_read_full_status),
		cmocka_unit_test(test_full_status_of_everybody_fits),
		cmocka_unit_test(test_event_of_a_list),
		cmocka_unit_test(test_lists_that_are_refused),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_preempted_by_a_peer),
		cmocka_unit_test(test_spc2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
