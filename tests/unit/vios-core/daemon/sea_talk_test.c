/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_talk_test.c - a SEA's role as it is configured, told to the peer and shown. */
#include "vios-core/daemon/sea_talk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vios-core/model/config_fixture.h"

#define ADVERT                                                                                     \
	"{\"name\": \"sea0\", \"state\": \"PRIMARY_SH\", \"seq\": 7, \"heard\": 6, \"ask\": "      \
	"true, "                                                                                   \
	"\"ha_mode\": \"sharing\", \"priority\": 2, \"serving\": true, \"uplink\": \"healing\", "  \
	"\"settled\": false, \"primary\": \"1,10-12\", \"granted\": \"20\"}"

static void an_advert_goes_there_and_back(void **state)
{
	json_t *told = json_loads(ADVERT, 0, NULL), *again;
	struct sea_advert advert;
	const char *name;

	assert_int_equal(sea_talk_read(told, &name, &advert), 0);
	assert_int_equal(advert.state, SEA_PRIMARY_SH);
	assert_int_equal(advert.side.uplink, SEA_UPLINK_HEALING);
	assert_true(vlan_set_has(&advert.mine, 11) && vlan_set_has(&advert.granted, 20));
	again = sea_talk_json(name, &advert);
	assert_true(json_equal(told, again));
	json_decref(again);
	json_decref(told);
}

static void one_that_lacks_or_twists_a_member_is_refused(void **state)
{
	static const char *const names[] = {"name", "state", "seq", "heard", "ha_mode", "priority",
		"uplink", "primary", "granted"};
	struct sea_advert advert;
	const char *name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *told = json_loads(ADVERT, 0, NULL);

		json_object_del(told, names[i]);
		assert_int_equal(sea_talk_read(told, &name, &advert), -EINVAL);
		json_object_set_new(told, names[i], json_integer(-1));
		assert_int_equal(sea_talk_read(told, &name, &advert), -EINVAL);
		json_object_set_new(told, names[i], json_string("\x1b[2J"));
		assert_int_equal(sea_talk_read(told, &name, &advert), -EINVAL);
		json_decref(told);
	}
}

static void the_configuration_is_the_rules(void **state)
{
	static const char ops[] =
		"[{'op': 'set', 'kind': 'sea', 'name': 'sea0', 'attrs': {'vlans': [10, 20], "
		"'health_time': 5, 'link_time': 2, 'sides': {'vios1': {'ha_mode': 'standby'}, "
		"'vios2': {'priority': 9, 'netaddr': '10.0.0.1,10.0.0.2'}}}}]";
	struct config *config = change(small_state(), ops);
	const struct config_sea *sea = sea_talk_find(config, "vios2");

	assert_non_null(sea);
	struct sea_rules rules = sea_talk_rules(sea, "vios2", false);

	assert_true(rules.paired);
	assert_int_equal(rules.mode[0], SEA_AUTO);
	assert_int_equal(rules.mode[1], SEA_STANDBY);
	assert_int_equal(rules.priority[0], 9);
	assert_int_equal(rules.priority[1], 1);
	assert_int_equal(vlan_set_count(&rules.vlans), 3);
	assert_int_equal(rules.health.health_ns, UINT64_C(5000000000));
	assert_int_equal(rules.health.link_ns, UINT64_C(2000000000));
	assert_int_equal(rules.n_targets, 1); /* all of them together, and at once */
	assert_int_equal(rules.health.misses, 1);
	assert_int_equal(sea_talk_rules(sea, "vios1", true).n_targets, 0);
	assert_null(sea_talk_find(config, "vios3"));
	config_free(config);
}

static void what_is_shown_is_what_it_bridges(void **state)
{
	struct sea_rules rules = {.start_ns = 0};
	struct sea_policy policy;
	struct sea_out out;
	json_t *shown;

	vlan_set_read("1,5-8", &rules.vlans);
	sea_policy_init(&policy, &rules, 1, 1);
	shown = sea_talk_shown(&policy);
	assert_string_equal(json_string_value(json_object_get(shown, "bridge_mode")), "None");
	json_decref(shown);
	sea_policy_serving(&policy, true);
	sea_policy_link(&policy, true, 1);
	sea_policy_step(&policy, 1, &out);
	shown = sea_talk_shown(&policy);
	assert_string_equal(json_string_value(json_object_get(shown, "state")), "PRIMARY");
	assert_string_equal(json_string_value(json_object_get(shown, "bridge_mode")), "All");
	assert_string_equal(json_string_value(json_object_get(shown, "primary")), "1,5-8");
	assert_int_equal(json_integer_value(json_object_get(shown, "became_primary")), 1);
	json_decref(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_advert_goes_there_and_back),
		cmocka_unit_test(one_that_lacks_or_twists_a_member_is_refused),
		cmocka_unit_test(the_configuration_is_the_rules),
		cmocka_unit_test(what_is_shown_is_what_it_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
