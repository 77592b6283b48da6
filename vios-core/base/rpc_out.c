/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_out.c - the output queue of a connection. Loop thread. A line leaves in sends of its own, so
 * that its descriptors travel with its first byte; EPOLLOUT is asked for only while something
 * waits. The queue owns its lines and the duplicated descriptors in them. A failed send never calls
 * back into the user: it arms the connection's end (rpc_conn_give_up()).
 */
#include "vios-core/base/rpc_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LINE_FIRST 512u

static int fds_dup(struct rpc_fds *to, const int *fds, size_t n)
{
	if (n > RPC_FDS_MAX)
		return -E2BIG;
	for (to->n = 0; to->n < n; to->n++) {
		int fd = fcntl(fds[to->n], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			int rc = -errno;

			rpc_fds_close(to);
			return rc;
		}
		to->fd[to->n] = fd;
	}
	return 0;
}

/* A line that grows while it is written. */
struct growing {
	struct rpc_out_line *line; /* NULL: not begun; no memory, with rc */
	size_t room;		   /* of text */
	int rc;
};

static int grow(struct growing *to, size_t need)
{
	size_t room = to->room ? to->room : LINE_FIRST;
	struct rpc_out_line *line;

	if (need > RPC_LINE_MAX)
		return -EMSGSIZE;
	while (room < need)
		room *= 2;
	line = realloc(to->line, sizeof(*line) + room);
	if (line == NULL)
		return -ENOMEM;
	if (to->line == NULL)
		*line = (struct rpc_out_line){.len = 0};
	to->line = line;
	to->room = room;
	return 0;
}

/* json_dump_callback_t: -1 ends the dump. */
static int put(const char *text, size_t size, void *user)
{
	struct growing *to = user;
	size_t len = to->line ? to->line->len : 0;

	if (to->rc == 0 && len + size > to->room)
		to->rc = grow(to, len + size);
	if (to->rc < 0)
		return -1;
	memcpy(to->line->text + len, text, size);
	to->line->len = len + size;
	return 0;
}

/* Ends the line; NULL, with rc: what is there of it is gone. */
static struct rpc_out_line *line_done(struct growing *to)
{
	if (put("\n", 1, to) == 0)
		return to->line;
	free(to->line);
	return NULL;
}

static int line_new(json_t *root, const int *fds, size_t n_fds, struct rpc_out_line **out)
{
	struct growing to = {.line = NULL};
	int rc;

	if (json_dump_callback(root, put, &to, JSON_COMPACT) < 0 && to.rc == 0)
		to.rc = -ENOMEM;
	*out = line_done(&to);
	if (*out == NULL)
		return to.rc;
	rc = fds_dup(&(*out)->fds, fds, n_fds);
	if (rc < 0)
		free(*out);
	return rc;
}

static void line_free(struct rpc_out_line *line)
{
	rpc_fds_close(&line->fds);
	free(line);
}

static ssize_t line_send(int fd, struct rpc_out_line *line)
{
	union {
		struct cmsghdr head; /* alignment */
		char bytes[CMSG_SPACE(sizeof(int) * RPC_FDS_MAX)];
	} control;
	struct iovec iov = {.iov_base = line->text + line->sent, .iov_len = line->len - line->sent};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (line->fds.n > 0) {
		size_t len = line->fds.n * sizeof(int);

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(len);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(c), line->fds.fd, len);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void want_writable(struct rpc_conn *conn, bool on)
{
	uint32_t events = on ? EPOLLIN | EPOLLOUT : EPOLLIN;
	uint32_t now = 0;

	if (conn->io == NULL || sd_event_source_get_io_events(conn->io, &now) < 0 || now == events)
		return;
	sd_event_source_set_io_events(conn->io, events);
}

int rpc_out_flush(struct rpc_conn *conn)
{
	struct rpc_out_line *line;

	while ((line = TAILQ_FIRST(&conn->out)) != NULL) {
		ssize_t n = line_send(conn->fd, line);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return -errno;
		if (n < 0)
			break;
		rpc_fds_close(&line->fds);
		line->sent += (size_t)n;
		conn->out_bytes -= (size_t)n;
		if (line->sent < line->len)
			continue;
		TAILQ_REMOVE(&conn->out, line, link);
		line_free(line);
	}
	want_writable(conn, line != NULL);
	return 0;
}

static int line_queue(struct rpc_conn *conn, struct rpc_out_line *line)
{
	if (conn->out_bytes + line->len > RPC_OUT_MAX) {
		line_free(line);
		rpc_conn_give_up(conn, true, "does not read what it is sent");
		return -ENOBUFS;
	}
	bool idle = TAILQ_EMPTY(&conn->out);

	TAILQ_INSERT_TAIL(&conn->out, line, link);
	conn->out_bytes += line->len;
	int rc = idle ? rpc_out_flush(conn) : 0;
	if (rc < 0)
		rpc_conn_give_up(conn, false, NULL);
	return rc;
}

int rpc_out_send(struct rpc_conn *conn, json_t *root, const int *fds, size_t n_fds)
{
	struct rpc_out_line *line;
	int rc;

	if (root == NULL)
		return -ENOMEM;
	rc = conn->state == RPC_CONN_OPEN && conn->gone == NULL ? line_new(root, fds, n_fds, &line)
								: -EPIPE;
	json_decref(root);
	return rc < 0 ? rc : line_queue(conn, line);
}

int rpc_out_text(struct rpc_conn *conn, const struct iovec *parts, size_t n)
{
	struct growing to = {.line = NULL};

	if (conn->state != RPC_CONN_OPEN || conn->gone != NULL)
		return -EPIPE;
	for (size_t i = 0; i < n; i++)
		put(parts[i].iov_base, parts[i].iov_len, &to);
	struct rpc_out_line *line = line_done(&to);
	return line != NULL ? line_queue(conn, line) : to.rc;
}

void rpc_out_clear(struct rpc_conn *conn)
{
	struct rpc_out_line *line;

	while ((line = TAILQ_FIRST(&conn->out)) != NULL) {
		TAILQ_REMOVE(&conn->out, line, link);
		line_free(line);
	}
	conn->out_bytes = 0;
}
