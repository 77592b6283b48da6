/* SPDX-License-Identifier: BSD-3-Clause */
/* vlan_set_test.c - sets of VLANs and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/policy/vlan_set.h"

#include <errno.h>

static void text_goes_there_and_back(void **state)
{
	static const char *const texts[] = {"", "0", "1,7-9,4094-4095", "0-4095", "63-64,127"};
	char text[VLAN_SET_TEXT];
	struct vlan_set set;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(vlan_set_read(texts[i], &set), 0);
		vlan_set_write(&set, text, sizeof(text));
		assert_string_equal(text, texts[i]);
	}
	assert_int_equal(vlan_set_read("63-64,127", &set), 0);
	assert_int_equal(vlan_set_count(&set), 3);
	assert_true(vlan_set_has(&set, 127));
	assert_int_equal(vlan_set_write(&set, text, 6), 5);
	assert_string_equal(text, "63-64"); /* cut at a whole one */
}

static void the_longest_text_fits(void **state)
{
	char text[VLAN_SET_TEXT];
	struct vlan_set set = {{0}}, back;

	for (unsigned id = 0; id < VLAN_SET_IDS; id += 2)
		vlan_set_add(&set, (uint16_t)id);
	vlan_set_write(&set, text, sizeof(text));
	assert_int_equal(vlan_set_read(text, &back), 0);
	assert_true(vlan_set_equal(&set, &back));
}

static void rubbish_is_refused(void **state)
{
	static const char *const texts[] = {
		"x", "1,", ",1", "1-", "2-1", "4096", "1 2", "-1", "1--2", "00001"};
	struct vlan_set set;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(vlan_set_read(texts[i], &set), -EINVAL);
		assert_true(vlan_set_empty(&set));
	}
}

static void the_highest_are_taken_first(void **state)
{
	struct vlan_set set, high;
	char text[64];

	vlan_set_read("1-8", &set);
	high = vlan_set_highest(&set, 4);
	vlan_set_write(&high, text, sizeof(text));
	assert_string_equal(text, "5-8");
	high = vlan_set_highest(&set, 99);
	assert_true(vlan_set_equal(&set, &high));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_there_and_back),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(rubbish_is_refused),
		cmocka_unit_test(the_highest_are_taken_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
