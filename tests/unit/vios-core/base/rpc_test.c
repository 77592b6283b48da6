/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_test.c - calls, notifications, descriptors and their ends, between two well-behaved ends. */
#include "rpc_fixture.h"

static void test_call(void **state)
{
	struct fixture *f = *state;

	call_and_run(f, "echo", json_pack("{s:i}", "x", 7));
	assert_int_equal(f->n_answers, 1);
	assert_int_equal(f->code, 0);
	assert_int_equal(json_integer_value(json_object_get(f->result, "x")), 7);

	call_and_run(f, "fail", NULL);
	assert_int_equal(f->code, RPC_NOT_FOUND);
	assert_string_equal(f->message, "there is no such thing");
	assert_null(f->result);

	call_and_run(f, "nothing-like-it", NULL);
	assert_int_equal(f->code, RPC_NO_METHOD);
	assert_non_null(strstr(f->message, "nothing-like-it"));
	assert_int_equal(f->n_answers, 3);
}

static void test_no_result_is_an_empty_object(void **state)
{
	struct fixture *f = *state;

	call_and_run(f, "note", NULL);
	assert_true(json_is_object(f->result));
	assert_int_equal(json_object_size(f->result), 0);
}

static void test_never_from_within_send(void **state)
{
	struct fixture *f = *state;

	rpc_server_free(f->server);
	f->server = NULL;
	int rc = rpc_call_send(f->client, "echo", NULL, NULL, 0, 0, on_answer, f);
	assert_int_equal(f->n_answers, 0);
	run_until_idle(f);
	assert_int_equal(f->n_answers, rc == 0 ? 1 : 0);
	assert_int_equal(f->n_closed, 1);
}

static void test_the_accepted_end_calls(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rpc_call_send(f->accepted, "echo", json_pack("{s:s}", "who", "server"),
				 NULL, 0, 0, on_answer, f),
		0);
	run_until_idle(f);
	assert_int_equal(f->code, 0);
	assert_string_equal(json_string_value(json_object_get(f->result, "who")), "server");
}

static void test_descriptors_both_ways(void **state)
{
	struct fixture *f = *state;
	int fds[2] = {text_fd("one"), text_fd("two")};
	unsigned before = open_fds();

	assert_int_equal(rpc_notify(f->client, "note", json_pack("{s:s}", "name", "n"), fds, 2), 0);
	run_until_idle(f);
	assert_string_equal(f->notes, "n:2 ");
	assert_string_equal(f->fd_text, "one");

	assert_int_equal(rpc_call_send(f->client, "echo", NULL, &fds[1], 1, 0, on_answer, f), 0);
	run_until_idle(f);
	assert_int_equal(f->n_fds, 1);
	assert_string_equal(f->fd_text, "two");
	assert_int_equal(open_fds(), before); /* what no one took is closed */

	close(fds[0]);
	close(fds[1]);
}

static void take_fd(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	assert_int_equal(fds->n, 1);
	*(int *)user = fds->fd[0];
	fds->fd[0] = -1;
}

static void test_a_taken_descriptor_stays(void **state)
{
	struct fixture *f = *state;
	int fd = text_fd("kept"), taken = -1;
	char text[8];

	assert_int_equal(rpc_call_send(f->client, "echo", NULL, &fd, 1, 0, take_fd, &taken), 0);
	close(fd); /* borrowed until rpc_call_send() returns, not longer */
	run_until_idle(f);
	read_text_fd(taken, text, sizeof(text));
	assert_string_equal(text, "kept");
	assert_int_equal(fcntl(taken, F_GETFD), FD_CLOEXEC);
	close(taken);
}

static void test_timeout_and_late_answer(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rpc_call_send(f->client, "hold", NULL, NULL, 0, 10, on_answer, f), 0);
	while (f->n_answers == 0)
		assert_true(sd_event_run(f->ev, 60000000) > 0);
	assert_int_equal(f->code, RPC_TIMEOUT);
	rpc_reply(f->held, NULL, NULL, 0);
	call_and_run(f, "echo", NULL);
	assert_int_equal(
		f->n_answers, 2); /* the late one counts for nothing and disturbs nothing */
	assert_int_equal(f->code, 0);
}

static void test_an_answered_call_has_no_timeout(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rpc_call_send(f->client, "echo", NULL, NULL, 0, 300, on_answer, f), 0);
	run_until_idle(f);
	assert_int_equal(sd_event_run(f->ev, 400000), 0);
	assert_int_equal(f->n_answers, 1);
	assert_int_equal(f->code, 0);
}

static void test_idle_wakes_nobody(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sd_event_run(f->ev, 100000), 0);
}

static void test_peer_gone(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rpc_call_send(f->client, "hold", NULL, NULL, 0, 0, on_answer, f), 0);
	run_until_idle(f);
	rpc_conn_free(f->accepted);
	assert_null(rpc_call_conn(f->held));
	run_until_idle(f);
	assert_int_equal(f->code, RPC_CLOSED);
	assert_int_equal(f->n_answers, 1);
	assert_int_equal(f->n_closed, 1); /* the client's; the server's was freed by us */
	rpc_fail(f->held, RPC_FAILED, "too late, and harmless");
}

static void test_free_ends_calls(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rpc_call_send(f->client, "hold", NULL, NULL, 0, 1000, on_answer, f), 0);
	run_until_idle(f);
	rpc_conn_free(f->client);
	f->client = NULL;
	assert_int_equal(f->n_answers, 1);
	assert_int_equal(f->code, RPC_CLOSED);
	run_until_idle(f);
	assert_int_equal(f->n_closed, 1); /* the server's */
	rpc_reply(f->held, NULL, NULL, 0);
}

static void test_handler_frees_its_connection(void **state)
{
	struct fixture *f = *state;
	unsigned before = open_fds();

	call_and_run(f, "drop", NULL);
	assert_int_equal(f->code, RPC_CLOSED);
	assert_null(f->client);
	assert_int_equal(open_fds(), before - 2);
}

static void test_a_note_is_answered(void **state)
{
	struct fixture *f = *state;

	call_and_run(f, "tell", json_pack("{s:i}", "x", 7));
	assert_int_equal(f->code, 0);
	assert_true(json_is_object(f->result));
	assert_int_equal(rpc_notify(f->client, "tell", NULL, NULL, 0), 0);
	run_until_idle(f);
	assert_string_equal(f->notes, "told:1 told:0 ");
	assert_int_equal(f->n_answers, 1);
	call_and_run(f, "tell-drop", NULL);
	assert_int_equal(f->code, RPC_CLOSED);
	assert_null(f->client);
}

static void test_handler_frees_its_server(void **state)
{
	struct fixture *f = *state;

	call_and_run(f, "quit", NULL);
	assert_int_equal(f->n_answers, 1);
	assert_int_equal(f->code, 0); /* what it said before it went is heard */
	assert_null(f->client);
}

static void free_client(
	json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct fixture *f = user;

	f->n_answers++;
	rpc_conn_free(f->client);
	f->client = NULL;
}

static void test_answer_frees_its_connection(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rpc_call_send(f->client, "echo", NULL, NULL, 0, 0, free_client, f), 0);
	assert_int_equal(rpc_call_send(f->client, "echo", NULL, NULL, 0, 0, on_answer, f), 0);
	run_until_idle(f);
	assert_int_equal(f->n_answers, 2);
	assert_int_equal(f->code, RPC_CLOSED);
	assert_null(f->accepted);
}

static void closed_reconnects(struct rpc_conn *conn, void *user)
{
	static const struct rpc_service plain = {NULL, NULL, NULL};
	struct fixture *f = user;

	rpc_conn_free(conn); /* harmless here */
	assert_int_equal(rpc_connect(f->ev, f->path, &plain, f, &f->client), 0);
}

static void test_closed_reconnects(void **state)
{
	static const struct rpc_service again = {NULL, NULL, closed_reconnects};
	struct fixture *f = *state;

	rpc_conn_free(f->client);
	assert_int_equal(rpc_connect(f->ev, f->path, &again, f, &f->client), 0);
	run_until_idle(f);
	rpc_conn_free(f->accepted);
	run_until_idle(f);
	call_and_run(f, "echo", NULL);
	assert_int_equal(f->code, 0);
}

static bool want_accepted(struct rpc_conn *conn, void *user)
{
	return conn == ((struct fixture *)user)->accepted;
}

static void test_server_notify(void **state)
{
	struct fixture *f = *state;
	struct rpc_conn *second;

	assert_int_equal(rpc_connect(f->ev, f->path, NULL, f, &second), 0);
	run_until_idle(f);
	rpc_server_notify(f->server, "note", json_pack("{s:s}", "name", "all"), NULL, NULL);
	run_until_idle(f);
	assert_string_equal(f->notes, "all:0 "); /* second serves nothing */
	rpc_server_notify(f->server, "note", json_pack("{s:s}", "name", "one"), want_accepted, f);
	run_until_idle(f);
	assert_string_equal(f->notes, "all:0 ");
	rpc_conn_free(second);
}

static void test_data_and_peer(void **state)
{
	struct fixture *f = *state;
	int datum;

	rpc_conn_set_data(f->accepted, &datum);
	assert_ptr_equal(rpc_conn_data(f->accepted), &datum);
	assert_int_equal(rpc_conn_peer(f->accepted).pid, getpid());
	assert_int_equal(rpc_conn_peer(f->accepted).uid, getuid());
}

static void test_an_answer_that_is_too_long_becomes_an_error(void **state)
{
	struct fixture *f = *state;

	call_and_run(f, "huge", NULL);
	assert_int_equal(f->code, RPC_INTERNAL);
	assert_non_null(f->client);
}

#define T(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_call),
		T(test_no_result_is_an_empty_object),
		T(test_never_from_within_send),
		T(test_the_accepted_end_calls),
		T(test_descriptors_both_ways),
		T(test_a_taken_descriptor_stays),
		T(test_timeout_and_late_answer),
		T(test_an_answered_call_has_no_timeout),
		T(test_idle_wakes_nobody),
		T(test_peer_gone),
		T(test_free_ends_calls),
		T(test_handler_frees_its_connection),
		T(test_a_note_is_answered),
		T(test_handler_frees_its_server),
		T(test_answer_frees_its_connection),
		T(test_closed_reconnects),
		T(test_server_notify),
		T(test_data_and_peer),
		T(test_an_answer_that_is_too_long_becomes_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
