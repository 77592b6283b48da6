/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_faults_test.c - what is refused, and in which words: each row is a list of ops on a state
 * that holds one of everything; the fault names the field, the value and what to do.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_fixture.h"

#define ADD(kind, name, attrs)                                                                     \
	"{'op':'add','kind':'" kind "','name':'" name "','attrs':{" attrs "}}"
#define NEW(kind, attrs) "{'op':'add','kind':'" kind "','attrs':{" attrs "}}"
#define SET(kind, name, attrs)                                                                     \
	"{'op':'set','kind':'" kind "','name':'" name "','attrs':{" attrs "}}"
#define REMOVE(kind, name) "{'op':'remove','kind':'" kind "','name':'" name "'}"
#define AGGREGATION(name, attrs) ADD("physical", "vios1/" name, "'type':'aggregation'," attrs)
#define SEA_ON(number, vlan)                                                                       \
	ADD("physical", "vios1/ent2" number, "'devargs':'x" number "'")                            \
	"," ADD("sea", "sea" number,                                                               \
		"'pvid':" vlan ",'sides':{'vios1':{'real_adapter':'ent2" number "'}}")
#define PATHS "'path':{'vios1':'/dev/x','vios2':'/dev/y'}"
#define SIDE1(attrs) "'sides':{'vios1':{" attrs "}}"
#define SIDE2(attrs) "'sides':{'vios2':{" attrs "}}"

/* lpar1: eth0 (id 1), scsi0 (vhost0, id 2), lpar2: eth0 (3); hdisk1 as vtscsi0, iso. */
static const char full[] = "[" NEW("veth", "'client':'lpar2'") "," ADD("backing", "hdisk1",
	"'path':{'vios1':'/dev/sda','vios2':'/dev/sdb'},'unique_id':'abc'") "," ADD("backing",
	"iso", "'path':{'vios1':'/iso'},'type':'optical'") "," ADD("backing", "hdisk2",
	PATHS) "," NEW("vtd", "'vhost':'vhost0','backing':'hdisk1'") "," ADD("physical",
	"vios1/ent7", "'devargs':'x'") "]";

static const struct row {
	const char *op, *fault;
} rows[] = {
	/* the op itself */
	{"7", "ops[0]: 7 is not an object"},
	{"{'op':'make','kind':'veth'}",
		"ops[0].op: \"make\" is none of \"add\", \"remove\", \"set\""},
	{"{'op':'add','kind':'vscsi'}",
		"ops[0].kind: \"vscsi\" is none of \"backing\", \"client\","},
	{"{'op':'add'}", "ops[0].kind: is missing; add it"},
	{"{'op':'add','kind':'client','name':'a','atrs':{}}", "did you mean \"attrs\"?"},
	{"{'op':'add','kind':'client','name':'a','attrs':[]}", "ops[0].attrs: [] is not an object"},
	{"{'op':'add','kind':'client','name':'a b'}", "ops[0].name: \"a b\" is not the name of an"},
	{"{'op':'add','kind':'client','name':'a/b/c'}", "ops[0].name: \"a/b/c\" is not the name"},
	{"{'op':'add','kind':'client','name':'a/b'}",
		"ops[0].name: \"a/b\" is not the name of a client"},
	{ADD("veth", "eth5", ""),
		"ops[0].name: \"eth5\" does not say whose it is; write it as lpar1/eth5"},
	{"{'op':'add','kind':'client'}", "ops[0].attrs.name: is missing; add it"},
	{"{'op':'add','kind':'frame'}", "ops[0]: the frame is always there; use \"set\""},
	{"{'op':'remove','kind':'frame','name':'frame1'}", "ops[0]: the frame is always there"},
	{SET("frame", "frame2", ""),
		"ops[0].name: there is no frame \"frame2\"; did you mean \"frame1\"?"},
	{SET("vhost", "vhst0", ""), "there is no vhost \"vhst0\"; did you mean \"vhost0\"?"},
	{SET("vtd", "qqq", ""), "ops[0].name: there is no vtd \"qqq\"; add it first"},
	{"{'op':'set','kind':'vtd'}", "ops[0].name: is missing; add it"},
	{ADD("client", "lpar9", "'name':'x'"), "ops[0].attrs.name: the name stands beside attrs"},
	{ADD("veth", "lpar1/eth1", "'client':'lpar2'"),
		"ops[0].attrs.client: it is another one than"},
	{ADD("veth", "lpar1/eth1", "'id':7"), "ops[0].attrs.id: adapters are given their ids"},
	{ADD("vhost", "vhost1", "'client_adapter':'lpar1'"),
		"client_adapter: \"lpar1\" is not an adapter"},
	{ADD("vhost", "vhost1", "'client_adapter':'lpar1/scsi1','client':'lpar1'"),
		"ops[0].attrs.client_adapter: client and adapter are there, too; keep one way"},
	{SET("veth", "lpar1/eth0", "'id':7"), "ops[0].attrs.id: it cannot be changed; remove"},
	{SET("vhost", "vhost0", "'client':'lpar2'"), "ops[0].attrs.client: it cannot be changed"},
	{SET("veth", "lpar1/eth0", "'pvvid':7"),
		"no member \"pvvid\" here; did you mean \"pvid\"?"},
	{SET("veth", "lpar1/eth0", "'zz':null"), "ops[0].attrs: there is no member \"zz\" here"},
	{SET("veth", "lpar1/eth0", "'mac':null"), "ops[0].attrs.mac: is missing; give the adapter"},
	{SET("sea", "sea0", "'sides':{'vios1':null,'vios3':null}"),
		"ops[0].attrs.sides.vios3: null is not an object"},
	{SET("sea", "sea0", "'sides':7"),
		"ops[0].attrs.sides: 7 is not an object; write {\"VIOS\": ... }"},
	{SET("sea", "sea0", "'sides':{'vios1':null,'a b':{}}"),
		"ops[0].attrs.sides: \"a b\" is not a name"},
	{"{'op':'remove','kind':'vhost','name':'vhost0','attrs':{'force':true}}",
		"takes \"cascade\" only"},
	{"{'op':'remove','kind':'vhost','name':'vhost0','attrs':{'cascade':1}}",
		"cascade is 1; write"},
	/* values */
	{SET("veth", "lpar1/eth0", "'pvid':0"),
		"ops[0].attrs.pvid: 0 is not a whole number from 1 to 4094"},
	{SET("veth", "lpar1/eth0", "'pvid':4095"), "ops[0].attrs.pvid: 4095 is not"},
	{SET("veth", "lpar1/eth0", "'vlans':[2,4095]"), "ops[0].attrs.vlans[1]: 4095 is not"},
	{SET("veth", "lpar1/eth0", "'vlans':[2,2]"), "ops[0].attrs.vlans: 2 stands here twice"},
	{SET("veth", "lpar1/eth0", "'vlans':7"), "ops[0].attrs.vlans: 7 is not a list"},
	{SET("veth", "lpar1/eth0",
		 "'vlans':[2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22]"),
		"ops[0].attrs.vlans: has 21 elements; it may have 20"},
	{SET("sea", "sea0", SIDE1("'ha_mode':'on'")),
		"ops[0].attrs.sides.vios1.ha_mode: \"on\" is none of \"auto\", \"disabled\","},
	{SET("sea", "sea0", SIDE1("'netaddr':'10.0.0'")), "netaddr: \"10.0.0\" is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':'10.0.0.256'")), "\"10.0.0.256\" is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':'fe80'")), "\"fe80\" is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':'10.0.0.1,'")), "\"10.0.0.1,\" is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':'10.0.0.1, 10.0.0.2'")), "is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':'10.0.0.1,10.0.0.1'")), "is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':'224.0.0.1'")), "\"224.0.0.1\" is no IP address"},
	{SET("sea", "sea0", SIDE1("'netaddr':['10.0.0.1']")), "is no IP address"},
	{SET("sea", "sea0",
		 SIDE1("'netaddr':'fd00::1,fd00::2,fd00::3,fd00::4,fd00::5,fd00::6,fd00::7,"
		       "fd00::8,fd00::9'")),
		"at most 8 of them"},
	{SET("sea", "sea0", SIDE1("'netaddr_interval':19")), "19 is not a whole number from 20"},
	{SET("sea", "sea0", SIDE1("'netaddr_misses':0")), "0 is not a whole number from 1 to 20"},
	{SET("sea", "sea0", "'virt_adapters':['ent1','ent1']"),
		"virt_adapters: \"ent1\" stands here twice"},
	{ADD("backing", "b", "'path':{'vios1':''}"), "ops[0].attrs.path.vios1: \"\" is not a text"},
	{ADD("backing", "b", PATHS ",'size_bytes':-1"), "ops[0].attrs.size_bytes: -1 is not"},
	{NEW("vtd", "'vhost':'vhost0','backing':'hdisk2','lun':256"),
		"lun: 256 is not a whole number"},
	{NEW("vtd", "'vhost':'vhost0','backing':'hdisk2','force':1"),
		"force: 1 is neither true nor false"},
	/* between objects */
	{ADD("client", "lpar1", ""),
		"client[lpar1].name: \"lpar1\" is there already; names must differ"},
	{ADD("client", "vios1", ""), "vios[vios1].name: vios1 is a client; give each partition"},
	{ADD("client", "lpar3", "'id':3"), "client[lpar3].id: 3 is used by client lpar1, too"},
	{ADD("vios", "vios3", "'node_id':3"),
		"ops[0]: a frame has at most 2 of kind vios; remove one"},
	{SET("vios", "vios2", "'node_id':1"),
		"vios[vios2].node_id: 1 is used by vios vios1, too; take"},
	{ADD("veth", "lpar7/eth0", ""),
		"veth[lpar7/eth0].client: there is no client \"lpar7\"; add it"},
	{ADD("veth", "vios1/eth0", ""),
		"veth[vios1/eth0].client: vios1 is a VIOS; it serves adapters"},
	{ADD("vhost", "vhost9", "'client':'vios2'"), "vhost[vhost9].client: vios2 is a VIOS"},
	{ADD("physical", "lpar1/ent0", "'devargs':'x'"),
		"physical[lpar1/ent0].vios: lpar1 is a client; only a partition of type vios can"},
	{ADD("physical", "vios9/ent0", "'devargs':'x'"),
		"vios: there is no VIOS \"vios9\"; name one"},
	{SET("sea", "sea0", "'sides':{'lpar1':{'real_adapter':'ent0'}}"),
		"has 3 members; it may have 2"},
	{ADD("sea", "sea1", "'sides':{'lpar1':{'real_adapter':'ent0'}}"),
		"sea[sea1].sides: lpar1 is a client; only a partition of type vios can do this"},
	{ADD("sea", "sea1", ""),
		"sea[sea1].sides: it has no side; name a VIOS and its real_adapter"},
	{SET("veth", "lpar1/eth0", "'preferred':'vios9'"),
		"veth[lpar1/eth0].preferred: there is no VIOS"},
	{SET("veth", "lpar1/eth0", "'vlans':[1]"), "veth[lpar1/eth0].vlans: 1 is the pvid, too"},
	{SET("sea", "sea0", "'pvid':5,'vlans':[5]"), "sea[sea0].vlans: 5 is the pvid, too"},
	{SET("veth", "lpar2/eth0", "'mac':'02:76:69:00:00:01'"),
		"veth[lpar2/eth0].mac: 02:76:69:00:00:01 is used by veth lpar1/eth0, too; give "
		"every"},
	{SET("veth", "lpar1/eth0", "'profile':{'queue_pairs':2}"),
		"veth[lpar1/eth0].profile: 2 queue pairs need VIRTIO_NET_F_MQ"},
	{ADD("vhost", "vhost1", "'client_adapter':'lpar1/eth0'"),
		"vhost[vhost1].adapter: eth0 is used by veth lpar1/eth0, too"},
	{ADD("sea", "sea1", SIDE1("'real_adapter':'ent0'")),
		"sea[sea1].sides.vios1.real_adapter: ent0 is used by sea sea0, too; a physical"},
	{ADD("sea", "sea1", SIDE1("'real_adapter':'ent9'")),
		"sea[sea1].sides.vios1.real_adapter: vios1 has no physical adapter \"ent9\""},
	{ADD("sea", "sea1", SIDE1("'real_adapter':'ent7','ent':'ent0'")),
		"sea[sea1].sides.vios1.ent: ent0 is used by physical vios1/ent0, too; choose a"},
	{ADD("physical", "vios1/ent8", ""), "physical[vios1/ent8].devargs: is missing; add it"},
	{ADD("physical", "vios1/ent8", "'devargs':'x','members':['ent7']"),
		"physical[vios1/ent8].type: members and mode are of an aggregation"},
	{AGGREGATION("ent8", "'devargs':'x','members':['ent7']"),
		"physical[vios1/ent8].devargs: an aggregation has none; its members have"},
	{AGGREGATION("ent8", "'mode':'lacp'"), "mode: \"lacp\" is none of \"active-backup\","},
	{ADD("physical", "vios1/ent8", "'type':'aggregation'"),
		"physical[vios1/ent8].members: it has none; name its physical"},
	{AGGREGATION("ent8", "'members':['ent9']"),
		"physical[vios1/ent8].members: vios1 has no physical adapter \"ent9\""},
	{AGGREGATION("ent8", "'members':['ent0','ent7']"),
		"members: ent0 is the real adapter of sea0; give that the aggregation in the same"},
	{AGGREGATION("ent8", "'members':['ent7']") "," AGGREGATION("ent9", "'members':['ent7']"),
		"physical[vios1/ent8].members: ent7 is a member of ent9, too; choose another one"},
	{AGGREGATION("ent8", "'members':['ent7']") "," AGGREGATION("ent9", "'members':['ent8']"),
		"physical[vios1/ent9].members: ent8 is an aggregation itself; name its members"},
	{AGGREGATION("ent8", "'members':['ent7']") "," REMOVE("physical", "vios1/ent7"),
		"vios1/ent7 is a member of ent8; take it out of that first"},
	{AGGREGATION("ent8", "'members':['ent7']") "," SET("sea", "sea0",
		 SIDE1("'real_adapter':'ent8'")) "," REMOVE("physical", "vios1/ent8"),
		"vios1/ent8 is the real adapter of sea0; give that another one first"},
	/* SEAs of one VIOS */
	{ADD("sea", "sea1", "'pvid':1," SIDE1("'real_adapter':'ent7'")),
		"sea[sea1].pvid: VLAN 1 is bridged by sea sea0 on vios1, too; two SEAs of one "
		"VIOS"},
	{ADD("sea", "sea1", "'pvid':7,'vlans':[8,1]," SIDE1("'real_adapter':'ent7'")),
		"sea[sea1].vlans: VLAN 1 is bridged by sea sea0 on vios1, too"},
	{SET("sea", "sea0", "'vlans':[7]") "," ADD(
		 "sea", "sea1", "'pvid':7," SIDE1("'real_adapter':'ent7'")),
		"sea[sea1].pvid: VLAN 7 is bridged by sea sea0 on vios1"},
	{SEA_ON("1", "11") "," SEA_ON("2", "12") "," SEA_ON("3", "13") "," SEA_ON("4", "14"),
		"sea[sea4].sides: vios1 has 4 SEAs already, and can have no more"},
	{SET("sea", "sea0", SIDE1("'ha_mode':'sharing'")),
		"sea[sea0].sides.vios1.ha_mode: sharing needs a second side that is sharing"},
	{SET("sea", "sea0", "'sides':{'vios1':{'ha_mode':'sharing'},'vios2':null}"),
		"sea[sea0].sides.vios1.ha_mode: sharing needs a second side"},
	{ADD("backing", "b", ""), "backing[b].path: it has none; name its device or file"},
	{ADD("backing", "b", "'path':{'vios1':'sda'}"), "\"sda\" on vios1 is not an absolute path"},
	{ADD("backing", "b", "'path':{'lpar1':'/a'}"), "backing[b].path: lpar1 is a client; only"},
	{ADD("backing", "b", "'path':{'vios1':'/dev/sda'}"),
		"backing[hdisk1].path.vios1: /dev/sda is used by backing b, too; remove that"},
	{ADD("backing", "b", "'unique_id':'abc'," PATHS),
		"unique_id: abc is used by backing b, too"},
	{ADD("backing", "b", "'block_bytes':1024," PATHS),
		"block_bytes: 1024 is no size of a block"},
	{ADD("backing", "b", "'size_bytes':1000," PATHS), "size_bytes: 1000 is not a multiple of"},
	{NEW("vtd", "'vhost':'vhost9','backing':'hdisk2'"),
		"vtd[vtscsi1].vhost: there is no server"},
	{NEW("vtd", "'vhost':'vhost0','backing':'hdisk9'"),
		"there is no backing device \"hdisk9\""},
	{NEW("vtd", "'vhost':'vhost0'"), "vtd[vtscsi1].backing: a disk needs one; name a backing"},
	{NEW("vtd", "'vhost':'vhost0','backing':'hdisk2','lun':1"),
		"vtd[vtscsi1].lun: 1 is used by vtd vtscsi0, too; choose a free LUN"},
	{NEW("vtd", "'vhost':'vhost0','backing':'iso','type':'disk'"), "iso is an optical medium"},
	{NEW("vtd", "'vhost':'vhost0','backing':'hdisk2','type':'optical'"),
		"vtd[vtopt0].backing: hdisk2 is no optical medium; choose another one"},
	{REMOVE("vtd", "vtscsi9"),
		"ops[0].name: there is no vtd \"vtscsi9\"; did you mean \"vtscsi0\"?"},
};

static void test_rows(void **state)
{
	struct config *c = change(small_state(), full);
	char before[CONFIG_DIGEST_LEN + 1], after[CONFIG_DIGEST_LEN + 1], ops[1024];

	(void)state;
	config_digest(c, before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(ops, sizeof(ops), "[%s]", rows[i].op);
		refuse(c, ops, rows[i].fault);
	}
	config_digest(c, after);
	assert_string_equal(before, after);
	config_free(c);
}

/* What other checks need from a refused object is there, so it makes no second fault. */
static void test_no_others(void **state)
{
	struct config *c = small_state();

	(void)state;
	refuse(c, "[" ADD("client", "lpar5", "'vcpus':-1") "," ADD("veth", "lpar5/eth0", "") "]",
		"ops[0].attrs.vcpus: -1");
	assert_int_equal(faults.n, 1);
	refuse(c,
		"[" ADD("client", "lpar5", "'vcpus':-1,'memory_mb':-1") "," ADD(
			"veth", "lpar6/eth0", "") "]",
		"ops[0].attrs.memory_mb: -1");
	assert_int_equal(faults.n, 3);
	refuse(c, "[" SET("veth", "lpar1/eth0", "'id':7") "]", "ops[0].attrs.id: it cannot");
	assert_int_equal(faults.n, 1);
	config_free(c);
}

static void test_too_many(void **state)
{
	struct config *c = small_state();
	char ops[2048] = "[";

	(void)state;
	refuse(c, "[]", "ops: is not a list of 1 to 4096 ops");
	refuse(c, "7", "ops: is not a list of 1 to 4096 ops");
	for (size_t i = 0; i < MODEL_ADAPTERS_MAX - 1; i++) {
		strcat(ops, i > 0 ? "," : "");
		strcat(ops, NEW("veth", "'client':'lpar1'"));
	}
	strcat(ops, "]");
	refuse(c, ops, "client[lpar1]: it has 17 adapters; a client may have 16");
	config_free(c);
}

static void test_outside(void **state)
{
	struct config *c = small_state();
	struct config_applied applied;
	json_t *list = json_array(),
	       *extra = json_of("{'ops':[{'op':'set','kind':'frame'}],'x':1}");

	(void)state;
	assert_int_equal(config_apply(c, list, &applied, &faults), -EINVAL);
	assert_string_equal(faults.text[0], "a change is an object; write {\"ops\": [ ... ]}");
	assert_int_equal(config_apply(c, extra, &applied, &faults), -EINVAL);
	assert_string_equal(faults.text[0], "there is no member \"x\" here; remove it");
	json_decref(list);
	json_decref(extra);
	config_free(c);
}

/* For clients of the API: path and text apart; texts are UTF-8 also where they were cut. */
static void test_json(void **state)
{
	struct config *c = small_state();
	json_t *list, *wanted;
	char op[256], name[128] = "x";

	(void)state;
	refuse(c, "[" SET("veth", "lpar1/eth0", "'pvid':0") "]", "pvid");
	list = config_faults_json(&faults);
	wanted = json_of("[{'path':'ops[0].attrs.pvid','text':"
			 "'0 is not a whole number from 1 to 4094; set one'}]");
	assert_true(json_equal(list, wanted));
	json_decref(list);
	for (size_t i = 0; i < 30; i++)
		strcat(name, "\xc3\xa4");
	snprintf(op, sizeof(op), "[" SET("veth", "lpar1/eth0", "'%s':0") "]", name);
	refuse(c, op, "there is no member");
	list = config_faults_json(&faults);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	faults.n = MODEL_FAULTS_MAX + 3;
	list = config_faults_json(&faults);
	assert_int_equal(json_array_size(list), MODEL_FAULTS_MAX + 1);
	json_decref(list);
	json_decref(wanted);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_others),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
