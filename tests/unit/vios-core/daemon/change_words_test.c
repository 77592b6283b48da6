/* SPDX-License-Identifier: BSD-3-Clause */
/* change_words_test.c - changes in a few words, sensible and hostile ones. One thread. */
#include "vios-core/daemon/change_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *ops, const char *words)
{
	json_t *json = json_loads(ops, JSON_DECODE_ANY, NULL);
	char text[CHANGE_WORDS_BYTES];

	assert_non_null(json);
	change_words(json, text);
	assert_string_equal(text, words);
	json_decref(json);
}

static void a_change_in_words(void **state)
{
	expect("[{\"op\": \"set\", \"kind\": \"sea\", \"name\": \"sea0\", \"attrs\": {}}]",
		"set sea sea0");
	expect("[{\"op\": \"add\", \"kind\": \"vhost\"},"
	       " {\"op\": \"remove\", \"kind\": \"veth\", \"name\": \"lpar1/eth0\"}]",
		"add vhost, remove veth lpar1/eth0");
	expect("[]", "");
}

static void it_stays_short(void **state)
{
	json_t *ops = json_array();
	char text[CHANGE_WORDS_BYTES], wide[1000];

	for (int i = 0; i < 1000; i++)
		json_array_append_new(ops,
			json_pack("{s:s, s:s, s:s}", "op", "add", "kind", "client", "name", "l1"));
	change_words(ops, text);
	assert_non_null(strstr(text, "add client l1, add client l1, "));
	assert_string_equal(text + strlen(text) - 10, ", 994 more");
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	json_array_clear(ops);
	json_array_append_new(ops, json_pack("{s:s}", "op", wide));
	change_words(ops, text);
	assert_string_equal(text, "1 more");
	json_decref(ops);
}

static void anything_may_come(void **state)
{
	expect("7", "");
	expect("[7, null, {\"op\": 7, \"kind\": [], \"name\": {}}]", " ,  ,  ");
	expect("[{\"op\": \"\\u001b[2J\\\"\", \"kind\": \"\\u00e4\", \"name\": \"\\n\"}]",
		"?[2J? ?? ?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_in_words),
		cmocka_unit_test(it_stays_short),
		cmocka_unit_test(anything_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
