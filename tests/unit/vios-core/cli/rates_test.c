// SPDX-License-Identifier: BSD-3-Clause
/* rates_test.c - rates of adapters from two answers of `running`. */
#include "vios-core/cli/view_rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
	json_error_t error;
	char *copy = strdup(text);

	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	json_t *json = json_loads(copy, 0, &error);
	free(copy);
	assert_non_null(json);
	return json;
}

static const char before[] =
	"{'vios': {'vios1': {'netd': {'uplink': {'name': 'ent0', 'rx_packets': 100, 'tx_bytes': 5},"
	"'adapters': [{'adapter': 'lpar1/eth0', 'tx_packets': 10, 'tx_bytes': 1000, 'rx_packets': "
	"5,"
	"'rx_bytes': 999999, 'held_times': 2, 'drops': {'runt': 1}}]}}, 'vios2': {'netd': null}}}";

static const char now[] =
	"{'vios': {'vios1': {'netd': {'uplink': {'name': 'ent0', 'rx_packets': 300, 'tx_bytes': 5},"
	"'adapters': [{'adapter': 'lpar1/eth0', 'tx_packets': 30, 'tx_bytes': 7000, 'rx_packets': "
	"3,"
	"'rx_bytes': 1000, 'held_times': 6, 'drops': {'runt': 2, 'vlan': 3}},"
	"{'adapter': 'lpar2/eth0', 'tx_packets': 1000}]}},"
	"'vios2': {'netd': {'uplink': null, 'adapters': 7}}}}";

static void expect(const json_t *records, const char *text)
{
	char *got = json_dumps(records, JSON_COMPACT | JSON_SORT_KEYS);
	json_t *wanted = parse(text);
	char *as_text = json_dumps(wanted, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(got, as_text);
	json_decref(wanted);
	free(as_text);
	free(got);
}

static void two_looks(void **state)
{
	json_t *a = parse(before), *b = parse(now);
	json_t *records = view_rates(a, b, NULL, 2000);

	/* What is lower than before has begun anew; what was not there has no rate yet. */
	expect(records,
		"[{'vios':'vios1','adapter':'ent0','tx_packets_s':0,'tx_bytes_s':0,"
		"'rx_packets_s':100,'rx_bytes_s':0,'held_times_s':0,'drops_s':0},"
		"{'vios':'vios1','adapter':'lpar1/eth0','tx_packets_s':10,'tx_bytes_s':3000,"
		"'rx_packets_s':2,'rx_bytes_s':500,'held_times_s':2,'drops_s':2},"
		"{'vios':'vios1','adapter':'lpar2/eth0','tx_packets_s':0,'tx_bytes_s':0,"
		"'rx_packets_s':0,'rx_bytes_s':0,'held_times_s':0,'drops_s':0}]");
	char *text = lay_rates(records);
	assert_string_equal(text,
		"VIOS   Adapter     Transmit pkts/s  kB/s  Receive pkts/s  kB/s  Drops/s  Held/s\n"
		"vios1  ent0        0                0.0   100             0.0   0        0\n"
		"vios1  lpar1/eth0  10               3.0   2               0.5   2        2\n"
		"vios1  lpar2/eth0  0                0.0   0               0.0   0        0\n");
	free(text);
	json_decref(records);
	json_decref(b);
	json_decref(a);
}

static void nothing_there(void **state)
{
	json_t *b = parse(now);
	json_t *records = view_rates(NULL, b, "vios2", 1000);

	expect(records, "[]");
	json_decref(records);
	records = view_rates(b, b, "vios1", 0);
	assert_int_equal(json_array_size(records), 3);
	json_decref(records);
	json_decref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_looks),
		cmocka_unit_test(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
