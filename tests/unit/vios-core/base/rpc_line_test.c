/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_line_test.c - framing without a socket: cuts at every place, descriptors (here: numbers) at
 * every place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/base/rpc_line.h"

static int feed(struct rpc_reader *r, const char *text, size_t len, int fd)
{
	struct rpc_fds fds = {.n = 0};

	if (fd >= 0)
		fds.fd[fds.n++] = fd;
	while (len > 0) {
		size_t room;
		char *to;
		int rc = rpc_reader_room(r, &to, &room);

		if (rc < 0)
			return rc;
		size_t n = len < room ? len : room;
		memcpy(to, text, n);
		rc = rpc_reader_commit(r, n, &fds);
		if (rc < 0)
			return rc;
		text += n;
		len -= n;
		if (len > 0) {
			const char *line;
			size_t line_len;

			assert_false(rpc_reader_next(r, &line, &line_len, &fds));
		}
	}
	return 0;
}

/* "abc[7] de[] " for all lines that are there. */
static void drain(struct rpc_reader *r, char *out, size_t size)
{
	struct rpc_fds fds;
	const char *line;
	size_t len, at = strlen(out);

	while (rpc_reader_next(r, &line, &len, &fds)) {
		at += (size_t)snprintf(out + at, size - at, "%.*s[", (int)len, line);
		for (size_t i = 0; i < fds.n; i++)
			at += (size_t)snprintf(out + at, size - at, "%d", fds.fd[i]);
		at += (size_t)snprintf(out + at, size - at, "] ");
	}
}

static void fini(struct rpc_reader *r)
{
	struct rpc_fds left[2];

	rpc_reader_fini(r, left);
	assert_int_equal(left[0].n + left[1].n, 0);
}

/* Three lines, the second one's descriptor with its first byte: whatever the cuts, it gets it. */
static void test_every_cut(void **state)
{
	static const char text[] = "abc\ndefg\nhi\n";
	const size_t len = sizeof(text) - 1;

	for (size_t first = 1; first <= 4; first++) {
		for (size_t cut = 5; cut <= 9; cut++) {
			struct rpc_reader r = {.buf = NULL};
			char got[128] = "";

			if (first < 4) {
				assert_int_equal(feed(&r, text, first, -1), 0);
				drain(&r, got, sizeof(got));
			} else {
				first = 0; /* one receive brings the plain line, too */
			}
			assert_int_equal(feed(&r, text + first, cut - first, 7), 0);
			drain(&r, got, sizeof(got));
			if (cut < len)
				assert_int_equal(feed(&r, text + cut, len - cut, -1), 0);
			drain(&r, got, sizeof(got));
			assert_string_equal(got, "abc[] defg[7] hi[] ");
			fini(&r);
			if (first == 0)
				first = 4;
		}
	}
}

static void test_descriptors_add_up(void **state)
{
	struct rpc_reader r = {.buf = NULL};
	char got[128] = "";

	assert_int_equal(feed(&r, "a", 1, 3), 0);
	assert_int_equal(feed(&r, "b", 1, 4), 0);
	assert_int_equal(feed(&r, "\nc", 2, 5), 0);
	drain(&r, got, sizeof(got));
	assert_int_equal(feed(&r, "\n", 1, 6), 0);
	drain(&r, got, sizeof(got));
	assert_string_equal(got, "ab[34] c[56] ");
	fini(&r);
}

static void test_too_many(void **state)
{
	struct rpc_reader r = {.buf = NULL};
	struct rpc_fds fds = {.n = 3, .fd = {100, 101, 102}};
	struct rpc_fds left[2];
	size_t room;
	char *to;

	for (int i = 0; i < RPC_FDS_MAX - 1; i++)
		assert_int_equal(feed(&r, "x", 1, i), 0);
	assert_int_equal(rpc_reader_room(&r, &to, &room), 0);
	*to = 'x';
	assert_int_equal(rpc_reader_commit(&r, 1, &fds), -EMSGSIZE);
	assert_int_equal(fds.n, 2);
	assert_int_equal(fds.fd[0], 101);
	assert_int_equal(fds.fd[1], 102);
	rpc_reader_fini(&r, left);
	assert_int_equal(left[0].n, RPC_FDS_MAX);
	assert_int_equal(left[0].fd[RPC_FDS_MAX - 1], 100);
}

static void test_longest_line(void **state)
{
	struct rpc_reader r = {.buf = NULL};
	char *text = malloc(RPC_LINE_MAX + 1);
	struct rpc_fds fds;
	const char *line;
	size_t len;

	memset(text, 'x', RPC_LINE_MAX);
	text[RPC_LINE_MAX - 1] = '\n';
	assert_int_equal(feed(&r, text, RPC_LINE_MAX, -1), 0);
	assert_true(rpc_reader_next(&r, &line, &len, &fds));
	assert_int_equal(len, RPC_LINE_MAX - 1);
	text[RPC_LINE_MAX - 1] = 'x';
	assert_int_equal(feed(&r, text, RPC_LINE_MAX, -1), 0);
	assert_false(rpc_reader_next(&r, &line, &len, &fds));
	assert_int_equal(feed(&r, "\n", 1, -1), -EMSGSIZE);
	assert_int_equal(r.cap, RPC_LINE_MAX);
	free(text);
	fini(&r);
}

static void test_a_large_buffer_is_given_back(void **state)
{
	struct rpc_reader r = {.buf = NULL};
	char *text = calloc(1, 500000);
	struct rpc_fds fds;
	const char *line;
	size_t len;

	text[499999] = '\n';
	assert_int_equal(feed(&r, text, 500000, -1), 0);
	assert_true(rpc_reader_next(&r, &line, &len, &fds));
	assert_false(rpc_reader_next(&r, &line, &len, &fds));
	assert_int_equal(feed(&r, "x", 1, -1), 0);
	assert_in_range(r.cap, 1, 65536);
	free(text);
	fini(&r);
}

static int parse(const char *text, struct rpc_message *m)
{
	char why[100];

	return rpc_line_parse(text, strlen(text), m, why, sizeof(why));
}

static void test_kinds(void **state)
{
	struct rpc_message m;

	assert_int_equal(
		parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1,\"params\":{}}", &m), 0);
	assert_int_equal(m.kind, RPC_KIND_CALL);
	assert_string_equal(m.method, "m");
	assert_non_null(m.params);
	json_decref(m.root);
	assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}", &m), 0);
	assert_int_equal(m.kind, RPC_KIND_CALL);
	json_decref(m.root);
	assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null}", &m), 0);
	assert_int_equal(m.kind, RPC_KIND_NOTE);
	assert_true(m.params_bad);
	assert_null(m.params);
	json_decref(m.root);
	assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":null}", &m), 0);
	assert_int_equal(m.kind, RPC_KIND_RESULT);
	assert_int_equal(m.answer_id, 9);
	assert_non_null(m.result);
	json_decref(m.root);
	assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"id\":9,"
			       "\"error\":{\"code\":-5,\"message\":\"no\"}}",
				 &m),
		0);
	assert_int_equal(m.kind, RPC_KIND_ERROR);
	assert_int_equal(m.error_code, -5);
	assert_string_equal(m.error_message, "no");
	json_decref(m.root);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} bad[] = {
		{"", RPC_PARSE},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"m\"} x", RPC_PARSE},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}", RPC_PARSE},
		{"{\"jsonrpc\":2.0,\"method\":\"m\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":true}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"result\":{}}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"x\"}}",
			RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"x\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":99999999999,\"message\":\"\"}}",
			RPC_INVALID_REQUEST},
	};
	struct rpc_message m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i].text, &m) != bad[i].code)
			fail_msg("%s", bad[i].text);
		assert_null(m.root);
	}
}

static void test_written(void **state)
{
	json_t *root = rpc_line_call(3, "m", json_pack("{s:i}", "x", 1));
	char text[128] = "";
	size_t len = rpc_line_write(root, NULL, 0);

	assert_int_equal(rpc_line_write(root, text, sizeof(text)), len);
	assert_int_equal(strlen(text), len);
	assert_int_equal(text[len - 1], '\n');
	assert_null(memchr(text, '\n', len - 1));
	struct rpc_message m;
	assert_int_equal(parse(text, &m), 0);
	assert_int_equal(m.kind, RPC_KIND_CALL);
	json_decref(m.root);
	json_decref(root);

	root = rpc_line_error(NULL, -1, "bad \xff");
	memset(text, 0, sizeof(text));
	rpc_line_write(root, text, sizeof(text));
	assert_non_null(strstr(text, "\"id\":null"));
	assert_non_null(strstr(text, "(not UTF-8)"));
	json_decref(root);
	assert_null(rpc_line_note("\xff", json_object()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_descriptors_add_up),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_a_large_buffer_is_given_back),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
