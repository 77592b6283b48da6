/* SPDX-License-Identifier: BSD-3-Clause */
/* The drill's side of the storage client: what it asks, what it takes for an answer, and clients
 * that die, say nothing or something else. The client is a shell script. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "ha/drill/storage.h"

#define REPORT                                                                                     \
	"\"stall_ms\": 12.5, \"stall_at_ms\": 500.25, \"latency_ms\": 9.0, \"idle_ms\": 1, "       \
	"\"oldest_ms\": 0, \"requests\": 77"
#define REST                                                                                       \
	"\"io_errors\": 1, \"bad_reads\": 2, \"retries\": 3, \"read_back\": 4, \"first\": "        \
	"\"lba 5\""

static struct env env;
static char sh[] = "/bin/sh", dash_c[] = "-c", script[2048];
static char fault[ENV_FAULT_BYTES];

/* Says line for each command. $1 $2 $3 $4: what the drill appends. */
static struct storage *client(const char *body)
{
	static char name[] = "client";
	struct storage *s;

	snprintf(script, sizeof(script),
		"while read c rest; do case $c in ready|start|window|busy|steady) "
		"echo \"{\\\"did\\\": \\\"$c\\\", \\\"error\\\": null}\";; %s esac; done",
		body);
	memset(&env, 0, sizeof(env));
	env.storage.command[0] = sh;
	env.storage.command[1] = dash_c;
	env.storage.command[2] = script;
	env.storage.command[3] = name;
	assert_int_equal(storage_new(&env, 500, 4, &s), 0);
	return s;
}

static void said(const char *what)
{
	if (!strstr(fault, what))
		fail_msg("'%s' does not say '%s'", fault, what);
}

static void a_whole_window(void **state)
{
	struct storage *s =
		client("report) echo '{\"did\": \"report\", \"error\": null, " REPORT "}';;"
		       "rest) echo '{\"did\": \"rest\", \"error\": null, " REST "}';;");
	struct stall_result r = {0};

	assert_int_equal(storage_connect(s, fault), 0);
	assert_int_equal(storage_connect(s, fault), 0); /* it runs already */
	assert_int_equal(storage_start(s, fault), 0);
	assert_int_equal(storage_window_begin(s, fault), 0);
	assert_int_equal(storage_busy(s, true, fault), 0);
	assert_int_equal(storage_busy(s, false, fault), 0);
	assert_int_equal(storage_window_end(s, &r, fault), 0);
	assert_int_equal(r.stall_ns, 12500000);
	assert_int_equal(r.stall_at_ns, 500250000);
	assert_int_equal(r.latency_ns, 9000000);
	assert_int_equal(r.idle_ns, 1000000);
	assert_int_equal(r.requests, 77);
	assert_int_equal(storage_rest(s, &r, fault), 0);
	assert_int_equal(r.stall_ns, 12500000);
	assert_int_equal(r.io_errors, 1);
	assert_int_equal(r.bad_reads, 2);
	assert_int_equal(r.retries, 3);
	assert_int_equal(r.read_back, 4);
	assert_string_equal(r.first, "lba 5");
	storage_free(s);
}

/* The pace is the drill's; the drill's own descriptors are not the client's. */
static void its_command_line(void **state)
{
	struct storage *s = client("reserved) [ \"$*\" = '--rate 500 --depth 4' ] && "
				   "echo '{\"did\": \"reserved\", \"key\": \"abc\", \"keys\": 2}' "
				   "|| echo \"{\\\"did\\\": \\\"$*\\\"}\";;");
	struct storage_reservation held;

	assert_int_equal(storage_connect(s, fault), 0);
	assert_int_equal(storage_reservation(s, "reserved", &held, fault), 0);
	assert_string_equal(held.key, "abc");
	assert_int_equal(held.keys, 2);
	storage_free(s);
}

static void a_client_that_dies_is_replaced(void **state)
{
	struct storage *s = client("report) exit 1;; rest) kill -9 $$;;");
	struct stall_result r = {0};

	assert_int_equal(storage_connect(s, fault), 0);
	assert_true(storage_window_end(s, &r, fault) < 0);
	said("no answer of the storage client to 'report'");
	assert_true(storage_rest(s, &r, fault) < 0); /* there is none */
	assert_int_equal(storage_connect(s, fault), 0);
	assert_true(storage_rest(s, &r, fault) < 0);
	said("'rest'");
	assert_int_equal(storage_connect(s, fault), 0);
	assert_int_equal(storage_start(s, fault), 0);
	storage_free(s);
}

static void a_client_that_cannot_be_started(void **state)
{
	static char missing[] = "/nonexistent/client";
	struct storage *s = client("");

	env.storage.command[0] = missing;
	assert_true(storage_connect(s, fault) < 0);
	said("cannot start the storage client /nonexistent/client");
	storage_free(s);
}

static void rubbish_is_no_answer(void **state)
{
	static const char *const bodies[] = {"report) echo rubbish;;", "report) echo '{}';;",
		"report) echo '{\"did\": \"rest\"}';;",
		"report) echo '{\"did\": \"report\", \"error\": \"no disk\"}';;",
		"report) echo '{\"did\": \"report\", \"stall_ms\": -1}';;",
		"report) head -c 5000 /dev/zero | tr '\\0' x;;"};
	struct stall_result r;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct storage *s = client(bodies[i]);

		assert_int_equal(storage_connect(s, fault), 0);
		assert_true(storage_window_end(s, &r, fault) < 0);
		assert_true(fault[0] != '\0');
		if (i == 3)
			said("could not 'report': no disk");
		storage_free(s);
	}
}

static int parse(int (*fn)(const json_t *, struct stall_result *), const char *members)
{
	struct stall_result r = {0};
	char text[512];
	json_t *answer;
	int rc;

	snprintf(text, sizeof(text), "{%s}", members);
	answer = json_loads(text, 0, NULL);
	assert_non_null(answer);
	rc = fn(answer, &r);
	json_decref(answer);
	return rc;
}

static void members_that_are_missing_or_impossible(void **state)
{
	assert_int_equal(parse(storage_parse_report, REPORT), 0);
	assert_int_equal(parse(storage_parse_rest, REST), 0);
	assert_true(parse(storage_parse_report, REST) < 0);
	assert_true(parse(storage_parse_rest, REPORT) < 0);
	assert_true(parse(storage_parse_report, REPORT ", \"stall_ms\": -0.5") < 0);
	assert_true(parse(storage_parse_report, REPORT ", \"idle_ms\": 1e300") < 0);
	assert_true(parse(storage_parse_report, REPORT ", \"requests\": 7.5") < 0);
	assert_true(parse(storage_parse_rest, REST ", \"bad_reads\": -1") < 0);
	assert_true(parse(storage_parse_rest, REST ", \"io_errors\": null") < 0);
	assert_true(parse(storage_parse_rest, REST ", \"first\": 5") < 0);
}

/* The drill closes its end, or dies: nobody is left. */
static void it_ends_with_the_drill(void **state)
{
	struct storage *s = client("reserved) echo \"{\\\"did\\\": \\\"reserved\\\", \\\"key\\\": "
				   "\\\"$$\\\", \\\"keys\\\": 0}\";;");
	struct storage_reservation held;
	pid_t pid;

	assert_int_equal(storage_connect(s, fault), 0);
	assert_int_equal(storage_reservation(s, "reserved", &held, fault), 0);
	pid = (pid_t)atoi(held.key);
	assert_true(pid > 1 && kill(pid, 0) == 0);
	storage_free(s);
	assert_true(kill(pid, 0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_window),
		cmocka_unit_test(its_command_line),
		cmocka_unit_test(a_client_that_dies_is_replaced),
		cmocka_unit_test(a_client_that_cannot_be_started),
		cmocka_unit_test(rubbish_is_no_answer),
		cmocka_unit_test(members_that_are_missing_or_impossible),
		cmocka_unit_test(it_ends_with_the_drill),
	};

	return cmocka_run_group_tests_name("ha/drill/storage", tests, NULL, NULL);
}
