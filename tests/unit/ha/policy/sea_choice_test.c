/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_choice_test.c - who should have a VLAN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/policy/sea_choice.h"

static struct sea_side side(enum sea_mode mode, uint32_t priority, enum sea_uplink uplink)
{
	return (struct sea_side){mode, priority, true, uplink, uplink == SEA_UPLINK_WELL};
}

/* Does a holder like this give all to the other one? */
static bool gives(struct sea_side holder, struct sea_side other)
{
	return sea_choice_gives_all(&holder, &other, true, false);
}

static void a_dead_uplink_gives_to_any_that_is_not(void **state)
{
	const struct sea_side dead = side(SEA_AUTO, 1, SEA_UPLINK_DEAD);

	assert_true(gives(dead, side(SEA_STANDBY, 9, SEA_UPLINK_HEALING)));
	assert_false(gives(dead, side(SEA_AUTO, 9, SEA_UPLINK_DEAD)));
	assert_false(gives(side(SEA_STANDBY, 9, SEA_UPLINK_HEALING), dead));
}

static void the_mode_holds_at_once(void **state)
{
	const struct sea_side holder = side(SEA_STANDBY, 1, SEA_UPLINK_WELL);
	const struct sea_side other = side(SEA_AUTO, 9, SEA_UPLINK_HEALING);

	assert_true(sea_choice_gives_all(&holder, &other, true, true));
	assert_false(sea_choice_gives_all(&other, &holder, true, true));
}

static void the_priority_holds_when_all_is_well_and_failback_is_wanted(void **state)
{
	const struct sea_side holder = side(SEA_AUTO, 2, SEA_UPLINK_WELL);
	struct sea_side other = side(SEA_AUTO, 1, SEA_UPLINK_WELL);

	assert_true(sea_choice_gives_all(&holder, &other, true, false));
	assert_false(sea_choice_gives_all(&holder, &other, true, true));
	other.settled = false;
	assert_false(gives(holder, other));
	assert_false(gives(holder, side(SEA_AUTO, 1, SEA_UPLINK_HEALING)));
	assert_false(gives(holder, side(SEA_AUTO, 2, SEA_UPLINK_WELL))); /* the first one has it */
}

static void one_that_is_disabled_has_no_part(void **state)
{
	const struct sea_side off = side(SEA_DISABLED, 1, SEA_UPLINK_WELL);
	const struct sea_side off_too = side(SEA_DISABLED, 2, SEA_UPLINK_WELL);
	const struct sea_side on = side(SEA_STANDBY, 9, SEA_UPLINK_DEAD);

	assert_int_equal(sea_choice_worth(&off, &on, true), SEA_WORTHLESS);
	assert_true(gives(off, on));
	assert_false(gives(on, off));
	assert_int_equal(sea_choice_worth(&off, NULL, true), SEA_WORTH_WELL); /* it is alone */
	/* Both: the one ahead has all, and nothing moves. */
	assert_int_equal(sea_choice_worth(&off, &off_too, false), SEA_WORTH_WELL);
	assert_int_equal(sea_choice_worth(&off_too, &off, true), SEA_WORTHLESS);
}

static void only_two_that_share_share(void **state)
{
	const struct sea_side a = side(SEA_SHARING, 1, SEA_UPLINK_WELL);
	const struct sea_side b = side(SEA_SHARING, 2, SEA_UPLINK_HEALING);
	const struct sea_side c = side(SEA_AUTO, 2, SEA_UPLINK_WELL);
	const struct sea_side d = side(SEA_SHARING, 2, SEA_UPLINK_DEAD);

	assert_true(sea_choice_share(&a, &b));
	assert_false(gives(b, a));
	assert_false(sea_choice_share(&a, &c));
	assert_false(sea_choice_share(&a, &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_uplink_gives_to_any_that_is_not),
		cmocka_unit_test(the_mode_holds_at_once),
		cmocka_unit_test(the_priority_holds_when_all_is_well_and_failback_is_wanted),
		cmocka_unit_test(one_that_is_disabled_has_no_part),
		cmocka_unit_test(only_two_that_share_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
