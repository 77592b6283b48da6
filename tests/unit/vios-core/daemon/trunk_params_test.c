/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_params_test.c - what netd is told of the trunk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "vios-core/daemon/trunk_params.h"

static void is_told(const char *claims, const char *text)
{
	struct vlan_set set;
	json_t *params;
	char *told;

	if (claims)
		assert_int_equal(vlan_set_read(claims, &set), 0);
	params = trunk_params("/run/x/left/trunk.sock", true, claims ? &set : NULL);
	told = json_dumps(params, JSON_SORT_KEYS | JSON_COMPACT);
	assert_string_equal(told, text);
	free(told);
	json_decref(params);
}

static void test_claims(void **state)
{
	is_told("1,7-9,4094", "{\"primary\":[1,7,8,9,4094],\"server\":true,"
			      "\"socket\":\"/run/x/left/trunk.sock\"}");
	is_told("", "{\"primary\":[],\"server\":true,\"socket\":\"/run/x/left/trunk.sock\"}");
	/* These two are no VLANs. */
	is_told("0,4095", "{\"primary\":[],\"server\":true,\"socket\":\"/run/x/left/trunk.sock\"}");
}

static void test_not_known_yet(void **state)
{
	is_told(NULL, "{\"primary\":null,\"server\":true,\"socket\":\"/run/x/left/trunk.sock\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_not_known_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
