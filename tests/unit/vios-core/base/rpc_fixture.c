/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_fixture.c - the service that the tests of rpc talk to. One thread; the fixture owns the
 * server, one connection to it and a directory of its own.
 */
#include "rpc_fixture.h"

int text_fd(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

void read_text_fd(int fd, char *to, size_t size)
{
	ssize_t n = pread(fd, to, size - 1, 0);

	assert_true(n >= 0);
	to[n] = '\0';
}

void run_until_idle(struct fixture *f)
{
	while (sd_event_run(f->ev, STEP_US) > 0)
		;
}

unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int raw_connect(const struct fixture *f)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

void raw_send(int sock, const char *text, size_t len, int fd, size_t n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = (void *)text, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (size_t i = 0; i < n; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(sock, &msg, MSG_NOSIGNAL), len);
}

void raw_say(int sock, const char *text)
{
	raw_send(sock, text, strlen(text), -1, 0);
}

bool raw_hung_up(int sock, char *text, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = recv(sock, text + len, size - 1 - len, MSG_DONTWAIT);

		if (n > 0)
			len += (size_t)n;
		text[len] = '\0';
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return true;
		if (n < 0 || len == size - 1)
			return false;
	}
}

static void do_note(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct fixture *f = user;
	size_t len = strlen(f->notes);
	const char *name = json_string_value(json_object_get(params, "name"));

	snprintf(f->notes + len, sizeof(f->notes) - len, "%s:%zu ", name ? name : "?", fds->n);
	if (fds->n > 0)
		read_text_fd(fds->fd[0], f->fd_text, sizeof(f->fd_text));
	rpc_reply(call, NULL, NULL, 0);
}

static void do_echo(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_reply(call, json_incref(params), fds->fd, fds->n);
}

static void do_fail(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_fail(call, RPC_NOT_FOUND, "there is no %s", "such thing");
}

static void do_hold(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct fixture *f = user;

	assert_true(f->n_held < HELD_MAX);
	f->held = f->all[f->n_held++] = call;
}

static void do_huge(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	char *text = malloc(RPC_LINE_MAX + 1);

	memset(text, 'x', RPC_LINE_MAX);
	text[RPC_LINE_MAX] = '\0';
	rpc_reply(call, json_pack("{s:s}", "text", text), NULL, 0);
	free(text);
}

/* The handler frees the connection it runs on. */
static void do_drop(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct rpc_conn *conn = rpc_call_conn(call);

	rpc_conn_free(conn);
	assert_null(rpc_call_conn(call));
	rpc_reply(call, json_pack("{s:b}", "late", 1), fds->fd, fds->n);
}

static void do_tell(json_t *params, void *user)
{
	struct fixture *f = user;
	size_t len = strlen(f->notes);

	snprintf(f->notes + len, sizeof(f->notes) - len, "told:%zu ", json_object_size(params));
}

/* Frees the connection that it came on. */
static void do_tell_drop(json_t *params, void *user)
{
	struct fixture *f = user;

	rpc_conn_free(f->accepted);
	f->accepted = NULL;
}

/* The handler frees the server it runs under. */
static void do_quit(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct fixture *f = user;

	rpc_reply(call, NULL, NULL, 0);
	rpc_server_free(f->server);
	f->server = NULL;
}

static void opened(struct rpc_conn *conn, void *user)
{
	struct fixture *f = user;

	f->accepted = conn;
	f->n_opened++;
}

static void closed(struct rpc_conn *conn, void *user)
{
	struct fixture *f = user;

	f->n_closed++;
	if (f->accepted == conn)
		f->accepted = NULL;
	if (f->client == conn)
		f->client = NULL;
}

static const struct rpc_method methods[] = {
	{"note", do_note},
	{"tell", .note = do_tell},
	{"tell-drop", .note = do_tell_drop},
	{"echo", do_echo},
	{"fail", do_fail},
	{"hold", do_hold},
	{"huge", do_huge},
	{"drop", do_drop},
	{"quit", do_quit},
	{NULL, NULL},
};
static const struct rpc_service service = {methods, opened, closed};
static const struct rpc_service client_service = {methods, NULL, closed};

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/v-unit-rpc-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	assert_int_equal(sd_event_new(&f->ev), 0);
	assert_int_equal(rpc_server_new(f->ev, f->path, 0660, &service, f, &f->server), 0);
	assert_int_equal(rpc_connect(f->ev, f->path, &client_service, f, &f->client), 0);
	run_until_idle(f);
	assert_non_null(f->accepted);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	rpc_conn_free(f->client);
	rpc_server_free(f->server);
	json_decref(f->result);
	sd_event_unref(f->ev);
	assert_int_equal(access(f->path, F_OK), -1);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

void on_answer(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct fixture *f = user;

	f->n_answers++;
	f->code = code;
	json_decref(f->result);
	f->result = json_incref(result);
	snprintf(f->message, sizeof(f->message), "%s", message);
	f->n_fds = fds->n;
	if (fds->n > 0)
		read_text_fd(fds->fd[0], f->fd_text, sizeof(f->fd_text));
}

void call_and_run(struct fixture *f, const char *method, json_t *params)
{
	assert_int_equal(rpc_call_send(f->client, method, params, NULL, 0, 0, on_answer, f), 0);
	run_until_idle(f);
}
