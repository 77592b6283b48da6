/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_change_test.c - what a change does to the state: what is given out, what is merged, what
 * goes with an object that is removed, and which adapters are concerned.
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

#define DISK                                                                                       \
	"{'op':'add','kind':'backing','name':'hdisk1','attrs':{'path':{'vios1':'/dev/sda',"        \
	"'vios2':'/dev/sdb'}}}"
#define MAPPED "{'op':'add','kind':'vtd','attrs':{'vhost':'vhost0','backing':'hdisk1'}}"
#define SIDE2 "'sides':{'vios2':"

/* Everything that operators may leave out. */
static void test_given_out(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'add','kind':'client','name':'lpar3'},"
		"{'op':'add','kind':'veth','attrs':{'client':'lpar3'}},"
		"{'op':'add','kind':'veth','attrs':{'client':'lpar1','vlans':[30,20]}},"
		"{'op':'add','kind':'vhost','attrs':{'client':'lpar3'}}," DISK "," MAPPED "]");

	(void)state;
	assert_member(c, CONFIG_CLIENT, "lpar3", "id", "5");
	assert_member(c, CONFIG_VETH, "lpar3/eth0", "id", "3");
	assert_member(c, CONFIG_VETH, "lpar3/eth0", "mac", "'02:76:69:00:00:03'");
	assert_member(c, CONFIG_VETH, "lpar1/eth1", "vlans", "[20,30]");
	assert_member(c, CONFIG_VHOST, "vhost1", "adapter", "'scsi0'");
	assert_member(c, CONFIG_VHOST, "vhost1", "id", "5");
	assert_member(c, CONFIG_VTD, "vtscsi0", "lun", "1");
	assert_int_equal(c->next_id, 6);
	c = change(c, "[{'op':'remove','kind':'veth','name':'lpar3/eth0'},"
		      "{'op':'add','kind':'veth','attrs':{'client':'lpar3'}}]");
	assert_member(c, CONFIG_VETH, "lpar3/eth0", "id", "6");
	config_free(c);
}

static void test_created(void **state)
{
	struct config *c = small_state();
	struct config_applied applied;
	json_t *value = json_of("{'ops':[{'op':'add','kind':'vhost','attrs':{'client_adapter':"
				"'lpar2/scsi4'}},{'op':'add','kind':'veth','name':'lpar2/eth7'}]}");
	json_t *wanted = json_of("[{'kind':'vhost','name':'vhost1'},"
				 "{'kind':'veth','name':'lpar2/eth7'}]");

	(void)state;
	assert_int_equal(config_apply(c, value, &applied, &faults), 0);
	assert_true(json_equal(applied.created, wanted));
	assert_member(applied.config, CONFIG_VHOST, "vhost1", "client", "'lpar2'");
	assert_member(applied.config, CONFIG_VHOST, "vhost1", "adapter", "'scsi4'");
	assert_int_equal(applied.n_ids, 2);
	assert_int_equal(applied.ids[0], 3);
	assert_int_equal(applied.ids[1], 4);
	config_applied_fini(&applied);
	json_decref(value);
	json_decref(wanted);
	config_free(c);
}

static void test_free_names(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'add','kind':'vhost','name':'vhost2','attrs':{'client':'lpar2'}},"
		"{'op':'add','kind':'vhost','name':'vhost01','attrs':{'client':'lpar2'}},"
		"{'op':'add','kind':'vhost','attrs':{'client':'lpar2'}},"
		"{'op':'add','kind':'vhost','attrs':{'client':'lpar2'}},"
		"{'op':'add','kind':'backing','name':'iso','attrs':{'type':'optical',"
		"'path':{'vios1':'/a'}}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost0','backing':'iso'}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost0','type':'optical'}}]");

	(void)state;
	assert_non_null(config_find(c, CONFIG_VHOST, "vhost1"));
	assert_non_null(config_find(c, CONFIG_VHOST, "vhost3"));
	assert_member(c, CONFIG_VTD, "vtopt0", "type", "'optical'");
	assert_member(c, CONFIG_VTD, "vtopt1", "lun", "2");
	assert_member(c, CONFIG_VTD, "vtopt1", "backing", "''");
	config_free(c);
}

/* A MAC that somebody took by hand is passed over. */
static void test_free_mac(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'set','kind':'veth','name':'lpar1/eth0','attrs':{'mac':"
		"'02:76:69:00:00:03'}},{'op':'add','kind':'veth','attrs':{'client':'lpar2'}}]");

	(void)state;
	assert_member(c, CONFIG_VETH, "lpar2/eth0", "mac", "'02:76:69:00:00:04'");
	config_free(c);
}

static void test_set(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{'pvid':7,"
		"'sides':{'vios1':{'ha_mode':'standby'}}}},"
		"{'op':'set','kind':'frame','attrs':{'hang_ms':70}},"
		"{'op':'set','kind':'veth','name':'lpar1/eth0','attrs':{'profile':{'mtu':9000},"
		"'preferred':null}}]");

	(void)state;
	assert_member(c, CONFIG_SEA, "sea0", "sides.vios1.ha_mode", "'standby'");
	assert_member(c, CONFIG_SEA, "sea0", "sides.vios1.priority", "1");
	assert_member(c, CONFIG_SEA, "sea0", "sides.vios2.ha_mode", "'auto'");
	assert_member(c, CONFIG_SEA, "sea0", "pvid", "7");
	assert_member(c, CONFIG_VETH, "lpar1/eth0", "profile.mtu", "9000");
	assert_member(c, CONFIG_VETH, "lpar1/eth0", "profile.ring_size", "256");
	assert_member(c, CONFIG_VETH, "lpar1/eth0", "preferred", "''");
	assert_int_equal(c->frame.hang_ms, 70);
	c = change(c, "[{'op':'set','kind':'sea','name':'sea0','attrs':{'pvid':null,"
		      "'sides':{'vios2':null}}}]");
	assert_member(c, CONFIG_SEA, "sea0", "pvid", "1");
	assert_int_equal(c->sea[0].n_sides, 1);
	config_free(c);
}

/* Both at once; then one is taken out for a while, as operators do in a drill. */
static void test_sharing(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{'sides':{"
		"'vios1':{'ha_mode':'sharing'},'vios2':{'ha_mode':'sharing'}}}}]");

	(void)state;
	c = change(c, "[{'op':'set','kind':'sea','name':'sea0','attrs':{" SIDE2
		      "{'ha_mode':'standby'}}}}]");
	assert_member(c, CONFIG_SEA, "sea0", "sides.vios1.ha_mode", "'sharing'");
	refuse(c,
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{" SIDE2 "{'ha_mode':'auto'}}}}]",
		"sea[sea0].sides.vios1.ha_mode: sharing needs a second side");
	config_free(c);
}

/* A side that comes back gets a free name of its own. */
static void test_sides(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'add','kind':'physical','name':'vios2/ent2','attrs':{'devargs':'x'}},"
		"{'op':'set','kind':'sea','name':'sea0','attrs':{" SIDE2 "null}}},"
		"{'op':'set','kind':'sea','name':'sea0','attrs':{'virt_adapters':['ent1']," SIDE2
		"{'real_adapter':'ent2'}}}},"
		"{'op':'add','kind':'sea','attrs':{'pvid':7," SIDE2 "{'real_adapter':'ent0'}}}}]");

	(void)state;
	assert_member(c, CONFIG_SEA, "sea0", "sides.vios2.ent", "'ent3'");
	assert_member(c, CONFIG_SEA, "sea1", "sides.vios2.ent", "'ent4'");
	config_free(c);
}

static void test_remove(void **state)
{
	struct config *c = change(small_state(), "[" DISK "," MAPPED "]");

	(void)state;
	refuse(c, "[{'op':'remove','kind':'client','name':'lpar1'}]",
		"ops[0]: client lpar1 has 2 adapters; remove them first, or set cascade");
	refuse(c, "[{'op':'remove','kind':'vhost','name':'vhost0'}]",
		"ops[0]: vhost0 has 1 virtual target devices; remove them first");
	refuse(c, "[{'op':'remove','kind':'backing','name':'hdisk1','attrs':{'cascade':true}}]",
		"ops[0]: hdisk1 is mapped by vtscsi0 (vhost0); remove that first");
	refuse(c, "[{'op':'remove','kind':'physical','name':'vios1/ent0'}]",
		"ops[0]: vios1/ent0 is the real adapter of sea0");
	refuse(c, "[{'op':'remove','kind':'vios','name':'vios1'}]",
		"ops[0]: vios1 has adapters, SEA sides or paths to devices");
	c = change(c, "[{'op':'remove','kind':'client','name':'lpar1','attrs':{'cascade':true}}]");
	assert_int_equal(c->n_client + c->n_veth + c->n_vhost + c->n_vtd, 1);
	c = change(c, "[{'op':'remove','kind':'backing','name':'hdisk1'}]");
	assert_int_equal(c->n_backing, 0);
	config_free(c);
}

static void test_cascade(void **state)
{
	struct config *c = change(small_state(),
		"[" DISK "," MAPPED
		",{'op':'remove','kind':'vhost','name':'vhost0','attrs':{'cascade':true}},"
		"{'op':'add','kind':'vhost','attrs':{'client':'lpar2'}}]");

	(void)state;
	/* The new vhost0 does not inherit what the old one had. */
	assert_int_equal(c->n_vtd, 0);
	assert_member(c, CONFIG_VHOST, "vhost0", "client", "'lpar2'");
	config_free(c);
}

static void test_remove_vios(void **state)
{
	struct config *c = change(small_state(),
		"[" DISK "," MAPPED
		",{'op':'remove','kind':'vios','name':'vios1','attrs':{'cascade':true}}]");

	(void)state;
	assert_member(c, CONFIG_BACKING, "hdisk1", "path", "{'vios2':'/dev/sdb'}");
	assert_member(c, CONFIG_VETH, "lpar1/eth0", "preferred", "''");
	assert_null(config_find(c, CONFIG_PHYSICAL, "vios1/ent0"));
	assert_int_equal(c->sea[0].n_sides, 1);
	refuse(c, "[{'op':'remove','kind':'vios','name':'vios2','attrs':{'cascade':true}}]",
		"there is no VIOS; a frame has one or two");
	config_free(c);
}

static void assert_ids(const char *ops, const char *wanted)
{
	struct config *c = change(small_state(),
		"[{'op':'add','kind':'veth','attrs':{'client':'lpar2'}}," DISK "," MAPPED
		",{'op':'add','kind':'physical','name':'vios1/ent3','attrs':{'devargs':'x'}}]");
	json_t *list = json_of(ops), *value = json_pack("{s:o}", "ops", list);
	struct config_applied applied;
	char text[64] = "";

	if (config_apply(c, value, &applied, &faults) != 0)
		fail_msg("%s: %s", ops, faults.text[0]);
	for (size_t i = 0; i < applied.n_ids; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u ", applied.ids[i]);
	if (strcmp(text, wanted) != 0)
		fail_msg("%s: ids %s, not %s", ops, text, wanted);
	config_applied_fini(&applied);
	json_decref(value);
	config_free(c);
}

/* lpar1/eth0 is 1, vhost0 is 2, lpar2/eth0 is 3. */
static void test_ids(void **state)
{
	(void)state;
	assert_ids("[{'op':'set','kind':'frame','attrs':{'hang_ms':9}}]", "");
	assert_ids("[{'op':'set','kind':'veth','name':'lpar2/eth0','attrs':{'pvid':9}}]", "3 ");
	assert_ids("[{'op':'set','kind':'veth','name':'lpar2/eth0','attrs':{'pvid':1}}]", "");
	assert_ids(
		"[{'op':'set','kind':'backing','name':'hdisk1','attrs':{'read_only':true}}]", "2 ");
	assert_ids("[{'op':'remove','kind':'vtd','name':'vtscsi0'}]", "2 ");
	assert_ids("[{'op':'set','kind':'client','name':'lpar1','attrs':{'allow_unsealed':true}}]",
		"1 2 ");
	assert_ids("[{'op':'set','kind':'sea','name':'sea0','attrs':{'vlans':[5]}}]", "1 3 ");
	assert_ids("[{'op':'set','kind':'physical','name':'vios1/ent0','attrs':{'devargs':'y'}}]",
		"1 3 ");
	assert_ids("[{'op':'remove','kind':'physical','name':'vios1/ent3'}]", "");
	assert_ids("[{'op':'remove','kind':'client','name':'lpar1','attrs':{'cascade':true}}]",
		"1 2 ");
}

/* A disk at two clients is written by both: only when it is asked for. */
static void test_force(void **state)
{
	struct config *c = change(small_state(), "[" DISK "," MAPPED "]");

	(void)state;
	refuse(c, "[" MAPPED "]",
		"ops[0].attrs.backing: hdisk1 is mapped by vtscsi0 already; choose another one");
	c = change(c, "[{'op':'add','kind':'vtd','attrs':{'vhost':'vhost0','backing':'hdisk1',"
		      "'force':true}}]");
	assert_member(c, CONFIG_VTD, "vtscsi1", "lun", "2");
	c = change(c, "[{'op':'add','kind':'backing','name':'hdisk2','attrs':{'path':"
		      "{'vios1':'/dev/sdc'}}},"
		      "{'op':'set','kind':'vtd','name':'vtscsi1','attrs':{'backing':'hdisk2'}}]");
	assert_member(c, CONFIG_VTD, "vtscsi1", "backing", "'hdisk2'");
	refuse(c, "[{'op':'set','kind':'vtd','name':'vtscsi1','attrs':{'backing':'hdisk1'}}]",
		"ops[0].attrs.backing: hdisk1 is mapped by vtscsi0 already");
	c = change(c, "[{'op':'set','kind':'vtd','name':'vtscsi1','attrs':{'backing':'hdisk1',"
		      "'force':true}}]");
	assert_member(c, CONFIG_VTD, "vtscsi1", "backing", "'hdisk1'");
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_out),
		cmocka_unit_test(test_created),
		cmocka_unit_test(test_free_names),
		cmocka_unit_test(test_free_mac),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_sides),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_cascade),
		cmocka_unit_test(test_remove_vios),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
