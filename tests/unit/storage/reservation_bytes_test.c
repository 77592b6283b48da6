/* SPDX-License-Identifier: BSD-3-Clause */
/* reservation_bytes_test.c - what is written is read back; what nobody writes is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/reservations.h"

static struct reservations two(void)
{
	return (struct reservations){
		.generation = 0x01020304,
		.type = RESERVATION_EXCLUSIVE,
		.aptpl = true,
		.holder = {7, 2},
		.count = 2,
		.registrant = {{{5, 1}, 0x1122334455667788}, {{7, 2}, 9}},
	};
}

static void test_layout(void **state)
{
	const uint8_t expected[] = {1, 3, 0x01, 0, 1, 2, 3,
		4,				    /* version, type, APTPL, generation */
		0, 0, 0, 7, 0, 2, 0, 0, 0, 0, 0, 0, /* holder, SPC-2 holder */
		0, 2,				    /* count */
		0, 0, 0, 5, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, /**/
		0, 0, 0, 7, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9};
	uint8_t bytes[RESERVATIONS_BYTES_MAX];
	const struct reservations held = two();
	struct reservations back;

	assert_int_equal(reservations_encode(&held, bytes), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
	memset(&back, 0xEE, sizeof(back));
	assert_int_equal(reservations_decode(&back, bytes, sizeof(expected)), 0);
	assert_int_equal(back.count, 2);
	assert_int_equal(back.generation, held.generation);
	assert_true(back.aptpl && !back.spc2);
	assert_true(reservations_holds(&back, (struct reservation_nexus){7, 2}));
	assert_int_equal(back.registrant[0].key, held.registrant[0].key);
}

static void test_full(void **state)
{
	struct reservations held = {.type = RESERVATION_EXCLUSIVE_AR};
	uint8_t bytes[RESERVATIONS_BYTES_MAX];
	struct reservations back;
	size_t len;

	for (unsigned i = 0; i < RESERVATION_REGISTRANTS; i++)
		held.registrant[held.count++] =
			(struct reservation_registrant){{i, (uint16_t)(i + 1)}, i + 1};
	len = reservations_encode(&held, bytes);
	assert_in_range(len, 1, RESERVATIONS_BYTES_MAX);
	assert_int_equal(reservations_decode(&back, bytes, len), 0);
	assert_int_equal(back.count, RESERVATION_REGISTRANTS);
}

/* Each of these is one change of good bytes. */
static void test_refused(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} faults[] = {
		{0, 2},	   /* version */
		{1, 2},	   /* no such type */
		{1, 8},	   /* all registrants hold it, and one does */
		{1, 0},	   /* nothing is held, by somebody */
		{2, 0x05}, /* unknown flag */
		{2, 0x03}, /* an SPC-2 reservation beside registrations */
		{3, 1},	   /* reserved */
		{11, 8},   /* the holder is not registered */
		{19, 1},   /* an SPC-2 holder without reservation */
		{21, 1},   /* count and length differ */
		{21, 3},   /**/
		{20, 1},   /* CVE-2025-57275: more than there is room for */
		{49, 0},   /* a key of 0 */
		{27, 0},   /* no port */
	};
	const struct reservations held = two(), untouched = {.generation = 77};
	uint8_t good[RESERVATIONS_BYTES_MAX], bad[RESERVATIONS_BYTES_MAX];
	size_t len = reservations_encode(&held, good);
	struct reservations back = untouched;

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memcpy(bad, good, len);
		bad[faults[i].at] = faults[i].value;
		assert_int_equal(reservations_decode(&back, bad, len), -EBADMSG);
		assert_memory_equal(&back, &untouched, sizeof(back));
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(reservations_decode(&back, good, cut), -EBADMSG);
	good[len] = 0;
	assert_int_equal(reservations_decode(&back, good, len + 1), -EBADMSG);
	memcpy(bad, good, len);
	memcpy(bad + 22, bad + 36, 6); /* the same nexus twice */
	assert_int_equal(reservations_decode(&back, bad, len), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
