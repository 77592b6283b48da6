/* SPDX-License-Identifier: BSD-3-Clause */
/* select_test.c - the table of a path's life, cell by cell. */
#include "ha/mux/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_cell_is_set(void **state)
{
	for (enum select_phase p = 0; p < SELECT_PHASE_END; p++) {
		for (enum select_event e = 0; e < SELECT_EVENT_END; e++) {
			struct select_step s = select_step(p, e);

			assert_int_not_equal(s.action, SELECT_UNSET);
			assert_in_range(s.next, 0, SELECT_PHASE_END - 1);
			if (s.action == SELECT_BUG)
				assert_int_equal(s.next, p);
		}
		assert_non_null(adapter_phase_name(select_told(p)));
		assert_int_equal(select_told(p) == ADAPTER_PHASE_LIVE, p == SELECT_LIVE);
	}
}

/* Out of the phases that own the rings lead proofs alone, and into them START alone. */
static void only_proofs_end_ownership(void **state)
{
	for (enum select_phase p = 0; p < SELECT_PHASE_END; p++) {
		for (enum select_event e = 0; e < SELECT_EVENT_END; e++) {
			struct select_step s = select_step(p, e);

			if (select_owns(p) && !select_owns(s.next))
				assert_true(e == SELECT_STOPPED || e == SELECT_RELEASED ||
					    e == SELECT_DIED);
			if (!select_owns(p) && select_owns(s.next))
				assert_int_equal(e, SELECT_START);
		}
	}
	assert_int_equal(select_step(SELECT_LIVE, SELECT_RELEASED).next, SELECT_LIVE);
	assert_int_equal(select_step(SELECT_STOPPING, SELECT_RELEASED).next, SELECT_STOPPING);
	assert_int_equal(select_step(SELECT_LOST, SELECT_STOPPED).next, SELECT_LOST);
}

/* Whatever costs a path its connection also closes ours. */
static void leaving_closes(void **state)
{
	const enum select_event ends[] = {
		SELECT_BROKEN, SELECT_HUNG_UP, SELECT_CONTROL_LOST, SELECT_DIED, SELECT_FORGET};

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		for (enum select_phase p = SELECT_GREETING; p <= SELECT_STOPPING; p++) {
			struct select_step s = select_step(p, ends[i]);

			if (s.action == SELECT_BUG || s.next == p)
				continue;
			assert_true(s.action == SELECT_CLOSE || s.action == SELECT_CLOSE_ASK);
			assert_int_equal(s.action == SELECT_CLOSE_ASK, s.next == SELECT_LOST);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_set),
		cmocka_unit_test(only_proofs_end_ownership),
		cmocka_unit_test(leaving_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
