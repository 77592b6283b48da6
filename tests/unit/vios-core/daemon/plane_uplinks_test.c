/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_uplinks_test.c - what a vios-netd says of its uplinks, also one that has but one. */
#include "vios-core/daemon/plane_uplinks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct plane_uplinks uplinks;

static int set_up(void **state)
{
	uplinks = (struct plane_uplinks){0};
	return 0;
}

static bool says(bool (*take)(struct plane_uplinks *, const json_t *), const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	bool changed;

	assert_non_null(json);
	changed = take(&uplinks, json);
	json_decref(json);
	return changed;
}

static void expect(const char *name, enum link_state link, enum link_state netaddr)
{
	assert_int_equal(plane_uplinks_find(&uplinks, name)->link, link);
	assert_int_equal(plane_uplinks_find(&uplinks, name)->netaddr, netaddr);
}

static void several(void **state)
{
	static const char two[] =
		"{\"uplink\":{\"name\":\"ent0\",\"link\":\"down\"},\"uplinks\":["
		"{\"name\":\"ent0\",\"link\":\"up\",\"netaddr\":null},"
		"{\"name\":\"ent1\",\"link\":\"down\",\"netaddr\":{\"state\":\"answers\"}}]}";

	expect("ent0", LINK_UNKNOWN, LINK_UNKNOWN);
	assert_true(says(plane_uplinks_status, two));
	assert_false(says(plane_uplinks_status, two));
	expect("ent0", LINK_UP, LINK_UNKNOWN);
	expect("ent1", LINK_DOWN, LINK_UP);
	assert_true(says(plane_uplinks_link, "{\"name\":\"ent1\",\"link\":\"up\"}"));
	assert_false(says(plane_uplinks_link, "{\"name\":\"ent1\",\"link\":\"up\"}"));
	expect("ent0", LINK_UP, LINK_UNKNOWN);
	expect("ent1", LINK_UP, LINK_UP);
	assert_true(says(plane_uplinks_netaddr, "{\"uplink\":\"ent0\",\"state\":\"silent\"}"));
	expect("ent0", LINK_UP, LINK_DOWN);
	expect("ent1", LINK_UP, LINK_UP);
	/* One that is gone is forgotten. */
	assert_true(
		says(plane_uplinks_status, "{\"uplinks\":[{\"name\":\"ent1\",\"link\":\"up\"}]}"));
	expect("ent0", LINK_UNKNOWN, LINK_UNKNOWN);
	expect("ent1", LINK_UP, LINK_UNKNOWN);
}

static void an_older_one(void **state)
{
	assert_true(says(plane_uplinks_status,
		"{\"uplink\":{\"name\":\"ent0\",\"link\":\"up\",\"netaddr\":{\"state\":"
		"\"silent\"}}}"));
	expect("ent0", LINK_UP, LINK_DOWN);
	assert_true(says(plane_uplinks_netaddr, "{\"state\":\"answers\"}"));
	expect("ent0", LINK_UP, LINK_UP);
	assert_true(says(plane_uplinks_netaddr, "{\"state\":\"none\"}"));
	expect("ent0", LINK_UP, LINK_UNKNOWN);
}

static void rubbish(void **state)
{
	static const char *const texts[] = {"{}", "[]", "{\"name\":7,\"link\":\"up\"}",
		"{\"name\":\"\",\"link\":\"up\"}",
		"{\"name\":\"a234567890123456789012345678901234567890123456789012345678901234567\","
		"\"link\":\"up\"}",
		"{\"name\":\"ent0\",\"link\":\"sideways\"}", "{\"uplinks\":[7,null,[]]}",
		"{\"uplink\":\"\",\"state\":\"silent\"}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		says(plane_uplinks_link, texts[i]);
		says(plane_uplinks_netaddr, texts[i]);
	}
	assert_false(says(plane_uplinks_status, texts[6]));
	expect("ent0", LINK_UNKNOWN, LINK_UNKNOWN);
	/* No more than there can be. */
	for (char name[] = "{\"name\":\"a\",\"link\":\"up\"}"; name[9] <= 'z'; name[9]++)
		says(plane_uplinks_link, name);
	assert_int_equal(uplinks.n, CONFIG_VIOS_SEAS_MAX);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(several),
		TEST(an_older_one),
		TEST(rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
