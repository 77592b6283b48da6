/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_params_test.c - who is to use his uplink, in every state; what netd is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vios-core/daemon/trunk_params.h"

static bool claims(bool first, enum link_state own, bool known, bool serves, enum link_state peer)
{
	return trunk_is_primary(&(struct trunk_facts){.preferred = first,
		.link = own,
		.peer_known = known,
		.peer_serves = serves,
		.peer_link = peer});
}

static void test_when_they_hear_each_other(void **state)
{
	for (enum link_state a = 0; a < LINK_N_STATES; a++)
		for (enum link_state b = 0; b < LINK_N_STATES; b++) {
			unsigned n =
				claims(true, a, true, true, b) + claims(false, b, true, true, a);

			/* One, if there is a way out at all, and it has one. */
			assert_int_equal(n, a != LINK_DOWN || b != LINK_DOWN);
			assert_false(a == LINK_DOWN && claims(true, a, true, true, b));
			assert_false(b == LINK_DOWN && claims(false, b, true, true, a));
		}
	assert_true(claims(true, LINK_UP, true, true, LINK_UP));
	assert_true(claims(false, LINK_UP, true, true, LINK_DOWN));
}

static void test_alone(void **state)
{
	assert_true(claims(false, LINK_UP, false, false, LINK_UNKNOWN));
	assert_true(claims(false, LINK_UP, true, false, LINK_UP));
	assert_false(claims(true, LINK_DOWN, false, false, LINK_UNKNOWN));
}

static void test_params(void **state)
{
	json_t *params = trunk_params("/run/x/left/trunk.sock", true, false);

	assert_string_equal(
		json_string_value(json_object_get(params, "socket")), "/run/x/left/trunk.sock");
	assert_true(json_is_true(json_object_get(params, "server")));
	assert_true(json_is_false(json_object_get(params, "primary")));
	json_decref(params);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when_they_hear_each_other),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
