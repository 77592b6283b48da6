/* SPDX-License-Identifier: BSD-3-Clause */
/* device_list_test.c - the bound of a list, and what differs between two. One thread. */
#include "vios-core/discovery/device_list.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *device(const char *class, const char *name, int size)
{
	return json_pack("{s:s, s:s, s:i}", "class", class, "name", name, "size", size);
}

static void a_list_stops_at_its_bound(void **state)
{
	struct device_list list;
	size_t n = 0;

	assert_int_equal(device_list_init(&list), 0);
	assert_int_equal(device_list_add(&list, NULL), -ENOMEM);
	while (!list.cut && n < 100000) {
		assert_int_equal(device_list_add(&list, device("disk", "sda", 1)), 0);
		n++;
	}
	assert_true(list.cut);
	assert_int_equal(json_array_size(list.array), n - 1);
	char *text = json_dumps(list.array, JSON_COMPACT);
	assert_true(strlen(text) <= DEVICE_LIST_TEXT_MAX + 2);
	assert_true(strlen(text) > DEVICE_LIST_TEXT_MAX - 100);
	free(text);
	/* nothing smaller comes after the gap */
	assert_int_equal(device_list_add(&list, json_pack("{}")), 0);
	assert_int_equal(json_array_size(list.array), n - 1);
	device_list_fini(&list);
}

struct heard {
	char text[256];
};

static void hear(const char *what, const json_t *one, void *user)
{
	struct heard *heard = user;

	strcat(heard->text, what);
	strcat(heard->text, " ");
	strcat(heard->text, json_string_value(json_object_get(one, "name")));
	strcat(heard->text, ";");
}

static void differences_are_told(void **state)
{
	struct heard heard = {""};
	json_t *old = json_pack("[o, o, o]", device("disk", "sda", 1), device("disk", "sdb", 1),
		device("adapter", "x", 1));
	json_t *now = json_pack("[o, o, o]", device("adapter", "x", 1), device("disk", "sdb", 2),
		device("disk", "x", 1));

	assert_true(device_list_diff(old, now, hear, &heard));
	assert_non_null(strstr(heard.text, "removed sda;"));
	assert_non_null(strstr(heard.text, "changed sdb;"));
	assert_non_null(strstr(heard.text, "added x;"));
	assert_int_equal(strlen(heard.text), strlen("removed sda;changed sdb;added x;"));
	heard.text[0] = '\0';
	json_t *same = json_pack("[O, O, O]", json_array_get(now, 2), json_array_get(now, 1),
		json_array_get(now, 0));
	assert_false(device_list_diff(now, same, hear, &heard)); /* the order is no news */
	assert_string_equal(heard.text, "");
	json_decref(old);
	json_decref(now);
	json_decref(same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_stops_at_its_bound),
		cmocka_unit_test(differences_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
