/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair_apply_test.c - a change on the text of a state: what the replica is given for it, and that
 * it is the same whatever this VIOS has worked with before.
 */
#include "vios-core/daemon/pair_apply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vios-core/model/config_fixture.h"

static struct pair_apply pa;
static struct replica_applied out;
static char *text; /* the small state */
static size_t text_bytes;

static int setup(void **state)
{
	struct config *config = small_state();

	text = config_text(config, &text_bytes);
	config_free(config);
	pa = (struct pair_apply){0};
	out = (struct replica_applied){0};
	return text ? 0 : -1;
}

static void clear(struct replica_applied *applied)
{
	free(applied->text);
	free(applied->result);
	*applied = (struct replica_applied){0};
}

static int teardown(void **state)
{
	pair_apply_fini(&pa);
	clear(&out);
	free(text);
	return 0;
}

static char *quoted(const char *from)
{
	char *json = strdup(from);

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	return json;
}

/* To a state; ' stands for ". Exactly its bytes: nothing is behind the last one. */
static int apply_to(
	const char *to, size_t to_bytes, const char *change_quoted, struct replica_applied *applied)
{
	char *json = quoted(change_quoted), *exact;
	size_t n = strlen(json);
	int r;

	exact = malloc(n ? n : 1);
	memcpy(exact, json, n);
	r = pair_apply(to, to_bytes, exact, n, applied, &pa);
	free(exact);
	free(json);
	return r;
}

static int apply(const char *change_quoted)
{
	clear(&out);
	return apply_to(text, text_bytes, change_quoted, &out);
}

static void assert_result(const char *wanted)
{
	char *json = quoted(wanted);
	json_t *is = json_loads(out.result, 0, NULL), *want = json_loads(json, 0, NULL);

	assert_non_null(want);
	if (!is || !json_equal(is, want))
		fail_msg("%s, not %s", out.result, json);
	json_decref(is);
	json_decref(want);
	free(json);
}

#define ADD_VETH "{'ops':[{'op':'add','kind':'veth','attrs':{'client':'lpar2'}}]}"

static void a_change_makes_a_state(void **state)
{
	struct config *next;

	assert_int_equal(apply(ADD_VETH), 0);
	assert_int_equal(out.verdict, REPLICA_CHANGED);
	assert_result("{'created':[{'kind':'veth','name':'lpar2/eth0'}],'changed':true}");
	assert_int_equal(config_parse(out.text, out.text_bytes, &next, &faults), 0);
	assert_non_null(config_find(next, CONFIG_VETH, "lpar2/eth0"));
	config_free(next);
	assert_false(out.changed.all);
	assert_int_equal(out.changed.n, 1);
	assert_int_equal(out.changed.id[0], 3);
}

static void no_change_has_no_text(void **state)
{
	assert_int_equal(apply("{'ops':[{'op':'set','kind':'veth','name':'lpar1/eth0',"
			       "'attrs':{'preferred':'vios1'}}]}"),
		0);
	assert_int_equal(out.verdict, REPLICA_UNCHANGED);
	assert_null(out.text);
	assert_result("{'created':[],'changed':false}");
}

static void faults_are_told_with_their_paths(void **state)
{
	assert_int_equal(apply("{'ops':[{'op':'set','kind':'veth','name':'lpar1/eth0','attrs':"
			       "{'pvid':5000}},{'op':'add','kind':'vhost','attrs':{'client':"
			       "'lpar9'}}]}"),
		0);
	assert_int_equal(out.verdict, REPLICA_FAULTY);
	assert_null(out.text);
	assert_result("{'faults':[{'path':'ops[0].attrs.pvid','text':'5000 is not a whole number "
		      "from 1 to 4094; set one'},{'path':'vhost[vhost1].client','text':'there is "
		      "no client \\\"lpar9\\\"; add it first'}]}");
}

static void what_is_no_change_is_a_fault(void **state)
{
	static const char *const rubbish[] = {"", "{", "[]", "null", "7", "{}", "{'ops':7}",
		"{'ops':[7]}", "{'ops':[{}]}", "{'ops':[],'ops':[]}", "{'ops':[]}x",
		"{'ops':[{'op':'add','kind':'moon'}]}", "\xff\xfe",
		"{'ops':[{'op':'remove','kind':'client','name':'\\u0000'}]}"};

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		assert_int_equal(apply(rubbish[i]), 0);
		if (out.verdict != REPLICA_FAULTY || !out.result || out.text)
			fail_msg("verdict %d for %s", out.verdict, rubbish[i]);
		assert_non_null(strstr(out.result, "\"faults\":[{"));
		assert_non_null(strstr(out.result, "\"text\":\""));
	}
}

static void what_is_said_twice_is_a_fault(void **state)
{
	const char *once = "'ops':[{'op':'add','kind':'client','name':'x'}]";
	char twice[256];

	snprintf(twice, sizeof(twice), "{%s}", once);
	assert_int_equal(apply(twice), 0);
	assert_int_equal(out.verdict, REPLICA_CHANGED);
	snprintf(twice, sizeof(twice), "{%s,%s}", once, once);
	assert_int_equal(apply(twice), 0);
	assert_int_equal(out.verdict, REPLICA_FAULTY);
	assert_non_null(strstr(out.result, "it is no JSON"));
}

static void a_state_that_is_none_is_a_fault(void **state)
{
	static const char rubbish[] = "{\"format\":1}";

	assert_int_equal(apply_to(rubbish, sizeof(rubbish) - 1, ADD_VETH, &out), 0);
	assert_int_equal(out.verdict, REPLICA_FAULTY);
	assert_non_null(strstr(out.result, "viosd"));
	assert_false(pair_apply_valid(rubbish, sizeof(rubbish) - 1, &pa));
	assert_false(pair_apply_valid("", 0, &pa));
	assert_true(pair_apply_valid(text, text_bytes, &pa));
	assert_false(pair_apply_valid(text, text_bytes - 1, &pa));
}

/* A change that is not followed (the other's came first) must not be built upon. */
static void what_was_not_committed_is_forgotten(void **state)
{
	struct replica_applied other = {0}, twin = {0};
	struct pair_apply fresh = pa;

	assert_int_equal(apply(ADD_VETH), 0);
	assert_int_equal(
		apply_to(text, text_bytes,
			"{'ops':[{'op':'add','kind':'veth','attrs':{'client':'lpar1'}}]}", &other),
		0);
	pair_apply_fini(&pa);
	pa = fresh;
	assert_int_equal(
		apply_to(text, text_bytes,
			"{'ops':[{'op':'add','kind':'veth','attrs':{'client':'lpar1'}}]}", &twin),
		0);
	assert_int_equal(other.text_bytes, twin.text_bytes);
	assert_memory_equal(other.text, twin.text, twin.text_bytes);
	assert_null(strstr(other.text, "\"lpar2\",\"id\":3"));
	assert_string_equal(other.result, twin.result);
	clear(&other);
	clear(&twin);
}

/* What is remembered is known by all of its text, not by its length. */
static void states_of_one_length_are_not_mixed_up(void **state)
{
	struct replica_applied two = {0}, three = {0};
	const char *set = "{'ops':[{'op':'set','kind':'veth','name':'lpar1/eth0','attrs':{'pvid':"
			  "%d}}]}";
	char to[128];

	snprintf(to, sizeof(to), set, 2);
	assert_int_equal(apply_to(text, text_bytes, to, &two), 0);
	snprintf(to, sizeof(to), set, 3);
	assert_int_equal(apply_to(text, text_bytes, to, &three), 0);
	assert_int_equal(two.text_bytes, three.text_bytes);
	assert_int_equal(apply_to(two.text, two.text_bytes, to, &out), 0);
	assert_int_equal(out.verdict, REPLICA_CHANGED);
	assert_memory_equal(out.text, three.text, three.text_bytes);
	clear(&two);
	clear(&three);
}

static void a_chain_is_as_if_read_anew(void **state)
{
	struct replica_applied chain[3] = {{0}}, twin = {0};
	const char *at = text;
	size_t at_bytes = text_bytes;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(apply_to(at, at_bytes, ADD_VETH, &chain[i]), 0);
		assert_int_equal(chain[i].verdict, REPLICA_CHANGED);
		pair_apply_fini(&pa); /* the other VIOS has only the text */
		assert_int_equal(apply_to(at, at_bytes, ADD_VETH, &twin), 0);
		assert_int_equal(twin.text_bytes, chain[i].text_bytes);
		assert_memory_equal(twin.text, chain[i].text, twin.text_bytes);
		clear(&twin);
		at = chain[i].text;
		at_bytes = chain[i].text_bytes;
	}
	assert_int_equal(chain[2].changed.id[0], 5);
	for (size_t i = 0; i < 3; i++)
		clear(&chain[i]);
}

/* More than the replica keeps count of are all adapters. */
static void many_adapters_are_all(void **state)
{
	for (size_t n = STAMP_IDS; n <= STAMP_IDS + 1; n++) {
		json_t *ops = json_array();
		char *change;

		for (size_t i = 0; i < n; i++) {
			char client[16];

			snprintf(client, sizeof(client), "many%zu", i);
			json_array_append_new(ops, json_pack("{s:s, s:s, s:s}", "op", "add", "kind",
							   "client", "name", client));
			json_array_append_new(
				ops, json_pack("{s:s, s:s, s:{s:s}}", "op", "add", "kind", "veth",
					     "attrs", "client", client));
		}
		json_t *all = json_pack("{s:o}", "ops", ops);
		change = json_dumps(all, 0);
		json_decref(all);
		assert_int_equal(apply(change), 0);
		free(change);
		assert_int_equal(out.verdict, REPLICA_CHANGED);
		assert_int_equal(out.changed.all, n > STAMP_IDS);
		assert_int_equal(out.changed.n, n > STAMP_IDS ? 0 : STAMP_IDS);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_change_makes_a_state),
		T(no_change_has_no_text),
		T(faults_are_told_with_their_paths),
		T(what_is_no_change_is_a_fault),
		T(what_is_said_twice_is_a_fault),
		T(a_state_that_is_none_is_a_fault),
		T(what_was_not_committed_is_forgotten),
		T(states_of_one_length_are_not_mixed_up),
		T(a_chain_is_as_if_read_anew),
		T(many_adapters_are_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
