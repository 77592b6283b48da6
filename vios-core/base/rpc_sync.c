/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_sync.c - one call, waited for: for command lines only. Blocks the caller's thread until the
 * answer or the deadline; owns everything it opens. Descriptors in the answer are not taken (the
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

#define SYNC_ID 1
#define SLICE_MS 10 /* between two attempts while the server's backlog is full */

struct sync {
	int fd;
	int64_t deadline_ms;
	struct rpc_reader reader;
	json_t **result;
	char *message;
	size_t message_size;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3))) static void say(struct sync *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->message, s->message_size, fmt, ap);
	va_end(ap);
}

static int sync_connect(struct sync *s, const char *path)
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

static int sync_wait(struct sync *s, short events)
{
	struct pollfd p = {.fd = s->fd, .events = events};
	int64_t left_ms = s->deadline_ms - now_ms();
	int n = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

static int sync_send(struct sync *s, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(s->fd, text, len, MSG_NOSIGNAL);

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

static int sync_request(struct sync *s, json_t *root)
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

/* 1: not ours (a notification, a call), go on; 0, -errno or an rpc_code: the end. */
static int sync_line(struct sync *s, const char *line, size_t len)
{
	struct rpc_message m;
	char why[160];
	int rc = 1;

	if (rpc_line_parse(line, len, &m, why, sizeof(why)) != 0)
		return -EPROTO;
	if (m.kind == RPC_KIND_RESULT && m.answer_id == SYNC_ID) {
		*s->result = json_incref(m.result);
		rc = 0;
	} else if (m.kind == RPC_KIND_ERROR && m.answer_id == SYNC_ID) {
		say(s, "%s", m.error_message);
		rc = m.error_code <= -4096 ? m.error_code : RPC_INTERNAL; /* never an errno */
	}
	json_decref(m.root);
	return rc;
}

static int sync_receive(struct sync *s)
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

static int sync_answer(struct sync *s)
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

int rpc_sync_call(const char *path, const char *method, json_t *params, unsigned timeout_ms,
	json_t **result, char *message, size_t message_size)
{
	struct sync s = {.fd = -1,
		.deadline_ms = now_ms() + timeout_ms,
		.result = result,
		.message = message,
		.message_size = message_size};
	struct rpc_fds left[2];
	int rc;

	*result = NULL;
	say(&s, "%s", "");
	rc = sync_connect(&s, path);
	if (rc == 0)
		rc = sync_request(&s, rpc_line_call(SYNC_ID, method, json_incref(params)));
	if (rc == 0)
		rc = sync_answer(&s);
	json_decref(params);
	if (rc != 0 && message_size > 0 && message[0] == '\0')
		say(&s, "%s", rc > -4096 ? strerror(-rc) : "the peer gave no reason");
	rpc_reader_fini(&s.reader, left);
	if (s.fd >= 0)
		close(s.fd);
	return rc;
}
