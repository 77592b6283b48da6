// SPDX-License-Identifier: BSD-3-Clause
/*
 * restore_test.c - whatever has been changed since, the change that viosbr -restore makes leads
 * back to the backup; and what does not fit is refused. Random states: arguments: first seed,
 * number of seeds.
 */
#include "tests/lib/config_dice.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/restore.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 25

static struct model_faults faults;
static unsigned long first_seed = 1, n_seeds = 150;

/* What is given out anew does not come back. */
static json_t *comparable(json_t *state)
{
	static const char *const kinds[] = {"veth", "vhost"};
	json_t *object;
	size_t i;

	json_object_del(state, "next_id");
	for (size_t k = 0; k < 2; k++)
		json_array_foreach(json_object_get(state, kinds[k]), i, object)
			json_object_del(object, "id");
	return state;
}

/* The state after the operations. */
static json_t *applied(json_t *state, json_t *ops)
{
	json_t *change = json_pack("{s:O}", "ops", ops), *after;
	struct config_applied result;
	struct config *config;

	assert_int_equal(config_from_json(state, &config, &faults), 0);
	if (json_array_size(ops) == 0) {
		after = config_json(config);
	} else {
		assert_int_equal(config_apply(config, change, &result, &faults), 0);
		after = config_json(result.config);
		config_applied_fini(&result);
	}
	config_free(config);
	json_decref(change);
	return after;
}

static void assert_leads_back(json_t *now, json_t *wanted)
{
	json_t *ops = json_array(), *after, *again = json_array();

	faults.n = 0;
	if (restore_build(now, wanted, ops, &faults) < 0)
		fail_msg("refused: %s", faults.text[0]);
	after = applied(now, ops);
	/* and then there is nothing left to do */
	assert_int_equal(restore_build(after, wanted, again, &faults), 0);
	assert_int_equal(json_array_size(again), 0);
	json_decref(again);
	json_t *want = comparable(json_deep_copy(wanted));
	comparable(after);
	if (!json_equal(after, want)) {
		puts(json_dumps(ops, JSON_INDENT(1)));
		fail_msg("after: %s\nwanted: %s", json_dumps(after, JSON_COMPACT | JSON_SORT_KEYS),
			json_dumps(want, JSON_COMPACT | JSON_SORT_KEYS));
	}
	json_decref(want);
	json_decref(after);
	json_decref(ops);
}

static void walk(struct config_dice *dice, struct config **config)
{
	for (int i = 0; i < STEPS; i++) {
		json_t *change = config_dice_change(dice);

		config_dice_step(config, change);
		json_decref(change);
	}
}

static bool same_vios(const json_t *a, const json_t *b)
{
	const json_t *x = json_object_get(a, "vios"), *y = json_object_get(b, "vios");
	json_t *vios;
	size_t i;

	json_array_foreach(x, i, vios) if (!jx_find(y, "name", jx_text(vios, "name"))) return false;
	return json_array_size(x) == json_array_size(y);
}

static void test_any_state(void **state)
{
	unsigned long went = 0;

	for (unsigned long seed = first_seed; seed < first_seed + n_seeds; seed++) {
		struct config_dice dice = {.seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
		struct config *config = config_dice_start();

		print_message("seed %lu\n", seed);
		walk(&dice, &config);
		json_t *then = config_json(config);
		walk(&dice, &config);
		json_t *now = config_json(config);
		if (same_vios(then, now)) {
			assert_leads_back(now, then);
			assert_leads_back(then, now);
			went++;
		} else {
			json_t *ops = json_array();

			faults.n = 0;
			assert_int_equal(restore_build(now, then, ops, &faults), -EINVAL);
			assert_non_null(strstr(faults.text[0], "VIOS"));
			json_decref(ops);
		}
		json_decref(then);
		json_decref(now);
		config_free(config);
	}
	assert_true(went >= n_seeds / 4);
}

static json_t *made(const char *text)
{
	struct config *config = config_dice_start();
	char *copy = strdup(text);

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *change = json_loads(copy, 0, NULL), *state;
	if (*text && !config_dice_step(&config, change))
		fail_msg("not taken: %s", text);
	state = config_json(config);
	config_free(config);
	json_decref(change);
	free(copy);
	return state;
}

#define OP(verb, kind, name, attrs)                                                                \
	"{'op':'" verb "','kind':'" kind "','name':'" name "','attrs':{" attrs "}}"
#define DISK(name, type, lun, force)                                                               \
	OP("add", "backing", name, "'type':'" type "','path':{'vios1':'/dev/" name "'}")           \
	"," OP("add", "vtd", "t_" name, "'vhost':'vhost0','backing':'" name "','lun':" lun)

/* A device of another type, a target of another LUN, and a server adapter of another client. */
static void test_made_anew(void **state)
{
	json_t *a = made("{'ops':[" OP("add", "client", "c", "") "," OP(
		"add", "client", "d", "") "," OP("add", "vhost", "vhost0",
		"'client':'c'") "," DISK("x", "disk", "1", "") "," DISK("y", "disk", "2", "") "]}");
	json_t *b = made("{'ops':[" OP("add", "client", "c", "") "," OP(
		"add", "client", "d", "") "," OP("add", "vhost", "vhost0",
		"'client':'d'") "," DISK("x", "lv", "2", "") "," DISK("y", "disk", "1", "") "]}");
	json_t *c = made("{'ops':[" OP("add", "client", "c", "") "," OP(
		"add", "vhost", "vhost0", "'client':'c'") "," DISK("x", "file", "1", "") "]}");

	assert_leads_back(a, b);
	assert_leads_back(b, a);
	assert_leads_back(a, c);
	assert_leads_back(c, b);
	json_decref(a);
	json_decref(b);
	json_decref(c);
}

/* Only what differs, and that without defaults. */
static void test_few_words(void **state)
{
	json_t *now = made(""),
	       *wanted = made("{'ops':[" OP("add", "client", "c", "") "," OP("add", "veth",
		       "c/eth0", "'mac':'02:00:00:00:00:07','profile':{'mtu':9000}") "]}");
	json_t *ops = json_array();
	char *text;

	faults.n = 0;
	assert_int_equal(restore_build(now, wanted, ops, &faults), 0);
	text = json_dumps(ops, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
		"[{\"attrs\":{\"id\":3},\"kind\":\"client\",\"name\":\"c\",\"op\":\"add\"},"
		"{\"attrs\":{\"client\":\"c\",\"mac\":\"02:00:00:00:00:07\",\"profile\":{\"mtu\":"
		"9000}},\"kind\":\"veth\",\"name\":\"c/eth0\",\"op\":\"add\"}]");
	assert_int_equal(restore_bytes(ops), strlen(text) + strlen("{\"ops\":}"));
	free(text);
	json_array_clear(ops);
	assert_int_equal(restore_build(wanted, now, ops, &faults), 0);
	text = restore_lay(ops);
	assert_string_equal(text, "remove veth     c/eth0\nremove client   c\n");
	free(text);
	json_array_clear(ops);
	json_object_set_new(json_object_get(now, "frame"), "hang_ms", json_integer(77));
	assert_int_equal(restore_build(wanted, now, ops, &faults), 0);
	text = restore_lay(ops);
	assert_non_null(strstr(text, " hang_ms=77\n"));
	free(text);
	json_decref(ops);
	json_decref(now);
	json_decref(wanted);
}

static void test_what_does_not_fit(void **state)
{
	json_t *now = made(""), *other = json_deep_copy(now), *ops = json_array();

	faults.n = 0;
	json_object_set_new(json_object_get(other, "frame"), "name", json_string("elsewhere"));
	assert_int_equal(restore_build(now, other, ops, &faults), -EINVAL);
	assert_non_null(strstr(faults.text[0], "it is of frame elsewhere"));
	json_decref(other);
	other = json_deep_copy(now);
	faults.n = 0;
	json_array_append_new(json_object_get(other, "vtd"), json_pack("{s:s}", "name", "v"));
	assert_int_equal(restore_build(now, other, ops, &faults), -EINVAL);
	assert_non_null(strstr(faults.text[0], "vtd[0]"));
	assert_int_equal(json_array_size(ops), 0);
	json_decref(other);
	json_decref(now);
	json_decref(ops);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_state),
		cmocka_unit_test(test_made_anew),
		cmocka_unit_test(test_few_words),
		cmocka_unit_test(test_what_does_not_fit),
	};

	if (argc > 1)
		first_seed = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		n_seeds = strtoul(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
