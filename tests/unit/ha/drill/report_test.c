/* SPDX-License-Identifier: BSD-3-Clause */
/* The report: the JSON's stable part, and what the table says to a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "ha/drill/report.h"

static struct drill drill;
static struct session session;
static char somebody; /* the report only asks whether there is a storage client */

static void window(struct session_series *series, int d, int64_t gap_ns, uint64_t lost)
{
	series->result[d][series->n_measured] = (struct trace_result){
		.sent = 40000, .lost = lost, .gap_ns = gap_ns, .resumed = true};
}

static void figures(struct session_series *series)
{
	int64_t scratch[8];

	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		struct judge_series windows = {series->result[d], series->n_measured};

		judge_figures(&windows, scratch, &series->figures[d]);
	}
	stall_figures(series->stall, series->n_measured, scratch, &series->stalls);
}

/* Two runs of kill and one of partition, two windows of baseline. */
static int set_up(void **state)
{
	const struct scenario *scenarios[] = {scenario_find("kill"), scenario_find("partition")};
	static const struct env env = {.n_traffic = 1};

	memset(&drill, 0, sizeof(drill));
	drill.env = &env;
	memset(&session, 0, sizeof(session));
	drill.rate_pps = 10000;
	session.drill = &drill;
	session.runs = session.baseline_windows = 2;
	assert_int_equal(session_init(&session, scenarios, 2), 0);
	for (int i = 0; i < 2; i++) {
		for (int d = 0; d < PROBE_DIRECTIONS; d++) {
			window(&session.baseline, d, 2000000 + d * 1000000, 0);
			window(&session.scenario[0], d, 4000000 + i * 2000000, 7);
		}
		session.baseline.stall[i] =
			(struct stall_result){.stall_ns = 3000000, .requests = 2000};
		session.scenario[0].stall[i] = (struct stall_result){
			.stall_ns = 8000000 + i * 2000000, .requests = 1900, .io_errors = 3};
		session.baseline.n = ++session.baseline.n_measured;
		session.scenario[0].n = ++session.scenario[0].n_measured;
	}
	session.scenario[1].n = 1;
	judge_fail(&session.scenario[1].verdict, "run 1: the links were not cut");
	figures(&session.baseline);
	figures(&session.scenario[0]);
	return 0;
}

static int tear_down(void **state)
{
	session_fini(&session);
	return 0;
}

static double number(const json_t *object, const char *a, const char *b, const char *c)
{
	const json_t *value = json_object_get(json_object_get(object, a), b);

	if (c)
		value = json_object_get(value, c);
	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void the_stable_part(void **state)
{
	json_t *root = report_json(&session), *kill, *to;

	assert_non_null(root);
	kill = json_array_get(json_object_get(root, "scenarios"), 0);
	assert_string_equal(json_string_value(json_object_get(kill, "name")), "kill");
	assert_int_equal(json_integer_value(json_object_get(kill, "runs")), 2);
	assert_true(json_number_value(json_object_get(kill, "limit_ms")) == 10.0);
	assert_string_equal(json_string_value(json_object_get(kill, "verdict")), "pass");
	to = json_object_get(json_object_get(kill, "directions"), "to_client");
	assert_true(number(to, "gap_ms", "p50", NULL) == 5.0);
	assert_true(number(to, "gap_ms", "worst", NULL) == 6.0);
	assert_int_equal(json_integer_value(json_object_get(to, "lost")), 14);
	assert_int_equal(json_integer_value(json_object_get(to, "duplicated")), 0);
	assert_int_equal(json_integer_value(json_object_get(to, "reordered")), 0);
	assert_true(json_is_object(
		json_object_get(json_object_get(kill, "directions"), "from_client")));
	assert_true(number(json_object_get(root, "baseline"), "directions", "from_client",
			    "lost") == 0.0);
	assert_true(json_is_object(json_object_get(root, "machine")));
	json_decref(root);
}

static void storage_beside_the_network(void **state)
{
	json_t *root, *kill, *storage;
	char text[4096] = "";
	FILE *out;

	root = report_json(&session);
	kill = json_array_get(json_object_get(root, "scenarios"), 0);
	assert_null(json_object_get(json_object_get(kill, "directions"), "storage"));
	json_decref(root);

	drill.storage = (struct storage *)&somebody;
	drill.storage_rate = 500;
	session.times_judged = true;
	root = report_json(&session);
	kill = json_array_get(json_object_get(root, "scenarios"), 0);
	storage = json_object_get(json_object_get(kill, "directions"), "storage");
	assert_true(number(storage, "stall_ms", "p50", NULL) == 9.0);
	assert_true(number(storage, "stall_ms", "worst", NULL) == 10.0);
	assert_int_equal(json_integer_value(json_object_get(storage, "io_errors")), 6);
	assert_int_equal(json_integer_value(json_object_get(storage, "bad_reads")), 0);
	assert_int_equal(json_integer_value(json_object_get(storage, "requests")), 3800);
	assert_true(json_number_value(json_object_get(storage, "limit_ms")) == 20.0);
	assert_true(number(json_object_get(json_object_get(root, "baseline"), "directions"),
			    "storage", "stall_ms", "worst") == 3.0);
	/* The scenario's own limit stays the network's. */
	assert_true(json_number_value(json_object_get(kill, "limit_ms")) == 10.0);
	json_decref(root);
	out = fmemopen(text, sizeof(text), "w");
	assert_non_null(out);
	report_table(out, &session);
	fclose(out);
	assert_non_null(strstr(text, "kill           2  storage          9.00     10.00"));
	assert_non_null(strstr(text, "500 a second"));
}

static void a_failure_is_told(void **state)
{
	json_t *root = report_json(&session), *partition;

	partition = json_array_get(json_object_get(root, "scenarios"), 1);
	assert_string_equal(json_string_value(json_object_get(partition, "verdict")), "fail");
	/* The wider of twice 2 ms and twice 3 ms. */
	assert_true(json_number_value(json_object_get(partition, "limit_ms")) == 6.0);
	assert_int_equal(json_array_size(json_object_get(partition, "reasons")), 1);
	json_decref(root);
}

static void the_table(void **state)
{
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	report_table(out, &session);
	fclose(out);
	assert_non_null(strstr(text, "10.0/60.0"));
	assert_non_null(strstr(text, "FAIL"));
	assert_non_null(strstr(text, "partition: run 1: the links were not cut"));
	assert_non_null(strstr(text, "baseline"));
	assert_non_null(strstr(text, "two consecutive arrivals"));
}

static void written_whole_or_not_at_all(void **state)
{
	char path[] = "/tmp/drill-report-test-XXXXXX", missing[] = "/nonexistent/x.json";
	int fd = mkstemp(path);
	json_t *back;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(report_write(&session, path), 0);
	back = json_load_file(path, 0, NULL);
	assert_true(json_is_object(back));
	json_decref(back);
	unlink(path);
	assert_true(report_write(&session, missing) < 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_stable_part),
		TEST(storage_beside_the_network),
		TEST(a_failure_is_told),
		TEST(the_table),
		TEST(written_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("ha/drill/report", tests, NULL, NULL);
}
