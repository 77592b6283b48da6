/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_role_test.c - the table of states is complete, and says what must hold of every state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/policy/sea_role.h"

#include <errno.h>
#include <string.h>

static void every_cell_is_set(void **state)
{
	for (unsigned s = 0; s < SEA_STATES; s++) {
		for (unsigned e = 0; e < SEA_EVENTS; e++) {
			const struct sea_cell *cell = sea_role_cell(s, e);

			assert_int_equal(cell->set, 1);
			assert_true(cell->next < SEA_STATES);
			assert_true(cell->report < SEA_REPORTS);
		}
	}
}

static void what_decides_alone_decides_in_every_state(void **state)
{
	for (unsigned s = 0; s < SEA_STATES; s++) {
		assert_int_equal(sea_role_cell(s, SEA_OUT)->next, SEA_INIT);
		assert_int_equal(sea_role_cell(s, SEA_DEAD)->next, SEA_LIMBO);
		assert_int_equal(sea_role_cell(s, SEA_HEAL)->next, SEA_UNHEALTHY);
		assert_int_equal(sea_role_cell(s, SEA_HOLD)->next, SEA_PRIMARY);
		assert_int_equal(sea_role_cell(s, SEA_SHARE)->next, SEA_PRIMARY_SH);
		assert_int_equal(sea_role_cell(s, SEA_SHARE_TOO)->next, SEA_BACKUP_SH);
		assert_int_not_equal(sea_role_cell(s, SEA_GIVE)->next, SEA_PRIMARY);
	}
}

static void nothing_is_reported_of_a_state_that_stays(void **state)
{
	static const enum sea_event stays[SEA_STATES] = {
		[SEA_INIT] = SEA_WAIT,
		[SEA_PRIMARY] = SEA_HOLD,
		[SEA_BACKUP] = SEA_IDLE,
		[SEA_PRIMARY_SH] = SEA_SHARE,
		[SEA_BACKUP_SH] = SEA_SHARE_TOO,
		[SEA_RECOVERY] = SEA_RETURN,
		[SEA_NOTIFY] = SEA_GIVE,
		[SEA_LIMBO] = SEA_DEAD,
		[SEA_UNHEALTHY] = SEA_HEAL,
	};

	for (unsigned s = 0; s < SEA_STATES; s++) {
		assert_int_equal(sea_role_cell(s, stays[s])->next, s);
		for (unsigned e = 0; e < SEA_EVENTS; e++)
			if (sea_role_cell(s, e)->next == s)
				assert_int_equal(sea_role_cell(s, e)->report, SEA_QUIET);
	}
}

static void names_are_those_of_the_original(void **state)
{
	enum sea_state back;

	for (unsigned s = 0; s < SEA_STATES; s++) {
		assert_int_equal(sea_state_parse(sea_state_name(s), &back), 0);
		assert_int_equal(back, s);
	}
	assert_string_equal(sea_state_name(SEA_BACKUP_SH), "BACKUP_SH");
	assert_string_equal(sea_report_name(SEA_TO_LIMBO), "SWITCHING TO LIMBO STATE");
	assert_int_equal(sea_state_parse("STANDBY", &back), -EINVAL);
	assert_int_equal(sea_state_parse(NULL, &back), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_set),
		cmocka_unit_test(what_decides_alone_decides_in_every_state),
		cmocka_unit_test(nothing_is_reported_of_a_state_that_stays),
		cmocka_unit_test(names_are_those_of_the_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
