/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_test.c - the state as a document: its canonical text, its digest, the way from and to
 * frame.json's objects, the difference of two states, and a large one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "config_fixture.h"

static struct config *parse(const char *text)
{
	struct config *config = NULL;

	if (config_parse(text, strlen(text), &config, &faults) != 0)
		fail_msg("%s", faults.text[0]);
	return config;
}

/* jansson with sorted keys is the definition; what is written from the table must be the same. */
static void assert_canonical(const struct config *config)
{
	size_t len;
	char *text = config_text(config, &len), *sorted, *again;
	json_t *json = json_loadb(text, len, 0, NULL);
	struct config *back = parse(text);

	sorted = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, sorted);
	again = config_text(back, NULL);
	assert_string_equal(text, again);
	free(text);
	free(sorted);
	free(again);
	json_decref(json);
	config_free(back);
}

static void test_canonical(void **state)
{
	struct config *c = small_state();

	(void)state;
	assert_canonical(c);
	c = change(c,
		"[{'op':'add','kind':'backing','name':'hdisk1','attrs':{'path':{'vios1':"
		"'/dev/a\\\\b','vios2':'/x'},'wwid':'q\\\"q','size_bytes':9223372036854775296}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost0','backing':'hdisk1'}},"
		"{'op':'set','kind':'sea','name':'sea0','attrs':{'vlans':[9,3],"
		"'virt_adapters':['ent9','ent3']}}]");
	assert_canonical(c);
	assert_member(c, CONFIG_SEA, "sea0", "virt_adapters", "['ent3','ent9']");
	config_free(c);
}

/* Lists in any order are the same state. */
static void test_order(void **state)
{
	struct config *a = small_state(), *b;
	json_t *json = config_json(a), *list = json_object_get(json, "client");
	char x[CONFIG_DIGEST_LEN + 1], y[CONFIG_DIGEST_LEN + 1];
	json_t *first = json_incref(json_array_get(list, 0));

	(void)state;
	json_array_remove(list, 0);
	json_array_append_new(list, first);
	assert_int_equal(config_from_json(json, &b, &faults), 0);
	assert_int_equal(config_digest(a, x), 0);
	assert_int_equal(config_digest(b, y), 0);
	assert_string_equal(x, y);
	json_decref(json);
	config_free(a);
	config_free(b);
}

/* FIPS 180-4's example. */
static void test_digest(void **state)
{
	char digest[CONFIG_DIGEST_LEN + 1];

	(void)state;
	config_digest_text("abc", 3, digest);
	assert_string_equal(
		digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{"{", "line 1, column 1: "},
		{"{\"format\":1,\"format\":1}", "duplicate object key"},
		{"{\"format\":4}", "format: 4 is not a whole number from 1 to 3"},
		{"{\"format\":1}", "next_id: is missing; add it"},
		{"[]", "[] is not an object"},
	};
	struct config *config;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool found = false;

		assert_int_equal(config_parse(rows[i].text, strlen(rows[i].text), &config, &faults),
			-EINVAL);
		for (size_t f = 0; f < faults.n; f++)
			found |= strstr(faults.text[f], rows[i].fault) != NULL;
		if (!found)
			fail_msg("%s: %s", rows[i].text, faults.text[0]);
	}
}

/* A document that was written by hand, or went bad: the same rules as for changes. */
static void test_rules(void **state)
{
	struct config *c = small_state(), *out;
	json_t *json = config_json(c);

	(void)state;
	json_object_set_new(json, "next_id", json_integer(2));
	json_array_append(
		json_object_get(json, "vios"), json_array_get(json_object_get(json, "vios"), 0));
	assert_int_equal(config_from_json(json, &out, &faults), -EINVAL);
	assert_string_equal(faults.text[0], "vios: has 3 elements; it must have 0 to 2");
	assert_string_equal(
		faults.text[1], "vhost[vhost0].id: 2 is not below next_id (2); raise next_id");
	json_decref(json);
	config_free(c);
}

static void test_frame(void **state)
{
	struct config *c = change(small_state(),
		"[{'op':'add','kind':'veth','name':'lpar1/a'},"
		"{'op':'set','kind':'vios','name':'vios2','attrs':{'workers':3}}]");
	struct model_client client;
	struct model_frame *f;

	(void)state;
	assert_member(c, CONFIG_SEA, "sea0", "sides.vios2",
		"{'ent':'ent1','ha_mode':'auto','netaddr':'','priority':2,'real_adapter':'ent0'}");
	assert_member(c, CONFIG_CLIENT, "lpar2", "id", "4");
	assert_int_equal(config_to_frame(c, &f), 0);
	assert_string_equal(f->name, "frame1");
	assert_int_equal(f->n_vios, 2);
	assert_int_equal(f->vios[1].workers, 3);
	assert_string_equal(f->vios[1].uplink_name, "ent0");
	assert_string_equal(f->vios[1].uplink_devargs, "net_null0");
	assert_int_equal(f->n_clients, 2);
	assert_int_equal(f->clients[0].n_adapters, 3);
	assert_string_equal(f->clients[0].adapters[0].name, "eth0");
	assert_string_equal(f->clients[0].adapters[0].preferred, "vios1");
	assert_int_equal(f->clients[0].adapters[1].type, MODEL_SCSI);
	assert_string_equal(f->clients[0].adapters[2].name, "a");
	assert_int_equal(config_client(c, "lpar1", &client), 0);
	assert_memory_equal(&client, &f->clients[0], sizeof(client));
	model_frame_free(f);
	c = change(c, "[{'op':'remove','kind':'sea','name':'sea0'}]");
	assert_int_equal(config_to_frame(c, &f), 0);
	assert_string_equal(f->vios[0].uplink_name, "");
	model_frame_free(f);
	config_free(c);
}

/* What a mux is told of its client, and understands. */
static void test_client(void **state)
{
	struct config *c = small_state();
	json_t *json = config_client_json(c, "lpar1");
	struct model_client there, here;

	(void)state;
	assert_int_equal(config_client(c, "lpar1", &here), 0);
	assert_int_equal(config_client_parse(json, &there, &faults), 0);
	assert_memory_equal(&there, &here, sizeof(here));
	assert_null(config_client_json(c, "lpar9"));
	assert_int_equal(config_client(c, "lpar9", &here), -ENOENT);
	json_array_append(json_object_get(json, "adapters"),
		json_array_get(json_object_get(json, "adapters"), 0));
	assert_int_equal(config_client_parse(json, &there, &faults), -EINVAL);
	assert_string_equal(faults.text[0],
		"adapters[2].name: \"eth0\" is the name of adapters[0], too; names must differ");
	json_decref(json);
	json = json_null();
	assert_int_equal(config_client_parse(json, &there, &faults), -EINVAL);
	config_free(c);
}

static void test_find(void **state)
{
	struct config *c = small_state();
	char name[CONFIG_NAME_MAX + 1];

	(void)state;
	assert_ptr_equal(config_find(c, CONFIG_VETH, "lpar1/eth0"), &c->veth[0]);
	assert_ptr_equal(config_find(c, CONFIG_FRAME, "frame1"), &c->frame);
	assert_null(config_find(c, CONFIG_VETH, "eth0"));
	assert_null(config_find(c, CONFIG_VETH, "lpar1/"));
	assert_null(config_find(c, CONFIG_VHOST, "lpar1/vhost0"));
	config_name(CONFIG_PHYSICAL, &c->physical[1], name);
	assert_string_equal(name, "vios2/ent0");
	assert_int_equal(config_kind_of("vtd"), CONFIG_VTD);
	assert_int_equal(config_kind_of("vtds"), -ENOENT);
	assert_string_equal(config_kind_name(CONFIG_FRAME), "frame");
	config_free(c);
}

static void test_diff(void **state)
{
	struct config *a = small_state(),
		      *b = change(small_state(),
			      "[{'op':'set','kind':'sea','name':'sea0','attrs':{'vlans':[4],"
			      "'sides':{'vios1':{'ha_mode':'standby'}}}},"
			      "{'op':'remove','kind':'vhost','name':'vhost0'},"
			      "{'op':'set','kind':'frame','attrs':{'hang_ms':51}}]");
	json_t *none = config_diff(a, a), *diff = config_diff(a, b), *gone;
	json_t *wanted = json_of("[{'kind':'sea','name':'sea0','op':'changed','fields':["
				 "{'field':'sides.vios1.ha_mode','from':'auto','to':'standby'},"
				 "{'field':'vlans','from':[],'to':[4]}]},"
				 "{'kind':'frame','name':'frame1','op':'changed','fields':["
				 "{'field':'hang_ms','from':50,'to':51}]}]");

	(void)state;
	assert_int_equal(json_array_size(none), 0);
	gone = json_array_get(diff, 1);
	assert_string_equal(json_string_value(json_object_get(gone, "op")), "removed");
	assert_string_equal(json_string_value(json_object_get(gone, "name")), "vhost0");
	json_array_remove(diff, 1);
	assert_true(json_equal(diff, wanted));
	json_decref(none);
	json_decref(diff);
	json_decref(wanted);
	config_free(a);
	config_free(b);
}

static double cpu_ms(void)
{
	return 1e3 * (double)clock() / CLOCKS_PER_SEC;
}

static json_t *large_change(void)
{
	json_t *ops = json_array();
	char name[32], path[32];

	for (int i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "big%d", i);
		json_array_append_new(ops,
			json_pack("{s:s, s:s, s:s}", "op", "add", "kind", "client", "name", name));
		for (int j = 0; j < 4; j++)
			json_array_append_new(
				ops, json_pack("{s:s, s:s, s:{s:s}}", "op", "add", "kind",
					     j < 2 ? "veth" : "vhost", "attrs", "client", name));
	}
	for (int i = 0; i < 1024; i++) {
		snprintf(name, sizeof(name), "hdisk%d", i);
		snprintf(path, sizeof(path), "/dev/disk/%d", i);
		json_array_append_new(ops, json_pack("{s:s, s:s, s:s, s:{s:{s:s, s:s}}}", "op",
						   "add", "kind", "backing", "name", name, "attrs",
						   "path", "vios1", path, "vios2", path));
		snprintf(path, sizeof(path), "vhost%d", 1 + i / 2);
		json_array_append_new(
			ops, json_pack("{s:s, s:s, s:{s:s, s:s}}", "op", "add", "kind", "vtd",
				     "attrs", "vhost", path, "backing", name));
	}
	return json_pack("{s:o}", "ops", ops);
}

/* 256 clients with 1,024 adapters and 1,024 LUNs in one change. The time is told, not judged. */
static void test_large(void **state)
{
	struct config *c = small_state();
	struct config_applied all, one;
	json_t *value = large_change(),
	       *small = json_of("{'ops':[{'op':'set','kind':'veth',"
				"'name':'big7/eth0','attrs':{'pvid':9}}]}");
	char digest[CONFIG_DIGEST_LEN + 1];
	double begin, applied;

	(void)state;
	if (config_apply(c, value, &all, &faults) != 0)
		fail_msg("%s", faults.text[0]);
	assert_int_equal(all.n_ids, 1024);
	assert_int_equal(all.config->n_vtd, 1024);
	assert_member(all.config, CONFIG_CLIENT, "big99", "id", "104");
	assert_canonical(all.config);
	begin = cpu_ms();
	assert_int_equal(config_apply(all.config, small, &one, &faults), 0);
	applied = cpu_ms();
	assert_int_equal(config_digest(one.config, digest), 0);
	print_message(
		"applied in %.2f ms, digested in %.2f ms\n", applied - begin, cpu_ms() - applied);
	assert_int_equal(one.n_ids, 1);
	config_applied_fini(&one);
	config_applied_fini(&all);
	json_decref(value);
	json_decref(small);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
