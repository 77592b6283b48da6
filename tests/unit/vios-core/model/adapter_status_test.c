/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests of adapter_status.c: what a mux says is understood as it was meant, or refused. */
#include "vios-core/model/adapter_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct model_frame two = {.n_vios = 2, .vios = {{.name = "vios1"}, {.name = "vios2"}}};
static const struct model_frame *const frame = &two;

static const char *report(const char *text, struct adapter_status *out)
{
	json_t *params = json_loads(text, 0, NULL);
	const char *fault;

	assert_non_null(params);
	fault = adapter_status_parse(frame, params, out);
	json_decref(params);
	return fault;
}

static void test_report(void **state)
{
	struct adapter_status got;

	assert_null(report(
		"{\"live\":\"vios2\",\"start\":4,\"client_connected\":true,\"paths\":{"
		"\"vios1\":{\"phase\":\"refused\",\"state\":null,\"reason\":\"lacks\\u001b[2J\"},"
		"\"vios2\":{\"phase\":\"live\",\"state\":\"standby\",\"generation\":9}},"
		"\"more\":1}",
		&got));
	assert_int_equal(got.live, 1);
	assert_int_equal(got.start, 4);
	assert_true(got.client_connected);
	assert_int_equal(got.paths[0].phase, ADAPTER_PHASE_REFUSED);
	assert_string_equal(got.paths[0].reason, "lacks?[2J");
	assert_int_equal(got.paths[1].state, MODEL_PATH_STANDBY);
	assert_int_equal(got.paths[1].generation, 9);
	assert_null(report("{\"live\":null}", &got));
	assert_int_equal(got.live, -1);
	assert_null(report("{}", &got));
}

static void test_report_long_reason_is_cut(void **state)
{
	char text[2000];
	struct adapter_status got;

	snprintf(text, sizeof(text),
		"{\"paths\":{\"vios1\":{\"phase\":\"ready\",\"reason\":\"%0*d\"}}}", 1500, 7);
	assert_null(report(text, &got));
	assert_int_equal(strlen(got.paths[0].reason), ADAPTER_STATUS_REASON_BYTES - 1);
}

static void test_bad_reports(void **state)
{
	static const char *const bad[] = {
		"{\"live\":\"vios3\"}",
		"{\"live\":1}",
		"{\"start\":-1}",
		"{\"start\":\"1\"}",
		"{\"client_connected\":1}",
		"{\"paths\":[]}",
		"{\"paths\":{\"vios3\":{\"phase\":\"live\"}}}",
		"{\"paths\":{\"vios1\":{\"phase\":\"alive\"}}}",
		"{\"paths\":{\"vios1\":{}}}",
		"{\"paths\":{\"vios1\":7}}",
		"{\"paths\":{\"vios1\":{\"phase\":\"live\",\"state\":\"ok\"}}}",
		"{\"paths\":{\"vios1\":{\"phase\":\"live\",\"generation\":\"x\"}}}",
		"{\"paths\":{\"vios1\":{\"phase\":\"live\",\"reason\":[]}}}",
	};
	struct adapter_status got;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!report(bad[i], &got))
			fail_msg("taken: %s", bad[i]);
		assert_false(got.known);
	}
	assert_null(adapter_status_parse(frame, NULL, &got));
}

static struct adapter_status some_status(void)
{
	struct adapter_status s = {.known = true,
		.adapter = "lpar1/eth0",
		.live = 1,
		.id = 7,
		.start = UINT64_C(1) << 52,
		.incarnation = 0xabc,
		.client_connected = true,
		.profile_pending = true};

	s.paths[0] = (struct adapter_status_path){
		true, ADAPTER_PHASE_REFUSED, MODEL_PATH_TRANSITIONING, 8, "lacks X"};
	s.paths[1] =
		(struct adapter_status_path){true, ADAPTER_PHASE_LIVE, MODEL_PATH_STANDBY, 9, ""};
	return s;
}

static void test_both_ends_agree(void **state)
{
	struct adapter_status in = some_status(), out;
	json_t *note = adapter_status_json(frame, &in);

	assert_null(adapter_status_parse(frame, note, &out));
	in.incarnation = 0; /* is not in this note */
	assert_string_equal(out.adapter, in.adapter);
	assert_int_equal(out.live, in.live);
	assert_int_equal(out.id, in.id);
	assert_int_equal(out.start, in.start);
	assert_int_equal(out.incarnation, 0);
	assert_true(out.client_connected && out.profile_pending && out.known);
	for (int i = 0; i < 2; i++) {
		assert_true(out.paths[i].known);
		assert_int_equal(out.paths[i].phase, in.paths[i].phase);
		assert_int_equal(out.paths[i].state, in.paths[i].state);
		assert_int_equal(out.paths[i].generation, in.paths[i].generation);
		assert_string_equal(out.paths[i].reason, in.paths[i].reason);
	}
	json_decref(note);
	in.live = -1;
	in.paths[0].known = false;
	note = adapter_status_json(frame, &in);
	assert_null(adapter_status_parse(frame, note, &out));
	assert_int_equal(out.live, -1);
	assert_false(out.paths[0].known);
	assert_true(out.paths[1].known);
	json_decref(note);
}

static void test_live(void **state)
{
	struct adapter_status s = some_status();
	json_t *note = adapter_live_json(frame, &s);
	json_t *want = json_pack("{s:s, s:i, s:s, s:s}", "adapter", "lpar1/eth0", "id", 7, "vios",
		"vios2", "incarnation", "0000000000000abc");

	assert_true(json_equal(note, want));
	json_decref(note);
	json_decref(want);
	s.live = -1;
	note = adapter_live_json(frame, &s);
	want = json_pack("{s:s, s:i, s:n, s:s}", "adapter", "lpar1/eth0", "id", 7, "vios",
		"incarnation", "");
	assert_true(json_equal(note, want));
	json_decref(note);
	json_decref(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_long_reason_is_cut),
		cmocka_unit_test(test_bad_reports),
		cmocka_unit_test(test_both_ends_agree),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
