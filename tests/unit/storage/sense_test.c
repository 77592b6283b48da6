/* SPDX-License-Identifier: BSD-3-Clause */
/* sense_test.c - both encodings of sense data, byte by byte (SPC-5, Sense data). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/sense.h"

static void expect(
	const struct sense *sense, bool descriptor, const uint8_t *expected, unsigned len)
{
	uint8_t bytes[SENSE_BYTES_MAX];

	memset(bytes, 0xEE, sizeof(bytes));
	assert_int_equal(sense_encode(sense, descriptor, bytes), len);
	assert_memory_equal(bytes, expected, len);
	assert_true(sense_valid(bytes, len));
}

static void test_field_pointer(void **state)
{
	const struct sense sense = {.key = SENSE_ILLEGAL_REQUEST,
		.code = SENSE_CODE(0x24, 0x00),
		.has_field = true,
		.bit = 5,
		.field = 2};
	const uint8_t fixed[] = {
		0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0x00, 0, 0xCD, 0, 2};
	const uint8_t described[] = {
		0x72, 0x05, 0x24, 0x00, 0, 0, 0, 8, 0x02, 6, 0, 0, 0xCD, 0, 2, 0};

	expect(&sense, false, fixed, sizeof(fixed));
	expect(&sense, true, described, sizeof(described));
}

static void test_field_of_parameters_without_bit(void **state)
{
	const struct sense sense = {.key = SENSE_ILLEGAL_REQUEST,
		.code = SENSE_CODE(0x26, 0x00),
		.has_field = true,
		.in_parameters = true,
		.bit = 8,
		.field = 0x1234};
	const uint8_t fixed[] = {
		0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x26, 0x00, 0, 0x80, 0x12, 0x34};

	expect(&sense, false, fixed, sizeof(fixed));
}

static void test_information(void **state)
{
	struct sense sense = {.key = SENSE_MEDIUM_ERROR,
		.code = SENSE_CODE(0x11, 0x00),
		.has_information = true,
		.information = 0x01020304};
	const uint8_t fixed[] = {0xF0, 0, 0x03, 1, 2, 3, 4, 10, 0, 0, 0, 0, 0x11, 0x00, 0, 0, 0, 0};
	const uint8_t beyond[] = {
		0x70, 0, 0x03, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x11, 0x00, 0, 0, 0, 0};
	const uint8_t described[] = {0x72, 0x03, 0x11, 0x00, 0, 0, 0, 12, /**/
		0x00, 0x0A, 0x80, 0, 0, 0, 0, 1, 2, 3, 4, 5};

	expect(&sense, false, fixed, sizeof(fixed));
	sense.information = UINT64_C(0x0102030405);
	expect(&sense, false, beyond, sizeof(beyond)); /* 32 bits do not hold it: not VALID */
	expect(&sense, true, described, sizeof(described));
}

static void test_longest_fits(void **state)
{
	const struct sense sense = {.key = SENSE_ILLEGAL_REQUEST,
		.has_information = true,
		.information = UINT64_MAX,
		.has_field = true};
	uint8_t bytes[SENSE_BYTES_MAX];

	assert_int_equal(sense_encode(&sense, true, bytes), 28);
	assert_true(sense_valid(bytes, 28));
}

static void test_what_is_not_valid(void **state)
{
	const uint8_t response[18] = {0x7F, 0, 5, 0, 0, 0, 0, 10};
	const uint8_t length[18] = {0x70, 0, 5, 0, 0, 0, 0, 11};
	const uint8_t key[18] = {0x70, 0, 0x15, 0, 0, 0, 0, 10};
	const uint8_t descriptor[10] = {0x72, 5, 0, 0, 0, 0, 0, 2, 0, 1};

	assert_false(sense_valid(response, sizeof(response)));
	assert_false(sense_valid(length, sizeof(length)));
	assert_false(sense_valid(key, sizeof(key)));
	assert_false(sense_valid(descriptor, sizeof(descriptor)));
	assert_false(sense_valid(response, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_pointer),
		cmocka_unit_test(test_field_of_parameters_without_bit),
		cmocka_unit_test(test_information),
		cmocka_unit_test(test_longest_fits),
		cmocka_unit_test(test_what_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
