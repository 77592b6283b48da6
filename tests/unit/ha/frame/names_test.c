/* SPDX-License-Identifier: BSD-3-Clause */
/* names_test.c - whose name an id has: who may say so, and what is forgotten when the table is
 * full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "ha/frame/names.h"
#include "vios-core/model/frame_config.h"

static struct names names;

static void frame_json_is_where_it_begins(void **state)
{
	static struct model_client clients[1] = {
		{.name = "lpar1", .n_adapters = 1, .adapters = {{.name = "eth0", .id = 7}}}};
	const struct model_frame frame = {.n_clients = 1, .clients = clients};
	const struct model_frame none = {0};

	names_init(&names, &frame);
	assert_string_equal(names_text(&names, 7), "lpar1/eth0");
	names_init(&names, &none);
	assert_null(names_text(&names, 7));
}

static void a_mux_cannot_rename(void **state)
{
	names.n = 0;
	assert_int_equal(names_learn(&names, 7, "lpar1/eth0"), 0);
	assert_int_equal(names_learn(&names, 7, "lpar1/eth0"), 0);
	assert_int_equal(names_learn(&names, 7, "lpar2/eth0"), -EEXIST);
	assert_string_equal(names_text(&names, 7), "lpar1/eth0");
	assert_int_equal(names_set(&names, 7, "lpar2/eth0"), 0); /* a viosd can */
	assert_string_equal(names_text(&names, 7), "lpar2/eth0");
	assert_int_equal(names_learn(&names, 8, "lpar2/eth0"), 0); /* the name's next bearer */
	assert_string_equal(names_text(&names, 8), "lpar2/eth0");
	assert_int_equal(names.n, 2);
}

static void too_long_a_name_is_refused(void **state)
{
	char text[NAMES_TEXT + 1];

	memset(text, 'x', NAMES_TEXT);
	text[NAMES_TEXT] = 0;
	assert_int_equal(names_learn(&names, 99, text), -ENAMETOOLONG);
	assert_null(names_text(&names, 99));
}

static void the_longest_unheard_is_forgotten(void **state)
{
	names.n = 0;
	for (uint32_t id = 1; id <= NAMES_MAX; id++)
		assert_int_equal(names_learn(&names, id, "a/b"), 0);
	assert_int_equal(names_learn(&names, 1, "a/b"), 0); /* is spoken of again */
	assert_int_equal(names_learn(&names, NAMES_MAX + 1, "c/d"), 0);
	assert_null(names_text(&names, 2));
	assert_string_equal(names_text(&names, 1), "a/b");
	assert_string_equal(names_text(&names, NAMES_MAX + 1), "c/d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_json_is_where_it_begins),
		cmocka_unit_test(a_mux_cannot_rename),
		cmocka_unit_test(too_long_a_name_is_refused),
		cmocka_unit_test(the_longest_unheard_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
