/* SPDX-License-Identifier: BSD-3-Clause */
/* plain_test.c - text from devices made harmless, numbers, components of paths. One thread. */
#include "vios-core/discovery/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_is_trimmed_and_printable(void **state)
{
	char out[16];

	assert_int_equal(plain_copy("  QEMU \0\0 HARD\tDISK \n", 22, out, sizeof(out)), 14);
	assert_string_equal(out, "QEMU HARD DISK");
	assert_int_equal(plain_copy("a\x1b[2J\xff\x7f", 7, out, sizeof(out)), 7);
	assert_string_equal(out, "a?[2J??");
	assert_int_equal(plain_copy(" \0\n", 3, out, sizeof(out)), 0);
	assert_string_equal(out, "");
	assert_int_equal(plain_word("a  b", 4, out, sizeof(out)), 3);
	assert_string_equal(out, "a_b");
}

static void text_is_cut_where_it_does_not_fit(void **state)
{
	char out[4] = "xyz";

	assert_int_equal(plain_copy("abcdef", 6, out, sizeof(out)), 3);
	assert_string_equal(out, "abc");
	/* a space that nothing follows is not kept */
	assert_int_equal(plain_copy("ab cd", 5, out, sizeof(out)), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(plain_copy("abc", 3, out, 1), 0);
	assert_string_equal(out, "");
}

static void numbers_are_whole(void **state)
{
	static const char *const bad[] = {"", " ", "-1", "+1", "1x", "x1", "0x", "1 2", "1.5",
		"18446744073709551616", "99999999999999999999999999"};
	uint64_t value = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(plain_number(bad[i], UINT64_MAX, &value));
	assert_int_equal(value, 7);
	assert_true(plain_number(" 512\n", 512, &value));
	assert_int_equal(value, 512);
	assert_false(plain_number("513", 512, &value));
	assert_true(plain_number("0x020000", UINT32_MAX, &value));
	assert_int_equal(value, 0x020000);
	assert_true(plain_number("0", 0, &value));
	assert_int_equal(value, 0);
	assert_true(plain_number("010", 10, &value)); /* decimal, not octal */
	assert_int_equal(value, 10);
}

static void components_are_named(void **state)
{
	char out[8];

	assert_string_equal(plain_component("../../devices/x/sda/sda1", 0, out, 8), "sda1");
	assert_string_equal(plain_component("../../devices/x/sda/sda1", 1, out, 8), "sda");
	assert_string_equal(plain_component("sda", 0, out, 8), "sda");
	assert_null(plain_component("sda", 1, out, 8));
	assert_null(plain_component("", 0, out, 8));
	assert_null(plain_component("a/", 0, out, 8));
	assert_null(plain_component("a/..", 0, out, 8));
	assert_null(plain_component("a/.", 0, out, 8));
	assert_null(plain_component("a/toolongx", 0, out, 8));
	assert_null(plain_component("/a", 9, out, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_trimmed_and_printable),
		cmocka_unit_test(text_is_cut_where_it_does_not_fit),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(components_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
