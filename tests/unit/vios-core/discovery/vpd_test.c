/* SPDX-License-Identifier: BSD-3-Clause */
/* vpd_test.c - pages 83h and 80h: which designator wins, and pages that lie. One thread. */
#include "vios-core/discovery/vpd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAA6 0x01, 0x03, 0, 16, 0x60, 1, 0x40, 5, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf
#define NAA5 0x01, 0x03, 0, 8, 0x50, 2, 3, 4, 5, 6, 7, 8
#define NAA3 0x01, 0x03, 0, 8, 0x30, 2, 3, 4, 5, 6, 7, 8
#define EUI8 0x01, 0x02, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8
#define EUI16 0x01, 0x02, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8
#define UUID 0x01, 0x0a, 0, 18, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define NAME 0x03, 0x08, 0, 8, 'i', 'q', 'n', '.', 'x', ':', '1', 0
#define T10                                                                                        \
	0x02, 0x01, 0, 16, 'L', 'I', 'O', ' ', ' ', ' ', ' ', ' ', 'd', 'i', 's', 'k', ' ', '1',   \
		0, 0
#define T10_VENDOR 0x02, 0x01, 0, 8, 'L', 'I', 'O', ' ', ' ', ' ', ' ', ' '
#define PORT_NAA 0x61, 0x93, 0, 8, 0x50, 9, 9, 9, 9, 9, 9, 9
#define RELATIVE_PORT 0x01, 0x14, 0, 4, 0, 0, 0, 1

static int parse(const uint8_t *body, size_t n, char out[VPD_NAME_BYTES])
{
	uint8_t *page =
		malloc(n + 4); /* exactly its size, so that a sanitizer sees a step beyond */
	int r;

	page[0] = 0;
	page[1] = 0x83;
	page[2] = (uint8_t)(n >> 8);
	page[3] = (uint8_t)n;
	memcpy(page + 4, body, n);
	r = vpd_designator(page, n + 4, out);
	free(page);
	return r;
}

#define expect(text, ...)                                                                          \
	do {                                                                                       \
		const uint8_t body_[] = {__VA_ARGS__};                                             \
		char out_[VPD_NAME_BYTES];                                                         \
		assert_int_equal(parse(body_, sizeof(body_), out_), 0);                            \
		assert_string_equal(out_, text);                                                   \
	} while (0)

#define expect_none(...)                                                                           \
	do {                                                                                       \
		const uint8_t body_[] = {__VA_ARGS__};                                             \
		char out_[VPD_NAME_BYTES];                                                         \
		assert_int_equal(parse(body_, sizeof(body_), out_), -ENOENT);                      \
	} while (0)

static void each_kind_is_named(void **state)
{
	expect("naa.6001400504050607"
	       "08090a0b0c0d0e0f",
		NAA6);
	expect("naa.5002030405060708", NAA5);
	expect("naa.3002030405060708", NAA3);
	expect("eui.0102030405060708", EUI8);
	expect("uuid.0102030405060708"
	       "090a0b0c0d0e0f10",
		UUID);
	expect("iqn.x:1", NAME);
	expect("t10.LIO_disk_1", T10);
}

static void the_best_wins_wherever_it_stands(void **state)
{
	expect("naa.600140050405060708090a0b0c0d0e0f", T10, NAME, NAA5, NAA6, EUI16);
	expect("naa.600140050405060708090a0b0c0d0e0f", NAA6, NAA5, EUI16, UUID);
	expect("naa.5002030405060708", EUI16, NAA5, T10);
	expect("eui.01020304050607080102030405060708", T10, EUI8, EUI16, UUID);
	expect("uuid.0102030405060708090a0b0c0d0e0f10", T10, UUID, NAME);
	expect("t10.LIO_disk_1", NAA3, T10);
}

static void ports_and_vendors_do_not_name_the_unit(void **state)
{
	expect_none(PORT_NAA);
	expect_none(RELATIVE_PORT);
	expect_none(T10_VENDOR);
	expect("eui.0102030405060708", PORT_NAA, RELATIVE_PORT, EUI8);
}

static void wrong_lengths_and_codes_are_passed_by(void **state)
{
	expect_none(0x01, 0x03, 0, 7, 0x50, 2, 3, 4, 5, 6, 7);
	expect_none(0x01, 0x03, 0, 8, 0x60, 2, 3, 4, 5, 6, 7, 8); /* NAA 6 has 16 */
	expect_none(0x02, 0x03, 0, 8, 0x50, 2, 3, 4, 5, 6, 7, 8); /* "ASCII" */
	expect_none(0x01, 0x03, 0, 0);
	expect_none(0x03, 0x08, 0, 2, 0, 0);
	expect("naa.5002030405060708", 0x01, 0x03, 0, 0, NAA5);
}

static void a_cut_page_is_read_as_far_as_it_goes(void **state)
{
	const uint8_t page[] = {0, 0x83, 0xff, 0xff, EUI8, 0x01, 0x03, 0, 16, 0x60};
	char out[VPD_NAME_BYTES];

	assert_int_equal(vpd_designator(page, sizeof(page), out), 0);
	assert_string_equal(out, "eui.0102030405060708");
	for (size_t n = 0; n < sizeof(page); n++) {
		uint8_t *cut = malloc(n + 1);
		memcpy(cut, page, n);
		cut = realloc(cut, n ? n : 1);
		int r = vpd_designator(cut, n, out);
		assert_int_equal(r, n < 4 ? -EINVAL : n < 4 + 12 ? -ENOENT : 0);
		free(cut);
	}
}

static void what_follows_the_told_length_is_not_read(void **state)
{
	const uint8_t page[] = {0, 0x83, 0, 12, EUI8, NAA5};
	char out[VPD_NAME_BYTES];

	assert_int_equal(vpd_designator(page, sizeof(page), out), 0);
	assert_string_equal(out, "eui.0102030405060708");
}

static void the_serial_number_is_page_80(void **state)
{
	const uint8_t page[] = {0, 0x80, 0, 8, ' ', ' ', 'S', '3', 'Z', ' ', '9', 0, 'x'};
	const uint8_t blank[] = {0, 0x80, 0, 2, ' ', ' '};
	char out[16];

	assert_int_equal(vpd_serial(page, sizeof(page), out, sizeof(out)), 0);
	assert_string_equal(out, "S3Z 9");
	assert_int_equal(vpd_serial(page, 7, out, sizeof(out)), 0);
	assert_string_equal(out, "S");
	assert_int_equal(vpd_serial(blank, sizeof(blank), out, sizeof(out)), -ENOENT);
	assert_int_equal(vpd_serial(page, 3, out, sizeof(out)), -EINVAL);
	assert_int_equal(vpd_designator(page, sizeof(page), (char[VPD_NAME_BYTES]){0}), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_named),
		cmocka_unit_test(the_best_wins_wherever_it_stands),
		cmocka_unit_test(ports_and_vendors_do_not_name_the_unit),
		cmocka_unit_test(wrong_lengths_and_codes_are_passed_by),
		cmocka_unit_test(a_cut_page_is_read_as_far_as_it_goes),
		cmocka_unit_test(what_follows_the_told_length_is_not_read),
		cmocka_unit_test(the_serial_number_is_page_80),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
