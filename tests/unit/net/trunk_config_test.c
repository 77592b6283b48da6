/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_config_test.c - the trunk as it is configured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/trunk_config.h"

#define HEAD "{\"socket\": \"/run/x/trunk.sock\", \"server\": true"

static struct trunk_config config;
static char why[160];

static int reads(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);
	int rc;

	assert_non_null(object);
	memset(why, 0, sizeof(why));
	rc = trunk_config_read(object, &config, why, sizeof(why));
	json_decref(object);
	return rc;
}

static void test_none(void **state)
{
	assert_int_equal(trunk_config_read(NULL, &config, why, sizeof(why)), 0);
	assert_false(config.wanted);
}

static void test_whose_turn(void **state)
{
	assert_int_equal(reads(HEAD ", \"primary\": true}"), 0);
	assert_true(config.wanted && config.server && !config.keep);
	assert_string_equal(config.socket, "/run/x/trunk.sock");
	assert_int_equal(vlanset_count(&config.primary), 4094);
	assert_int_equal(reads(HEAD ", \"primary\": false}"), 0);
	assert_int_equal(vlanset_count(&config.primary), 0);
	assert_int_equal(reads(HEAD ", \"primary\": [1, 20, 4094, 20]}"), 0);
	assert_int_equal(vlanset_count(&config.primary), 3);
	assert_true(vlanset_has(&config.primary, 20) && vlanset_has(&config.primary, 4094));
	assert_int_equal(reads(HEAD ", \"primary\": null}"), 0);
	assert_true(config.keep);
}

static void test_refusals(void **state)
{
	static const char *const primaries[] = {
		"[0]", "[4095]", "[-1]", "[1.0]", "[\"1\"]", "[[1]]", "1", "{}", "\"1-20\""};
	char text[200];

	for (size_t i = 0; i < sizeof(primaries) / sizeof(primaries[0]); i++) {
		snprintf(text, sizeof(text), HEAD ", \"primary\": %s}", primaries[i]);
		assert_int_equal(reads(text), -EINVAL);
		assert_non_null(strstr(why, "primary"));
	}
	assert_int_equal(reads(HEAD "}"), -EINVAL);
	assert_int_equal(reads("{\"server\": true, \"primary\": true}"), -EINVAL);
	assert_int_equal(reads("{\"socket\": \"\", \"server\": true, \"primary\": true}"), -EINVAL);
	assert_int_equal(reads("{\"socket\": \"a\", \"server\": 1, \"primary\": true}"), -EINVAL);
}

static void test_too_many(void **state)
{
	json_t *list = json_array(), *object;

	for (int i = 0; i < 4095; i++)
		json_array_append_new(list, json_integer(7));
	object = json_pack("{s:s, s:b, s:O}", "socket", "a", "server", false, "primary", list);
	assert_int_equal(trunk_config_read(object, &config, why, sizeof(why)), -EINVAL);
	json_array_remove(list, 0);
	assert_int_equal(trunk_config_read(object, &config, why, sizeof(why)), 0);
	assert_int_equal(vlanset_count(&config.primary), 1);
	json_decref(object);
	json_decref(list);
}

static void test_the_socket_fits(void **state)
{
	char path[TRUNK_SOCKET_MAX + 2];
	json_t *object;

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	object = json_pack("{s:s, s:b, s:b}", "socket", path, "server", false, "primary", true);
	assert_int_equal(trunk_config_read(object, &config, why, sizeof(why)), -EINVAL);
	json_object_set_new(object, "socket", json_string(path + 1));
	assert_int_equal(trunk_config_read(object, &config, why, sizeof(why)), 0);
	assert_int_equal(strlen(config.socket), TRUNK_SOCKET_MAX);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_whose_turn),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_the_socket_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
