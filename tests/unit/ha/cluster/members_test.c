// SPDX-License-Identifier: BSD-3-Clause
/* members_test.c - who is in the group, by every order of joins, leaves and deaths. */
#include "ha/cluster/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct members members;
static const struct member self = {1, 100};

static int setup(void **state)
{
	memset(&members, 0, sizeof(members));
	return 0;
}

static void test_nobody_knows_without_the_group(void **state)
{
	assert_int_equal(members_state(&members, 1), MEMBER_UNKNOWN);
	assert_int_equal(members_state(&members, 2), MEMBER_UNKNOWN);
}

static void test_views(void **state)
{
	static const struct member both[] = {{1, 100}, {2, 200}};

	members_view(&members, both, 1, self);
	assert_true(members.joined);
	assert_int_equal(members_state(&members, 2), MEMBER_OFFLINE);
	members_view(&members, both, 2, self);
	assert_int_equal(members_state(&members, 2), MEMBER_ONLINE);
	members_disconnect(&members);
	assert_int_equal(members_state(&members, 2), MEMBER_UNKNOWN);
}

/* The view that tells of our own departure, or of a group that we have not joined yet. */
static void test_a_view_without_us_tells_nothing(void **state)
{
	static const struct member others[] = {{2, 200}, {1, 99}};

	members_view(&members, others, 2, self);
	assert_false(members.joined);
	assert_int_equal(members_state(&members, 2), MEMBER_UNKNOWN);
}

static void test_two_processes_of_a_node(void **state)
{
	static const struct member three[] = {{1, 100}, {2, 200}, {2, 201}};
	static const struct member two[] = {{1, 100}, {2, 201}};

	members_view(&members, three, 3, self);
	assert_int_equal(members_state(&members, 2), MEMBER_ONLINE);
	members_view(&members, two, 2, self);
	assert_int_equal(members_state(&members, 2), MEMBER_ONLINE);
}

static void test_more_than_fit(void **state)
{
	struct member many[MEMBERS_MAX + 10];

	for (unsigned i = 0; i < MEMBERS_MAX + 10; i++)
		many[i] = (struct member){i + 1, 100};
	members_view(&members, many, MEMBERS_MAX + 10, self);
	assert_int_equal(members.n, MEMBERS_MAX);
	assert_true(members.joined);
}

static void test_rubbish_is_logged_once_a_stay(void **state)
{
	static const struct member both[] = {{1, 100}, {2, 200}};

	members_view(&members, both, 2, self);
	assert_true(members_rubbish(&members, 2));
	assert_false(members_rubbish(&members, 2));
	assert_true(members_rubbish(&members, 1));
	members_view(&members, both, 1, self);
	members_view(&members, both, 2, self);
	assert_true(members_rubbish(&members, 2));
	assert_false(members_rubbish(&members, 1));
	assert_int_equal(members.rubbish, 5);
	/* Node ids that no one could have fill the list, and nothing else. */
	for (uint32_t i = 0; i < 2 * MEMBERS_MAX; i++)
		members_rubbish(&members, 1000 + i);
	assert_int_equal(members.n_rubbish_logged, MEMBERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nobody_knows_without_the_group, setup),
		cmocka_unit_test_setup(test_views, setup),
		cmocka_unit_test_setup(test_a_view_without_us_tells_nothing, setup),
		cmocka_unit_test_setup(test_two_processes_of_a_node, setup),
		cmocka_unit_test_setup(test_more_than_fit, setup),
		cmocka_unit_test_setup(test_rubbish_is_logged_once_a_stay, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
