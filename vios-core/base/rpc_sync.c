/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_sync.c - calls that are waited for: for command lines only. Blocks the caller's thread until
 * the answer or the deadline; owns everything it opens. Descriptors in an answer are not taken (the
 * kernel drops them).
 */
#include "vios-core/base/rpc_private.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 10 /* between two attempts while the server's backlog is full */

struct rpc_sync {
	int fd;
	int64_t deadline_ms; /* of what is waited for now */
	struct rpc_reader reader;
	json_int_t id, last_id; /* of the call that is waited for; 0: none */
	struct rpc_sync_answer *answer;
	const char *note; /* the notification that is waited for; NULL: none */
	json_t *note_params;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void rpc_sync_answer_fini(struct rpc_sync_answer *answer)
{
	json_decref(answer->result);
	json_decref(answer->data);
	answer->result = answer->data = NULL;
}

static int sync_connect(struct rpc_sync *s, const char *path)
{
	struct sockaddr_un addr;
	socklen_t len;
	int rc = rpc_address(path, &addr, &len);

	if (rc < 0)
		return rc;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	while (connect(s->fd, (struct sockaddr *)&addr, len) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (now_ms() >= s->deadline_ms)
			return -ETIMEDOUT;
		poll(NULL, 0, SLICE_MS);
	}
	return 0;
}

static int sync_wait(struct rpc_sync *s, short events)
{
	struct pollfd p = {.fd = s->fd, .events = events};
	int64_t left_ms = s->deadline_ms - now_ms();
	int n = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

static int sync_send(struct rpc_sync *s, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(s->fd, text, len, MSG_NOSIGNAL);

		/* It has hung up: seen here or when reading, as it happens. */
		if (n < 0 && errno == EPIPE)
			return -ECONNRESET;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
			continue;
		}
		int rc = sync_wait(s, POLLOUT);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int sync_request(struct rpc_sync *s, json_t *root)
{
	size_t len = root != NULL ? rpc_line_write(root, NULL, 0) : 0;
	char *text = len > 0 ? malloc(len) : NULL;
	int rc;

	if (text == NULL) {
		rc = -ENOMEM;
	} else if (len > RPC_LINE_MAX) {
		rc = -EMSGSIZE;
	} else {
		rpc_line_write(root, text, len);
		rc = sync_send(s, text, len);
	}
	free(text);
	json_decref(root);
	return rc;
}

static int take_error(struct rpc_sync *s, const struct rpc_message *m)
{
	snprintf(s->answer->message, sizeof(s->answer->message), "%s", m->error_message);
	s->answer->data = json_incref(m->error_data);
	return m->error_code <= -4096 ? m->error_code : RPC_INTERNAL; /* never an errno */
}

/* 1: not what is waited for, go on; 0, -errno or an rpc_code: the end. */
static int sync_line(struct rpc_sync *s, const char *line, size_t len)
{
	struct rpc_message m;
	char why[160];
	int rc = 1;

	if (rpc_line_parse(line, len, &m, why, sizeof(why)) != 0)
		return -EPROTO;
	if (m.kind == RPC_KIND_RESULT && m.answer_id == s->id && s->id != 0) {
		s->answer->result = json_incref(m.result);
		rc = 0;
	} else if (m.kind == RPC_KIND_ERROR && m.answer_id == s->id && s->id != 0) {
		rc = take_error(s, &m);
	} else if (m.kind == RPC_KIND_NOTE && s->note && strcmp(m.method, s->note) == 0) {
		s->note_params = m.params ? json_incref(m.params) : json_object();
		rc = 0;
	}
	json_decref(m.root);
	return rc;
}

static int sync_receive(struct rpc_sync *s)
{
	size_t room;
	char *to;
	int rc = rpc_reader_room(&s->reader, &to, &room);
	ssize_t n;

	if (rc < 0)
		return rc;
	n = recv(s->fd, to, room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return sync_wait(s, POLLIN);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	struct rpc_fds none = {.n = 0};
	return rpc_reader_commit(&s->reader, (size_t)n, &none);
}

static int sync_answer(struct rpc_sync *s)
{
	struct rpc_fds none;
	const char *line;
	size_t len;
	int rc = 1;

	while (rc == 1) {
		if (rpc_reader_next(&s->reader, &line, &len, &none)) {
			rc = sync_line(s, line, len);
			continue;
		}
		int got = sync_receive(s);
		if (got < 0)
			return got;
	}
	return rc;
}

int rpc_sync_open(const char *path, unsigned timeout_ms, struct rpc_sync **out)
{
	struct rpc_sync *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->fd = -1;
	s->deadline_ms = now_ms() + timeout_ms;
	rc = sync_connect(s, path);
	if (rc == 0)
		*out = s;
	else
		rpc_sync_close(s);
	return rc;
}

void rpc_sync_close(struct rpc_sync *s)
{
	struct rpc_fds left[2];

	if (s == NULL)
		return;
	rpc_reader_fini(&s->reader, left);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

int rpc_sync_ask(struct rpc_sync *s, const char *method, json_t *params, unsigned timeout_ms,
	struct rpc_sync_answer *answer)
{
	int rc;

	*answer = (struct rpc_sync_answer){.result = NULL};
	s->deadline_ms = now_ms() + timeout_ms;
	s->id = ++s->last_id;
	s->answer = answer;
	rc = sync_request(s, rpc_line_call(s->id, method, params));
	if (rc == 0)
		rc = sync_answer(s);
	s->id = 0;
	s->answer = NULL;
	if (rc != 0 && answer->message[0] == '\0')
		snprintf(answer->message, sizeof(answer->message), "%s",
			rc > -4096 ? strerror(-rc) : "the peer gave no reason");
	return rc;
}

int rpc_sync_note(struct rpc_sync *s, const char *method, unsigned timeout_ms, json_t **params)
{
	int rc;

	s->deadline_ms = now_ms() + timeout_ms;
	s->note = method;
	s->note_params = NULL;
	rc = sync_answer(s);
	s->note = NULL;
	*params = s->note_params;
	if (rc == 0)
		return 1;
	return rc == -ETIMEDOUT ? 0 : rc;
}

int rpc_sync_call(const char *path, const char *method, json_t *params, unsigned timeout_ms,
	json_t **result, char *message, size_t message_size)
{
	struct rpc_sync_answer answer = {.result = NULL};
	struct rpc_sync *s = NULL;
	int64_t began_ms = now_ms();
	int rc = rpc_sync_open(path, timeout_ms, &s);

	if (rc == 0) {
		int64_t left_ms = began_ms + timeout_ms - now_ms();
		rc = rpc_sync_ask(s, method, json_incref(params),
			left_ms > 0 ? (unsigned)left_ms : 0, &answer);
	} else {
		snprintf(answer.message, sizeof(answer.message), "%s", strerror(-rc));
	}
	json_decref(params);
	snprintf(message, message_size, "%s", rc != 0 ? answer.message : "");
	*result = json_incref(answer.result);
	rpc_sync_answer_fini(&answer);
	rpc_sync_close(s);
	return rc;
}
