// SPDX-License-Identifier: BSD-3-Clause
/*
 * lnagg_test.c - link aggregations as operations: names, members that are devices yet, the SEA.
 *
 * lnagg_test DIR
 */
#include "scene.h"
#include "vios-core/cli/args.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/object.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *dir;

static const struct arg_option options[] = {
	{"-lnagg", ARG_LIST, false, "", ""},
	{"-dev", ARG_VALUE, false, "", ""},
	{"-attr", ARG_PAIRS, false, "", ""},
	{"-sea", ARG_VALUE, false, "", ""},
	{"-vadapter", ARG_LIST, false, "", ""},
	{"-default", ARG_VALUE, false, "", ""},
	{"-defaultid", ARG_NUMBER, false, "", ""},
	{NULL},
};

#define AGGREGATION(vios, name, members)                                                           \
	"{'op':'add','kind':'physical','name':'" vios "/" name                                     \
	"','attrs':{'type':'aggregation','members':[" members "]"
#define SEA_ON(vios, name)                                                                         \
	"{'op':'set','kind':'sea','name':'sea0','attrs':{'sides':{'" vios                          \
	"':{'real_adapter':'" name "'}}}}"
#define DEVICE(vios, name, number)                                                                 \
	"{'op':'add','kind':'physical','name':'" vios "/" name                                     \
	"','attrs':{'devargs':'net_af_packet" number ",iface=up1'}}"

static const struct row {
	const char *vios, *line;
	int result;
	const char *want;
} rows[] = {
	{NULL, "-lnagg ent0,ent1", 0,
		"[" AGGREGATION("vios1", "ent2", "'ent0','ent1'") "}}," SEA_ON(
			"vios1", "ent2") "]"},
	{"vios1", "-lnagg ent1 -dev ent9 -attr mode=balance-xor", 0,
		"[" AGGREGATION("vios1", "ent9", "'ent1'") ",'mode':'balance-xor'}}]"},
	/* A device of both, which is another entN on each; the aggregation has one name. */
	{NULL, "-lnagg ent0,up1 -attr mode=8023ad", 0,
		"[" DEVICE("vios1", "ent2", "1") "," AGGREGATION(
			"vios1", "ent3", "'ent0','ent2'") ",'mode':'8023ad'}}," SEA_ON("vios1",
			"ent3") "," DEVICE("vios2", "ent1", "1") "," AGGREGATION("vios2", "ent3",
			"'ent0','ent1'") ",'mode':'8023ad'}}," SEA_ON("vios2", "ent3") "]"},
	{"vios1", "-lnagg 0000:05:00.0", 0,
		"[{'op':'add','kind':'physical','name':'vios1/ent2','attrs':{'devargs':"
		"'0000:05:00.0'}}," AGGREGATION("vios1", "ent3", "'ent2'") "}}]"},
	{"vios2", "-lnagg ent0,ent1", -ENOENT, "vios2 does not have all of ent0,ent1"},
	{NULL, "-lnagg ent0,hdisk1", -ENOENT, "either VIOS does not have all of ent0,hdisk1"},
	{NULL, "-lnagg up0,up1", -ENOENT, "does not have all of"}, /* up0 is ent0 */
	{NULL, "-lnagg a,b,c,d,e,f,g,h,i", -EINVAL, "1 to 8 names"},
	{NULL, "-lnagg ent1 -attr made=8023ad", -ENOENT, "did you mean mode?"},
	/* A SEA on a device: one name on both. */
	{NULL, "-sea up1 -vadapter ent8 -default ent8 -defaultid 7", 0,
		"[" DEVICE("vios1", "ent2", "1") "," DEVICE("vios2", "ent2",
			"1") ",{'op':'add','kind':'sea','attrs':{'pvid':7,'virt_adapters':['ent8'],"
			     "'sides':{'vios1':{'real_adapter':'ent2'},'vios2':{'real_adapter':"
			     "'ent2'}}}}]"},
	{"vios2", "-sea up1 -vadapter ent8 -default ent8 -defaultid 7", 0,
		"[" DEVICE("vios2", "ent1",
			"1") ",{'op':'add','kind':'sea','attrs':{'pvid':7,'virt_adapters':['ent8'],"
			     "'sides':{'vios2':{'real_adapter':'ent1'}}}}]"},
	{NULL, "-sea up0 -vadapter ent8 -default ent8 -defaultid 7", -ENOENT,
		"up0 is no physical adapter of a VIOS"}, /* it is ent0 */
};

static void add_device(struct scene *scene, const char *vios, const char *name, bool dpdk)
{
	json_array_append_new(json_object_get(scene->facts.devices, vios),
		json_pack("{s:s, s:s, s:s, s:{s:b, s:s, s:n}}", "name", name, "class", "adapter",
			"type", "ethernet", "attrs", "dpdk", (int)dpdk, "bus", dpdk ? name : "",
			"uplink"));
}

static json_t *json_of(const char *text)
{
	char copy[2048];
	json_t *json;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(copy, 0, NULL);
	assert_non_null(json);
	return json;
}

static void run(struct scene *scene, const struct row *row)
{
	char line[256], fault[BUILD_FAULT_BYTES] = "", *rest;
	struct args args = {.verb = "test", .options = options};
	json_t *ops = json_array(), *want;
	const char *words[32];
	size_t n = 0;

	snprintf(line, sizeof(line), "%s", row->line);
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	assert_int_equal(args_parse(&args, words, n, n), 0);
	scene->facts.vios = row->vios;
	assert_int_equal((args_has(&args, "sea") ? build_sea : build_lnagg)(
				 &scene->facts, &args, ops, fault),
		row->result);
	if (row->result < 0) {
		if (!strstr(fault, row->want))
			fail_msg("%s: %s", row->line, fault);
	} else {
		want = json_of(row->want);
		if (!json_equal(ops, want))
			fail_msg("%s: %s", row->line, json_dumps(ops, JSON_COMPACT));
		json_decref(want);
	}
	json_decref(ops);
	args_free(&args);
}

static void operations(void **state)
{
	struct scene scene;

	scene_load(&scene, dir);
	add_device(&scene, "vios1", "up1", false);
	add_device(&scene, "vios2", "up1", false);
	add_device(&scene, "vios1", "0000:05:00.0", true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&scene, &rows[i]);
	scene_free(&scene);
}

static void find_words(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("no \"%s\" in %s", *words, text);
}

/* The SEA of one side is on an aggregation. */
static void what_is_shown(void **state)
{
	static const char *const shown[] = {"Device Type: EtherChannel / IEEE 802.3ad",
		"Link Status: up", "Number of adapters: 2\nOperating mode: 8023ad\n",
		"    ent0: link up, active, packets sent 7, received 8\n",
		"    ent1: link down, down, packets sent 0, received 0\n", NULL};
	char fault[VIEW_FAULT_BYTES];
	struct lsdev_ask ask = {.name = "vios1/ent7"};
	struct scene scene;
	json_t *records, *uplink;
	char *text;

	scene_load(&scene, dir);
	json_array_append_new(scene_list(&scene, "physical"),
		json_of("{'vios':'vios1','name':'ent7','type':'aggregation','devargs':'',"
			"'members':['ent0','ent1'],'mode':'8023ad'}"));
	uplink = json_object_get(
		json_object_get(json_object_get(scene.facts.running, "vios"), "vios1"), "netd");
	json_object_set_new(uplink, "uplink",
		json_of("{'name':'ent7','link':'up','aggregation':{'mode':'8023ad','members':["
			"{'name':'ent0','link':'up','state':'active','tx_packets':7,'rx_packets':8}"
			","
			"{'name':'ent1','link':'down','state':'down'}]}}"));
	records = view_lsdev(&scene.facts, &ask, fault);
	assert_int_equal(json_array_size(records), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(records, 0), "description")),
		OBJECT_AGGREGATION);
	json_decref(records);
	records = view_entstat(&scene.facts, "vios1/ent7", fault);
	assert_non_null(records);
	text = lay_entstat(records, true);
	find_words(text, shown);
	free(text);
	json_decref(records);
	records = json_array();
	assert_int_equal(build_rmvdev(&scene.facts, "vios1/ent7", NULL, records, fault), 0);
	assert_string_equal(json_string_value(json_object_get(json_array_get(records, 0), "name")),
		"vios1/ent7");
	assert_true(build_rmvdev(&scene.facts, "vios1/ent0", NULL, records, fault) < 0);
	json_decref(records);
	scene_free(&scene);
}

/* Each SEA with the counters, the link and the role of its own. */
static void two_seas(void **state)
{
	static const char *const shown[] = {"ent6", "Link Status: down", "State: LIMBO", NULL};
	char fault[VIEW_FAULT_BYTES];
	struct scene scene;
	json_t *records, *netd;
	char *text;

	scene_load(&scene, dir);
	json_array_append_new(scene_list(&scene, "sea"),
		json_of("{'name':'sea1','pvid':7,'vlans':[],'virt_adapters':[],'sides':{'vios1':{"
			"'ent':'ent6','real_adapter':'ent1','ha_mode':'auto','priority':1}}}"));
	netd = json_object_get(
		json_object_get(json_object_get(scene.facts.running, "vios"), "vios1"), "netd");
	json_object_set_new(netd, "uplinks",
		json_of("[{'name':'ent0','link':'up'},{'name':'ent1','link':'down',"
			"'tx_packets':77}]"));
	json_object_set_new(
		netd, "sea", json_of("{'sea0':{'state':'PRIMARY'},'sea1':{'state':'LIMBO'}}"));
	records = view_entstat(&scene.facts, "vios1/ent6", fault);
	assert_non_null(records);
	assert_int_equal(
		json_integer_value(json_object_get(
			json_object_get(json_array_get(records, 0), "counters"), "tx_packets")),
		77);
	text = lay_entstat(records, true);
	find_words(text, shown);
	free(text);
	json_decref(records);
	records = view_entstat(&scene.facts, "vios1/ent5", fault);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(records, 0), "link")), "up");
	json_decref(records);
	scene_free(&scene);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(operations),
		cmocka_unit_test(what_is_shown), cmocka_unit_test(two_seas)};

	dir = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
