/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_guard_test.c - who may call what and how much, with made-up users: a second server with a
 * guard beside the fixture's. One thread.
 */
#include "rpc_fixture.h"

enum { ALL, LOOK, NOTHING };

static struct {
	struct ucred id; /* whoever connects next */
	gid_t groups[3];
	size_t n_groups;
	int rc;
} next;

static struct rpc_call *waiting[100];
static unsigned n_waiting;

static int fake_peer(int fd, struct rpc_peer *out)
{
	*out = (struct rpc_peer){.id = next.id, .n_groups = next.n_groups};
	if (next.rc < 0)
		return next.rc;
	out->groups = malloc(sizeof(next.groups));
	memcpy(out->groups, next.groups, sizeof(next.groups));
	return 0;
}

/* Group 7 may look, uid 0 do all. */
static struct rpc_standing standing(const struct rpc_peer *peer, void *user)
{
	if (peer->id.uid == 0)
		return (struct rpc_standing){ALL, -1};
	for (size_t i = 0; i < peer->n_groups; i++)
		if (peer->groups[i] == 7)
			return (struct rpc_standing){LOOK, 0};
	return (struct rpc_standing){NOTHING, 1};
}

static void denied(const struct rpc_method *method, const struct ucred *peer, char why[RPC_REFUSAL],
	void *user)
{
	snprintf(why, RPC_REFUSAL, "%s is not for %u", method->name, (unsigned)peer->uid);
}

static void do_ok(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_reply(call, NULL, NULL, 0);
}

static void do_wait(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	waiting[n_waiting++] = call;
}

static const struct rpc_method methods[] = {
	{"change", do_ok}, {"look", do_ok, LOOK}, {"wait", do_wait, LOOK}, {NULL, NULL}};
static const struct rpc_guard guard = {
	.standing = standing,
	.denied = denied,
	.peer = fake_peer,
	.pools = {{.open_calls = 2, .calls_per_s = 1, .burst = 40, .user_conns = 2, .conns = 3},
		{.open_calls = 2, .calls_per_s = 1, .burst = 3, .user_conns = 1, .conns = 1}},
};
static const struct rpc_service guarded = {.methods = methods, .guard = &guard};

struct world {
	struct fixture *f;
	char path[96];
	struct rpc_server *server;
	struct rpc_conn *conns[8];
	unsigned n_conns, n_closed;
};

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct world *w = user;

	w->n_closed++;
	for (unsigned i = 0; i < w->n_conns; i++)
		if (w->conns[i] == conn)
			w->conns[i] = NULL;
}

static const struct rpc_service caller = {.closed = on_closed};

static void begin(struct world *w, void **state)
{
	*w = (struct world){.f = *state};
	n_waiting = 0;
	next.rc = 0;
	next.n_groups = 0;
	snprintf(w->path, sizeof(w->path), "%s/g", w->f->dir);
	assert_int_equal(rpc_server_new(w->f->ev, w->path, 0666, &guarded, w, &w->server), 0);
}

static void end(struct world *w)
{
	for (unsigned i = 0; i < w->n_conns; i++)
		rpc_conn_free(w->conns[i]);
	run_until_idle(w->f);
	for (unsigned i = 0; i < n_waiting; i++)
		rpc_reply(waiting[i], NULL, NULL, 0);
	rpc_server_free(w->server);
}

/* Index of the connection, as this user; group 0: none. */
static unsigned as(struct world *w, uid_t uid, gid_t group)
{
	unsigned i = w->n_conns++;

	next.id = (struct ucred){.pid = 1, .uid = uid, .gid = 100};
	next.groups[0] = 50;
	next.groups[1] = group;
	next.n_groups = group ? 2 : 1;
	assert_int_equal(rpc_connect(w->f->ev, w->path, &caller, w, &w->conns[i]), 0);
	run_until_idle(w->f);
	return i;
}

/* The error code of the answer; 0: success. */
static int ask(struct world *w, unsigned conn, const char *method)
{
	unsigned answers = w->f->n_answers;

	assert_int_equal(
		rpc_call_send(w->conns[conn], method, NULL, NULL, 0, 0, on_answer, w->f), 0);
	run_until_idle(w->f);
	assert_int_equal(w->f->n_answers, answers + 1);
	return w->f->code;
}

static void ranks_decide(void **state)
{
	struct world w;
	unsigned root, reader, stranger;

	begin(&w, state);
	root = as(&w, 0, 0);
	reader = as(&w, 1000, 7);
	stranger = as(&w, 1001, 8);
	assert_int_equal(ask(&w, root, "change"), 0);
	assert_int_equal(ask(&w, root, "look"), 0);
	assert_int_equal(ask(&w, reader, "look"), 0);
	assert_int_equal(ask(&w, reader, "change"), RPC_DENIED);
	assert_string_equal(w.f->message, "change is not for 1000");
	assert_int_equal(ask(&w, stranger, "look"), RPC_DENIED);
	assert_string_equal(w.f->message, "look is not for 1001");
	assert_int_equal(ask(&w, reader, "nonsense"), RPC_NO_METHOD);
	end(&w);
}

static void open_calls_are_bounded(void **state)
{
	struct world w;
	unsigned reader, root;

	begin(&w, state);
	reader = as(&w, 1000, 7);
	root = as(&w, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			rpc_call_send(w.conns[reader], "wait", NULL, NULL, 0, 0, on_answer, w.f),
			0);
	run_until_idle(w.f);
	assert_int_equal(n_waiting, 2);
	assert_int_equal(w.f->code, RPC_UNAVAILABLE);
	rpc_reply(waiting[--n_waiting], NULL, NULL, 0);
	run_until_idle(w.f);
	assert_int_equal(ask(&w, reader, "look"), 0);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(
			rpc_call_send(w.conns[root], "wait", NULL, NULL, 0, 0, on_answer, w.f), 0);
	run_until_idle(w.f);
	assert_int_equal(n_waiting, 51);
	end(&w);
}

static int seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)(now.tv_sec - then->tv_sec) + (now.tv_nsec > then->tv_nsec);
}

/* The rate is the user's: a second connection has no more than what seconds that have passed give.
 * Who goes on is hung up on. */
static void calls_are_rated(void **state)
{
	struct world w;
	struct timespec began;
	unsigned one, two, other;
	int calls = 0;

	clock_gettime(CLOCK_MONOTONIC, &began);

	begin(&w, state);
	one = as(&w, 1000, 7);
	two = as(&w, 1000, 7);
	other = as(&w, 1001, 7);
	while (ask(&w, one, "look") == 0)
		assert_true(++calls < 100);
	assert_int_equal(w.f->code, RPC_UNAVAILABLE);
	while (ask(&w, two, "look") == 0)
		assert_true(++calls < 100);
	assert_int_equal(w.f->code, RPC_UNAVAILABLE);
	assert_in_range(calls, 38, 38 + seconds_since(&began));
	assert_int_equal(ask(&w, other, "look"), 0);
	/* At once: a second that passes between them is worth a call, and the count begins anew. */
	for (calls = 0; calls < 100; calls++)
		rpc_notify(w.conns[one], "look", NULL, NULL, 0);
	run_until_idle(w.f);
	assert_null(w.conns[one]);
	assert_non_null(w.conns[two]);
	end(&w);
}

static void connections_are_bounded(void **state)
{
	struct world w;

	begin(&w, state);
	as(&w, 1000, 7);
	as(&w, 1000, 7);
	assert_null(w.conns[as(&w, 1000, 7)]); /* of one user */
	as(&w, 1001, 7);
	assert_null(w.conns[as(&w, 1002, 7)]);				/* of all that may look */
	assert_int_equal(ask(&w, as(&w, 2000, 9), "look"), RPC_DENIED); /* a pool of its own */
	assert_int_equal(ask(&w, as(&w, 0, 0), "change"), 0);
	rpc_conn_free(w.conns[0]);
	w.conns[0] = NULL;
	run_until_idle(w.f);
	assert_int_equal(w.n_conns, 7);
	assert_int_equal(ask(&w, as(&w, 1002, 7), "look"), 0);
	end(&w);
}

static void who_cannot_be_told_is_hung_up_on(void **state)
{
	struct world w;

	begin(&w, state);
	next.rc = -ENOMEM;
	assert_null(w.conns[as(&w, 0, 0)]);
	end(&w);
}

/* This process, as the kernel tells it. */
static void the_kernel_knows(void **state)
{
	struct rpc_peer peer;
	gid_t own[1024];
	int pair[2], n = getgroups(1024, own);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(rpc_peer_read(pair[0], &peer), 0);
	assert_int_equal(peer.id.pid, getpid());
	assert_int_equal(peer.id.uid, geteuid());
	assert_int_equal(peer.n_groups, n);
	if (n > 0)
		assert_memory_equal(peer.groups, own, (size_t)n * sizeof(gid_t));
	free(peer.groups);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranks_decide, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			open_calls_are_bounded, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(calls_are_rated, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			connections_are_bounded, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			who_cannot_be_told_is_hung_up_on, fixture_setup, fixture_teardown),
		cmocka_unit_test(the_kernel_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
