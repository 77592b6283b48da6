/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_hostile_test.c - peers that break rules, cut lines anywhere, or read nothing: raw sockets
 * against a server. */
#include "rpc_fixture.h"

#define NOTE(name) "{\"jsonrpc\":\"2.0\",\"method\":\"note\",\"params\":{\"name\":\"" name "\"}}\n"

/* The descriptors belong to the line with the last byte of the receive that brought them. */
static void test_descriptors_after_plain_bytes(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f), fd = text_fd("x");

	run_until_idle(f);
	raw_say(sock, NOTE("a") "{\"jsonrpc\":\"2.0\",");
	raw_say(sock, "\"method\":\"note\",\"params\":{\"name\":\"b\"}}\n");
	raw_send(sock, NOTE("c"), strlen(NOTE("c")), fd, 2);
	raw_say(sock, NOTE("d"));
	raw_send(sock, NOTE("e"), strlen(NOTE("e")), fd, 1);
	run_until_idle(f);
	assert_string_equal(f->notes, "a:0 b:0 c:2 d:0 e:1 ");
	close(fd);
	close(sock);
	run_until_idle(f);
}

static void test_a_line_in_single_bytes(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f), fd = text_fd("slow");
	const char *line = NOTE("s");

	raw_send(sock, line, 1, fd, 1);
	run_until_idle(f);
	for (size_t i = 1; i < strlen(line); i++) {
		raw_send(sock, line + i, 1, -1, 0);
		assert_true(sd_event_run(f->ev, 1000000) > 0);
	}
	run_until_idle(f);
	assert_string_equal(f->notes, "s:1 ");
	assert_string_equal(f->fd_text, "slow");
	close(fd);
	close(sock);
	run_until_idle(f);
}

/* Ends of lines and beginnings of the next in one receive; the next one's descriptors come with it.
 */
static void test_the_next_lines_beginning_with_descriptors(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f), fd = text_fd("next");
	const char *next = NOTE("n");

	raw_say(sock, NOTE("p"));
	raw_send(sock, next, 20, fd, 3);
	run_until_idle(f);
	assert_string_equal(f->notes, "p:0 ");
	raw_say(sock, next + 20);
	run_until_idle(f);
	assert_string_equal(f->notes, "p:0 n:3 ");
	close(fd);
	close(sock);
	run_until_idle(f);
}

static void expect_hangup(struct fixture *f, const char *text, const char *said)
{
	int sock = raw_connect(f);
	unsigned closed = f->n_closed;
	char answer[512];

	run_until_idle(f);
	raw_say(sock, text);
	run_until_idle(f);
	if (!raw_hung_up(sock, answer, sizeof(answer)))
		fail_msg("no hang-up on %s", text);
	if (said != NULL && strstr(answer, said) == NULL)
		fail_msg("%s was answered with %s", text, answer);
	assert_int_equal(f->n_closed, closed + 1);
	close(sock);
	assert_int_equal(f->n_answers, 0);
}

static void test_what_is_no_json_rpc(void **state)
{
	struct fixture *f = *state;

	expect_hangup(f, "hello\n", "-32700");
	expect_hangup(f, "\n", "-32700");
	expect_hangup(f, "[]\n", "-32600");
	expect_hangup(f, "42\n", "-32700"); /* jansson: a text is an object or an array */
	expect_hangup(f, "{}\n", "-32600");
	expect_hangup(f, "{\"jsonrpc\":\"1.0\",\"method\":\"note\"}\n", "-32600");
	expect_hangup(f, "{\"jsonrpc\":\"2.0\",\"method\":7}\n", "-32600");
	expect_hangup(f, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":[]}\n", "-32600");
	expect_hangup(f, "{\"jsonrpc\":\"2.0\",\"id\":1}\n", "-32600");
	expect_hangup(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}\n", "-32600");
	expect_hangup(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":0,\"message\":\"\"}}\n",
		"-32600");
	expect_hangup(
		f, "{\"jsonrpc\":\"2.0\",\"method\":\"note\",\"method\":\"note\"}\n", "-32700");
	expect_hangup(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n", NULL); /* not asked */
	/* The good connection never noticed. */
	call_and_run(f, "echo", NULL);
	assert_int_equal(f->code, 0);
}

static void test_lines_after_a_bad_one_are_not_heard(void **state)
{
	struct fixture *f = *state;

	expect_hangup(f, "bad\n" NOTE("after"), "-32700");
	assert_string_equal(f->notes, "");
}

static void test_params_by_position(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f);
	char answer[512];

	raw_say(sock, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1],\"id\":\"x\"}\n");
	run_until_idle(f);
	assert_false(raw_hung_up(sock, answer, sizeof(answer)));
	assert_non_null(strstr(answer, "-32602"));
	assert_non_null(strstr(answer, "\"id\":\"x\""));
	close(sock);
	run_until_idle(f);
}

static void test_a_line_without_end(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f);
	static char junk[65536];
	char answer[512];
	size_t sent = 0;

	memset(junk, ' ', sizeof(junk));
	while (sent < 2 * RPC_LINE_MAX) {
		ssize_t n = send(sock, junk, sizeof(junk), MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno != EAGAIN)
			break;
		run_until_idle(f);
	}
	assert_in_range(sent, RPC_LINE_MAX, RPC_LINE_MAX + (1u << 20));
	assert_true(raw_hung_up(sock, answer, sizeof(answer)));
	close(sock);
}

static void test_too_many_descriptors(void **state)
{
	struct fixture *f = *state;
	unsigned before = open_fds();
	int sock = raw_connect(f), fd = text_fd("x");
	char answer[512];

	raw_send(sock, NOTE("many"), strlen(NOTE("many")), fd, RPC_FDS_MAX + 1);
	run_until_idle(f);
	assert_true(raw_hung_up(sock, answer, sizeof(answer)));
	close(sock);

	sock = raw_connect(f); /* in two halves, each within the limit */
	raw_send(sock, "{", 1, fd, RPC_FDS_MAX);
	run_until_idle(f);
	raw_send(sock, " ", 1, fd, 1);
	run_until_idle(f);
	assert_true(raw_hung_up(sock, answer, sizeof(answer)));
	close(sock);
	close(fd);
	run_until_idle(f);
	assert_string_equal(f->notes, "");
	assert_int_equal(open_fds(), before);
}

static void test_descriptors_of_an_unfinished_line_are_closed(void **state)
{
	struct fixture *f = *state;
	unsigned before = open_fds();
	int sock = raw_connect(f), fd = text_fd("x");

	raw_send(sock, "{\"jsonrpc\"", 10, fd, 4);
	run_until_idle(f);
	close(sock);
	close(fd);
	run_until_idle(f);
	assert_int_equal(open_fds(), before);
}

static json_t *big(int number)
{
	static char text[100001];

	memset(text, 'x', sizeof(text) - 1);
	return json_pack("{s:s,s:i}", "text", text, "number", number);
}

static void test_a_peer_that_reads_nothing(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f);
	unsigned sent = 0;

	run_until_idle(f);
	struct rpc_conn *conn = f->accepted;
	while (rpc_notify(conn, "note", big(0), NULL, 0) == 0 && sent < 1000)
		sent++;
	assert_in_range(sent, 2 * RPC_LINE_MAX / 100000, RPC_OUT_MAX / 100000 + 10);
	assert_int_equal(f->n_closed, 0); /* not from within the sender's call */
	run_until_idle(f);
	assert_int_equal(f->n_closed, 1);
	close(sock);
}

/* Lines are cut by the socket's buffer, with descriptors on each: none is lost, none comes twice.
 */
static void test_a_slow_reader_gets_everything_in_order(void **state)
{
	struct fixture *f = *state;
	char expected[256] = "";

	for (int i = 0; i < 20; i++) {
		char text[8];

		snprintf(text, sizeof(text), "t%d", i);
		int fd = text_fd(text);
		json_t *params = json_pack("{s:o,s:s}", "x", big(i), "name", "q");
		assert_int_equal(rpc_notify(f->client, "note", params, &fd, i % 4 != 0), 0);
		strcat(expected, i % 4 != 0 ? "q:1 " : "q:0 ");
		close(fd);
	}
	run_until_idle(f);
	assert_string_equal(f->notes, expected);
	assert_string_equal(f->fd_text, "t19");
	assert_int_equal(sd_event_run(f->ev, 50000), 0); /* EPOLLOUT is off again */
}

/* The limit is on what waits, not on what was ever sent. */
static void test_a_long_life(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3 * (int)(RPC_OUT_MAX / 100000) / 4; i++) {
		for (int k = 0; k < 4; k++)
			assert_int_equal(rpc_notify(f->client, "drop-me", big(i), NULL, 0), 0);
		while (sd_event_run(f->ev, 1000) > 0)
			;
	}
	assert_non_null(f->client);
}

static void test_last_words_are_heard(void **state)
{
	struct fixture *f = *state;
	int sock = raw_connect(f);

	run_until_idle(f);
	raw_say(sock, NOTE("bye"));
	close(sock);
	assert_true(rpc_notify(f->accepted, "note", NULL, NULL, 0) < 0);
	run_until_idle(f);
	assert_string_equal(f->notes, "bye:0 ");
	assert_int_equal(f->n_closed, 1);
}

static void test_too_many_open_calls(void **state)
{
	static const char hold[] = "{\"jsonrpc\":\"2.0\",\"method\":\"hold\",\"id\":1}\n";
	struct fixture *f = *state;
	int sock = raw_connect(f);
	unsigned sent = 0;

	run_until_idle(f);
	while (f->n_closed == 0 && sent < HELD_MAX) {
		if (send(sock, hold, strlen(hold), MSG_NOSIGNAL) > 0)
			sent++;
		if (sent % 64 == 0)
			while (sd_event_run(f->ev, 0) > 0)
				;
	}
	assert_int_equal(f->n_held, 4096);
	while (f->n_held > 0)
		rpc_reply(f->all[--f->n_held], NULL, NULL, 0);
	close(sock);
}

static void test_places(void **state)
{
	static const struct rpc_service none = {NULL, NULL, NULL};
	struct fixture *f = *state;
	struct rpc_server *other;
	char path[200];
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	memset(path, 'a', sizeof(path));
	path[108] = '\0';
	assert_int_equal(rpc_server_new(f->ev, path, 0600, &none, f, &other), -ENAMETOOLONG);
	assert_int_equal(rpc_connect(f->ev, path, NULL, f, &f->accepted), -ENAMETOOLONG);
	assert_int_equal(rpc_server_new(f->ev, f->dir, 0600, &none, f, &other), -EEXIST);
	snprintf(path, sizeof(path), "%s/nobody", f->dir);
	assert_int_equal(rpc_connect(f->ev, path, NULL, f, &f->accepted), -ENOENT);

	/* The lock's next holder replaces the file; the one before does not remove it. */
	assert_int_equal(rpc_server_new(f->ev, f->path, 0600, &none, f, &other), 0);
	rpc_server_free(f->server);
	f->server = NULL;
	assert_int_equal(access(f->path, F_OK), 0);
	rpc_server_free(other);
	assert_int_equal(rpc_connect(f->ev, f->path, NULL, f, &f->accepted), -ENOENT);
}

#define T(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_descriptors_after_plain_bytes),
		T(test_a_line_in_single_bytes),
		T(test_the_next_lines_beginning_with_descriptors),
		T(test_what_is_no_json_rpc),
		T(test_lines_after_a_bad_one_are_not_heard),
		T(test_params_by_position),
		T(test_a_line_without_end),
		T(test_too_many_descriptors),
		T(test_descriptors_of_an_unfinished_line_are_closed),
		T(test_a_peer_that_reads_nothing),
		T(test_a_slow_reader_gets_everything_in_order),
		T(test_a_long_life),
		T(test_last_words_are_heard),
		T(test_too_many_open_calls),
		T(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
