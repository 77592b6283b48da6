/* SPDX-License-Identifier: BSD-3-Clause */
/* witness_talk_test.c - what the frame's witness is asked, and what is taken from its answers. */
#include "vios-core/daemon/witness_talk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct replica_witness heard;

static char *quoted(const char *text)
{
	char *json = strdup(text);

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	return json;
}

/* ' stands for ". */
static int take(const char *text)
{
	char *json = quoted(text);
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	int r = witness_answer_read(value, &heard);

	free(json);
	json_decref(value);
	return r;
}

static void assert_raise(const struct replica_action *raise, const char *wanted)
{
	char *json = quoted(wanted);
	json_t *is = witness_raise_params("vios2", raise), *want = json_loads(json, 0, NULL);

	assert_non_null(want);
	if (!json_equal(is, want))
		fail_msg("%s", json_dumps(is, JSON_COMPACT));
	free(json);
	json_decref(is);
	json_decref(want);
}

static void a_claim_names_what_it_follows(void **state)
{
	struct replica_action raise = {
		.expect = {3, 40, "ab"},
		.wanted = {4, 41, "cd"},
		.changed = {.n = 2, .id = {7, UINT32_MAX}},
	};

	assert_raise(&raise, "{'vios': 'vios2', 'expect': {'epoch': 3, 'version': 40, 'digest': "
			     "'ab'}, 'epoch': 4, 'version': 41, 'digest': 'cd', 'changed': [7, "
			     "4294967295], 'in_step': false}");
	raise.changed = (struct stamp_ids){.all = true};
	assert_raise(&raise, "{'vios': 'vios2', 'expect': {'epoch': 3, 'version': 40, 'digest': "
			     "'ab'}, 'epoch': 4, 'version': 41, 'digest': 'cd', 'changed': 'all', "
			     "'in_step': false}");
}

static void both_in_step_concerns_no_adapter(void **state)
{
	struct replica_action raise = {.wanted = {0, 1, "cd"}, .in_step = true};

	assert_raise(&raise, "{'vios': 'vios2', 'expect': {'epoch': 0, 'version': 0, 'digest': ''},"
			     "'epoch': 0, 'version': 1, 'digest': 'cd', 'changed': [], 'in_step': "
			     "true}");
}

static void an_answer_is_taken(void **state)
{
	assert_int_equal(take("{'epoch': 4, 'version': 41, 'digest': 'cd', 'holder': 'vios1', "
			      "'changed': [7, 4294967295], 'later': []}"),
		0);
	assert_int_equal(heard.mark.epoch, 4);
	assert_int_equal(heard.mark.version, 41);
	assert_string_equal(heard.mark.digest, "cd");
	assert_string_equal(heard.holder, "vios1");
	assert_false(heard.changed.all);
	assert_int_equal(heard.changed.n, 2);
	assert_int_equal(heard.changed.id[0], 7);
	assert_int_equal(heard.changed.id[1], UINT32_MAX);
	assert_int_equal(take("{'epoch': 0, 'version': 0, 'digest': '', 'holder': null, 'changed': "
			      "'all'}"),
		0);
	assert_string_equal(heard.holder, "");
	assert_true(heard.changed.all);
	assert_int_equal(heard.changed.n, 0);
}

/* More than fit are all: none of them may be forgotten. */
static void too_many_ids_are_all(void **state)
{
	for (size_t n = STAMP_IDS; n <= STAMP_IDS + 1; n++) {
		json_t *answer = json_pack("{s:i, s:i, s:s, s:n, s:[]}", "epoch", 1, "version", 2,
			"digest", "", "holder", "changed");
		json_t *list = json_object_get(answer, "changed");

		for (size_t i = 0; i < n; i++)
			json_array_append_new(list, json_integer((json_int_t)i + 1));
		assert_int_equal(witness_answer_read(answer, &heard), 0);
		assert_int_equal(heard.changed.all, n > STAMP_IDS);
		assert_int_equal(heard.changed.n, n > STAMP_IDS ? 0 : STAMP_IDS);
		json_decref(answer);
	}
}

static void rubbish_is_not_taken(void **state)
{
	static const char *const rubbish[] = {
		"null",
		"[]",
		"'epoch'",
		"{}",
		"{'version': 1, 'digest': '', 'holder': null, 'changed': []}",
		"{'epoch': -1, 'version': 1, 'digest': '', 'holder': null, 'changed': []}",
		"{'epoch': 1.5, 'version': 1, 'digest': '', 'holder': null, 'changed': []}",
		"{'epoch': '1', 'version': 1, 'digest': '', 'holder': null, 'changed': []}",
		"{'epoch': 1, 'digest': '', 'holder': null, 'changed': []}",
		"{'epoch': 1, 'version': 1, 'holder': null, 'changed': []}",
		"{'epoch': 1, 'version': 1, 'digest': null, 'holder': null, 'changed': []}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'changed': []}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': 7, 'changed': []}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': null}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': null, 'changed': 'some'}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': null, 'changed': {}}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': null, 'changed': [0]}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': null, 'changed': [4294967296]}",
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': null, 'changed': ['1']}",
	};

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++)
		if (take(rubbish[i]) != -EBADMSG)
			fail_msg("taken: %s", rubbish[i]);
}

static int with_length(const char *format, int n)
{
	char text[512];

	snprintf(text, sizeof(text), format, n, n);
	return take(text);
}

static void words_that_do_not_fit_are_not_cut(void **state)
{
	const char *digest =
		"{'epoch': 1, 'version': 1, 'digest': '%0*d', 'holder': null, 'changed': []}";
	const char *holder =
		"{'epoch': 1, 'version': 1, 'digest': '', 'holder': '%0*d', 'changed': []}";

	assert_int_equal(with_length(digest, sizeof(heard.mark.digest) - 1), 0);
	assert_int_equal(strlen(heard.mark.digest), sizeof(heard.mark.digest) - 1);
	assert_int_equal(with_length(digest, sizeof(heard.mark.digest)), -EBADMSG);
	assert_int_equal(with_length(holder, sizeof(heard.holder) - 1), 0);
	assert_int_equal(with_length(holder, sizeof(heard.holder)), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_names_what_it_follows),
		cmocka_unit_test(both_in_step_concerns_no_adapter),
		cmocka_unit_test(an_answer_is_taken),
		cmocka_unit_test(too_many_ids_are_all),
		cmocka_unit_test(rubbish_is_not_taken),
		cmocka_unit_test(words_that_do_not_fit_are_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
