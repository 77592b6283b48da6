/* SPDX-License-Identifier: BSD-3-Clause */
/* subscribers_test.c - who wants to hear of what, and that nobody can crowd the others out. */
#include "vios-core/daemon/subscribers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct subscribers s;
static char conns[SUBSCRIBERS_MAX + 1]; /* their addresses are connections */

static int fresh(void **state)
{
	memset(&s, 0, sizeof(s));
	return 0;
}

static const char *set(size_t conn, const char *json)
{
	json_t *topics = json_loads(json, JSON_DECODE_ANY, NULL);
	const char *fault;

	assert_true(topics || strcmp(json, "") == 0);
	fault = subscribers_set(&s, &conns[conn], topics);
	json_decref(topics);
	return fault;
}

static bool wants(size_t conn, const char *topic)
{
	return subscribers_want(&s, &conns[conn], subscribers_topic(topic));
}

static void topics_have_a_bit_each(void **state)
{
	static const char *const words[] = {"config", "status", "devices", "log"};
	unsigned all = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned bit = subscribers_topic(words[i]);

		assert_true(bit != 0 && (bit & (bit - 1)) == 0 && (all & bit) == 0);
		all |= bit;
	}
	assert_int_equal(subscribers_topic("Config"), 0);
	assert_int_equal(subscribers_topic("conf"), 0);
	assert_int_equal(subscribers_topic("logs"), 0);
	assert_int_equal(subscribers_topic(""), 0);
	assert_int_equal(subscribers_topic(NULL), 0);
}

static void each_hears_what_it_asked_for(void **state)
{
	assert_null(set(0, "[\"config\", \"log\"]"));
	assert_null(set(1, "[\"status\"]"));
	assert_true(wants(0, "config") && wants(0, "log"));
	assert_false(wants(0, "status") || wants(0, "devices"));
	assert_true(wants(1, "status"));
	assert_false(wants(1, "config"));
	assert_false(wants(2, "config")); /* has never asked */
	assert_false(wants(0, "nothing"));
}

static void the_last_word_counts(void **state)
{
	assert_null(set(0, "[\"config\"]"));
	assert_null(set(0, "[\"devices\"]"));
	assert_false(wants(0, "config"));
	assert_true(wants(0, "devices"));
	assert_null(set(0, "[]"));
	assert_false(wants(0, "devices"));
	assert_int_equal(s.n, 1);
}

/* What is refused changes nothing. */
static void rubbish_is_refused(void **state)
{
	static const char *const rubbish[] = {"", "null", "\"config\"", "{}", "7", "[7]", "[null]",
		"[\"config\", \"weather\"]", "[[\"config\"]]", "[\"\"]"};

	assert_null(set(0, "[\"status\"]"));
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		assert_non_null(strstr(set(0, rubbish[i]), "topics: "));
		assert_non_null(strstr(set(1, rubbish[i]), "topics: "));
		assert_true(wants(0, "status"));
		assert_false(wants(0, "config") || wants(1, "config"));
		assert_int_equal(s.n, 1);
	}
}

static void a_full_list_serves_those_in_it(void **state)
{
	for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
		assert_null(set(i, "[\"config\"]"));
	assert_non_null(strstr(set(SUBSCRIBERS_MAX, "[\"config\"]"), "too many"));
	assert_false(wants(SUBSCRIBERS_MAX, "config"));
	assert_null(set(3, "[\"log\"]"));
	assert_true(wants(3, "log"));
	subscribers_drop(&s, &conns[5]);
	assert_null(set(SUBSCRIBERS_MAX, "[\"config\"]"));
	assert_true(wants(SUBSCRIBERS_MAX, "config"));
}

static void who_is_dropped_hears_nothing(void **state)
{
	for (size_t i = 0; i < 3; i++)
		assert_null(set(i, i == 1 ? "[\"log\"]" : "[\"config\"]"));
	subscribers_drop(&s, &conns[0]);
	subscribers_drop(&s, &conns[0]);
	assert_false(wants(0, "config"));
	assert_true(wants(1, "log") && !wants(1, "config"));
	assert_true(wants(2, "config") && !wants(2, "log"));
	assert_int_equal(s.n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(topics_have_a_bit_each, fresh),
		cmocka_unit_test_setup(each_hears_what_it_asked_for, fresh),
		cmocka_unit_test_setup(the_last_word_counts, fresh),
		cmocka_unit_test_setup(rubbish_is_refused, fresh),
		cmocka_unit_test_setup(a_full_list_serves_those_in_it, fresh),
		cmocka_unit_test_setup(who_is_dropped_hears_nothing, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
