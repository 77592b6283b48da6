/* SPDX-License-Identifier: BSD-3-Clause */
/* access_test.c - who may do what: users and groups that are made up. One thread. */
#include "vios-core/daemon/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define CHANGERS 601
#define READERS 602

static const struct access both = {.self = 0,
	.has_changers = true,
	.has_readers = true,
	.changers = CHANGERS,
	.readers = READERS};

static enum access_rank rank(const struct access *access, uid_t uid, gid_t gid, gid_t more)
{
	const gid_t groups[] = {100, more, 101};

	return access_rank(access, uid, gid, groups, more ? 3 : 0);
}

static void groups_give_rank(void **state)
{
	assert_int_equal(rank(&both, 0, 0, 0), ACCESS_CHANGE);
	assert_int_equal(rank(&both, 1000, 100, CHANGERS), ACCESS_CHANGE);
	assert_int_equal(rank(&both, 1000, CHANGERS, 0), ACCESS_CHANGE);
	assert_int_equal(rank(&both, 1000, 100, READERS), ACCESS_READ);
	assert_int_equal(rank(&both, 1000, READERS, 0), ACCESS_READ);
	assert_int_equal(rank(&both, 1000, READERS, CHANGERS), ACCESS_CHANGE);
	assert_int_equal(rank(&both, 1000, 0, 0), ACCESS_NONE); /* root's group is not root */
	assert_int_equal(rank(&both, 1000, 100, 600), ACCESS_NONE);
	assert_int_equal(rank(&both, (uid_t)-1, (gid_t)-1, 0), ACCESS_NONE);
}

/* A group that is not there has no members, also none with number 0. */
static void absent_groups_give_none(void **state)
{
	const struct access none = {.self = 0};
	const struct access readers = {.has_readers = true, .readers = READERS};

	assert_int_equal(rank(&none, 0, 0, 0), ACCESS_CHANGE);
	assert_int_equal(rank(&none, 1000, 0, 0), ACCESS_NONE);
	assert_int_equal(rank(&none, 1000, CHANGERS, READERS), ACCESS_NONE);
	assert_int_equal(rank(&readers, 1000, 0, READERS), ACCESS_READ);
	assert_int_equal(rank(&readers, 1000, 0, CHANGERS), ACCESS_NONE);
	assert_false(access_is_open(&none));
	assert_true(access_is_open(&readers));
	assert_true(access_is_open(&both));
}

/* Who runs viosd could do all of it anyway. */
static void its_own_user_may_all(void **state)
{
	const struct access own = {.self = 1000};

	assert_int_equal(rank(&own, 1000, 100, 0), ACCESS_CHANGE);
	assert_int_equal(rank(&own, 0, 0, 0), ACCESS_CHANGE);
	assert_int_equal(rank(&own, 1001, 100, 0), ACCESS_NONE);
	assert_true(access_is_root(&own, 1000) && access_is_root(&own, 0));
	assert_false(access_is_root(&own, 1001));
}

static void a_refusal_says_what_to_do(void **state)
{
	const struct access none = {.self = 0};
	char why[200];

	access_denied(&both, "switch", ACCESS_CHANGE, 1000, why, sizeof(why));
	assert_string_equal(why, "switch is for root and for members of the group vios, and user "
				 "1000 is none; have it added to the group, and log in again");
	access_denied(&both, "status", ACCESS_READ, 1000, why, sizeof(why));
	assert_string_equal(why,
		"status is for root and for members of the group vios or vios-read, and user 1000 "
		"is none; have it added to the group, and log in again");
	access_denied(&none, "status", ACCESS_READ, 1000, why, sizeof(why));
	assert_string_equal(why,
		"status is for root and for members of the group vios or vios-read, and user 1000 "
		"is none; make the group, add the user, and start viosd again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_give_rank),
		cmocka_unit_test(absent_groups_give_none),
		cmocka_unit_test(its_own_user_may_all),
		cmocka_unit_test(a_refusal_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
