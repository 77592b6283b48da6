/* SPDX-License-Identifier: BSD-3-Clause */
/* netd_params_test.c - VLANs and limits of the state as vios-netd is told of them, in each VIOS. */
#include "vios-core/daemon/netd_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vios-core/model/config_fixture.h"

static json_t *rules(struct config *config, const char *vios)
{
	json_t *all = netd_params_rules(config, vios);

	assert_non_null(all);
	config_free(config);
	return all;
}

static json_t *uplink_at(const json_t *all, size_t i)
{
	return json_array_get(json_object_get(all, "uplinks"), i);
}

static void expect(const json_t *all, const char *adapter, const char *text)
{
	json_t *from = adapter ? json_object_get(json_object_get(all, "adapters"), adapter)
			       : json_copy(uplink_at(all, 0));
	char *got;

	if (!adapter) { /* what they are called stands in two_seas() */
		json_object_del(from, "name");
		json_object_del(from, "devargs");
	}
	got = json_dumps(from, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(got, text);
	free(got);
	if (!adapter)
		json_decref(from);
}

static void what_nobody_has_set(void **state)
{
	json_t *all = rules(small_state(), "vios1");

	expect(all, "lpar1/eth0",
		"{\"allowed_ips\":[],\"own_mac_only\":false,\"pvid\":1,\"recv_burst_kib\":0,"
		"\"recv_kbit_s\":0,\"send_burst_kib\":0,\"send_kbit_s\":0,"
		"\"storm_per_s\":10000,\"uplink_weight\":10,\"vlans\":[]}");
	expect(all, NULL,
		"{\"large_receive\":false,\"multicast_snooping\":true,\"pvid\":1,\"send_burst_"
		"kib\":0,"
		"\"send_kbit_s\":0,\"storm_per_s\":0,\"vlans\":[]}");
	json_decref(all);
}

/* On one side; the other one's real adapter is a device of its own. */
static void an_aggregation(void **state)
{
	static const char ops[] =
		"[{'op':'add','kind':'physical','name':'vios1/ent8','attrs':{'devargs':'b'}},"
		"{'op':'add','kind':'physical','name':'vios1/"
		"ent7','attrs':{'devargs':'a,iface=x'}},"
		"{'op':'add','kind':'physical','name':'vios1/ent9','attrs':{'type':'aggregation',"
		"'members':['ent8','ent7'],'mode':'8023ad'}},"
		"{'op':'set','kind':'sea','name':'sea0','attrs':{'sides':{'vios1':{'real_adapter':"
		"'ent9'}}}}]";
	json_t *all = rules(change(small_state(), ops), "vios1");
	char *got = json_dumps(
		json_object_get(uplink_at(all, 0), "aggregation"), JSON_COMPACT | JSON_SORT_KEYS);

	assert_non_null(got);
	assert_string_equal(got, "{\"members\":[{\"devargs\":\"a,iface=x\",\"name\":\"ent7\"},"
				 "{\"devargs\":\"b\",\"name\":\"ent8\"}],\"mode\":\"8023ad\"}");
	free(got);
	json_decref(all);
	all = rules(change(small_state(), ops), "vios2");
	assert_null(json_object_get(uplink_at(all, 0), "aggregation"));
	json_decref(all);
}

/* Each has its own uplink; one without an adapter on this side is not there. */
static void two_seas(void **state)
{
	static const char ops[] =
		"[{'op':'add','kind':'physical','name':'vios1/ent7','attrs':{'devargs':'b'}},"
		"{'op':'add','kind':'physical','name':'vios1/ent8','attrs':{'type':'aggregation',"
		"'members':['ent7']}},"
		"{'op':'add','kind':'sea','name':'sea1','attrs':{'pvid':7,'vlans':[30],'trunk':"
		"true,"
		"'sides':{'vios1':{'real_adapter':'ent8'}}}}]";
	json_t *all = rules(change(small_state(), ops), "vios1"), *one;

	assert_int_equal(json_array_size(json_object_get(all, "uplinks")), 2);
	one = uplink_at(all, 0);
	assert_string_equal(json_string_value(json_object_get(one, "name")), "ent0");
	assert_int_equal(json_integer_value(json_object_get(one, "pvid")), 1);
	one = uplink_at(all, 1);
	assert_string_equal(json_string_value(json_object_get(one, "name")), "ent8");
	assert_string_equal(
		json_string_value(json_object_get(one, "devargs")), CONFIG_AGGREGATION_DEVARGS);
	assert_int_equal(json_integer_value(json_object_get(one, "pvid")), 7);
	assert_true(json_is_object(json_object_get(one, "aggregation")));
	assert_true(json_is_true(json_object_get(all, "trunk"))); /* one of them wants it */
	json_decref(all);
	all = rules(change(small_state(), ops), "vios2");
	assert_int_equal(json_array_size(json_object_get(all, "uplinks")), 1);
	assert_false(json_is_true(json_object_get(all, "trunk")));
	json_decref(all);
}

static void what_is_set(void **state)
{
	static const char ops[] =
		"[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': {'pvid': 10, "
		"'vlans': [20, 30], 'own_mac_only': true, 'storm_per_s': 7, 'send_kbit_s': 1, "
		"'send_burst_kib': 2, 'recv_kbit_s': 32000000, 'recv_burst_kib': 4, "
		"'uplink_weight': 100, 'allowed_ips': ['FD00::0:5', '10.0.0.5', '10.0.0.4']}},"
		"{'op': 'set', 'kind': 'sea', 'name': 'sea0', 'attrs': {'pvid': 4094, 'vlans': "
		"[10, 20], 'storm_per_s': 50000, 'send_kbit_s': 5, 'send_burst_kib': 6, "
		"'multicast_snooping': false, 'large_receive': true}}]";

	for (int i = 1; i <= 2; i++) {
		json_t *all = rules(change(small_state(), ops), i == 1 ? "vios1" : "vios2");

		expect(all, "lpar1/eth0",
			"{\"allowed_ips\":[\"10.0.0.4\",\"10.0.0.5\",\"fd00::5\"],\"own_mac_only\":"
			"true,\"pvid\":10,\"recv_burst_kib\":4,\"recv_kbit_s\":32000000,"
			"\"send_burst_kib\":2,\"send_kbit_s\":1,\"storm_per_s\":7,"
			"\"uplink_weight\":100,\"vlans\":[20,30]}");
		expect(all, NULL,
			"{\"large_receive\":true,\"multicast_snooping\":false,\"pvid\":4094,\"send_"
			"burst_kib\":6,"
			"\"send_kbit_s\":5,\"storm_per_s\":50000,\"vlans\":[10,20]}");
		json_decref(all);
	}
}

/* Each side asks its own. */
static void whom_a_side_asks(void **state)
{
	static const char ops[] =
		"[{'op': 'set', 'kind': 'sea', 'name': 'sea0', 'attrs': {'sides': {'vios1': "
		"{'netaddr': 'FD00::1,10.0.0.2,10.0.0.1'}, 'vios2': {'netaddr': '10.0.0.3', "
		"'netaddr_interval': 50, 'netaddr_misses': 7}}}}]";
	static const char *const texts[] = {
		"{\"large_receive\":false,\"multicast_snooping\":true,\"netaddr\":[\"10.0.0.1\","
		"\"10.0.0.2\","
		"\"fd00::1\"],\"netaddr_interval\":1000,\"netaddr_misses\":3,\"pvid\":1,"
		"\"send_burst_kib\":0,\"send_kbit_s\":0,\"storm_per_s\":0,\"vlans\":[]}",
		"{\"large_receive\":false,\"multicast_snooping\":true,\"netaddr\":[\"10.0.0.3\"],"
		"\"netaddr_interval\":50,\"netaddr_misses\":7,\"pvid\":1,"
		"\"send_burst_kib\":0,\"send_kbit_s\":0,\"storm_per_s\":0,\"vlans\":[]}"};

	for (int i = 0; i < 2; i++) {
		json_t *all = rules(change(small_state(), ops), i == 0 ? "vios1" : "vios2");

		expect(all, NULL, texts[i]);
		json_decref(all);
	}
}

/* One address, as ever: older versions read it. */
static void what_older_versions_read(void **state)
{
	static const char *const sides[] = {"'netaddr': '10.0.0.1'",
		"'netaddr': '10.0.0.1,10.0.0.2'", "'netaddr_interval': 999", "'netaddr_misses': 4"};

	for (int i = 0; i < 4; i++) {
		char ops[256];
		struct config *config;

		snprintf(ops, sizeof(ops),
			"[{'op': 'set', 'kind': 'sea', 'name': 'sea0', 'attrs': {'sides': "
			"{'vios2': {%s}}}}]",
			sides[i]);
		config = change(small_state(), ops);
		assert_int_equal(config->format, i == 0 ? CONFIG_FORMAT_FIRST : 3);
		config_free(config);
	}
}

static void a_vios_without_a_sea(void **state)
{
	json_t *all = rules(small_state(), "vios9");

	assert_int_equal(json_array_size(json_object_get(all, "uplinks")), 0);
	json_decref(all);
}

/* Old versions can read a state that says nothing of them. */
static void left_out_of_the_text(void **state)
{
	struct config *config = small_state();
	size_t n;
	char *text;

	assert_int_equal(config->format, CONFIG_FORMAT_FIRST);
	text = config_text(config, &n);
	assert_null(strstr(text, "own_mac_only"));
	assert_null(strstr(text, "storm_per_s"));
	assert_null(strstr(text, "kbit"));
	assert_null(strstr(text, "burst"));
	assert_null(strstr(text, "weight"));
	assert_null(strstr(text, "members"));
	assert_null(strstr(text, "mode\":\"active"));
	free(text);
	config = change(config, "[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': "
				"{'storm_per_s': 0}}]");
	assert_int_equal(config->format, 3);
	text = config_text(config, &n);
	assert_non_null(strstr(text, "\"storm_per_s\":0"));
	assert_null(strstr(text, "own_mac_only"));
	free(text);
	config = change(config, "[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': "
				"{'storm_per_s': 10000, 'own_mac_only': true}}]");
	assert_int_equal(config->format, 3);
	config = change(config, "[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': "
				"{'own_mac_only': false}}]");
	assert_int_equal(config->format, CONFIG_FORMAT_FIRST);
	config = change(config, "[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': "
				"{'allowed_ips': ['10.0.0.5']}}]");
	assert_int_equal(config->format, 3);
	config = change(config, "[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': "
				"{'allowed_ips': []}}, {'op': 'set', 'kind': 'sea', 'name': "
				"'sea0', 'attrs': {'multicast_snooping': false}}]");
	assert_int_equal(config->format, 3);
	text = config_text(config, &n);
	assert_null(strstr(text, "allowed_ips"));
	assert_non_null(strstr(text, "\"multicast_snooping\":false"));
	free(text);
	config = change(config, "[{'op': 'set', 'kind': 'sea', 'name': 'sea0', 'attrs': "
				"{'send_kbit_s': 1}}]");
	assert_int_equal(config->format, 3);
	config = change(config, "[{'op': 'set', 'kind': 'sea', 'name': 'sea0', 'attrs': "
				"{'send_kbit_s': 0}}, {'op': 'set', 'kind': 'veth', 'name': "
				"'lpar1/eth0', 'attrs': {'uplink_weight': 11}}]");
	assert_int_equal(config->format, 3);
	config = change(config, "[{'op': 'set', 'kind': 'veth', 'name': 'lpar1/eth0', 'attrs': "
				"{'uplink_weight': 10}}, {'op': 'set', 'kind': 'sea', 'name': "
				"'sea0', 'attrs': {'multicast_snooping': true}}, {'op': 'add', "
				"'kind': 'physical', 'name': 'vios1/ent7', 'attrs': {'devargs': "
				"'a'}}]");
	assert_int_equal(config->format, CONFIG_FORMAT_FIRST);
	config = change(config, "[{'op': 'add', 'kind': 'physical', 'name': 'vios1/ent8', 'attrs': "
				"{'type': 'aggregation', 'members': ['ent7']}}]");
	assert_int_equal(config->format, 3);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_has_set),
		cmocka_unit_test(what_is_set),
		cmocka_unit_test(two_seas),
		cmocka_unit_test(whom_a_side_asks),
		cmocka_unit_test(what_older_versions_read),
		cmocka_unit_test(an_aggregation),
		cmocka_unit_test(a_vios_without_a_sea),
		cmocka_unit_test(left_out_of_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
