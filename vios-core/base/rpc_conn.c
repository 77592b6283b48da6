/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_conn.c - one JSON-RPC connection: receiving, dispatching, its end. Loop thread. The
 * connection owns its socket, buffers and waiters; descriptors that a handler does not take are
 * closed here. See rpc_private.h for its states and who may free it when.
 */
#include "vios-core/base/rpc_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vios-core/base/log.h"

/* Later than any input: what a peer said before it went is heard. */
#define GONE_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 50)

void rpc_fds_close(struct rpc_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++) {
		if (fds->fd[i] >= 0)
			close(fds->fd[i]);
	}
	fds->n = 0;
}

void rpc_conn_unref(struct rpc_conn *conn)
{
	if (--conn->refs > 0)
		return;
	sd_event_unref(conn->ev);
	free(conn);
}

/* Closes the socket and takes the connection off every list; calls nobody. */
static void conn_release(struct rpc_conn *conn)
{
	struct rpc_fds left[2];

	conn->io = sd_event_source_disable_unref(conn->io);
	conn->gone = sd_event_source_disable_unref(conn->gone);
	if (conn->server != NULL)
		rpc_server_forget(conn->server, conn);
	conn->server = NULL;
	rpc_calls_detach(conn);
	rpc_out_clear(conn);
	rpc_reader_fini(&conn->reader, left);
	rpc_fds_close(&left[0]);
	rpc_fds_close(&left[1]);
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
}

/* The peer is gone or broke a rule. The caller holds a reference. */
static void conn_down(struct rpc_conn *conn)
{
	if (conn->state != RPC_CONN_OPEN)
		return;
	conn->state = RPC_CONN_DEAD;
	conn_release(conn);
	rpc_waiters_close(conn);
	if (conn->state == RPC_CONN_DEAD && conn->service != NULL && conn->service->closed != NULL)
		conn->service->closed(conn, conn->user);
	if (conn->state == RPC_CONN_DEAD) {
		conn->state = RPC_CONN_FREED;
		rpc_conn_unref(conn);
	}
}

void rpc_conn_free(struct rpc_conn *conn)
{
	if (conn == NULL || conn->state == RPC_CONN_FREED)
		return;
	conn->state = RPC_CONN_FREED;
	conn_release(conn);
	rpc_waiters_close(conn);
	rpc_conn_unref(conn);
}

static int on_gone(sd_event_source *s, void *user)
{
	struct rpc_conn *conn = user;

	conn->refs++;
	conn_down(conn);
	rpc_conn_unref(conn);
	return 0;
}

static void log_hangup(struct rpc_conn *conn, const char *reason)
{
	log_warn("rpc-hangup", "peer_pid=%d reason=\"%s\"", (int)rpc_conn_peer(conn).pid, reason);
}

void rpc_conn_give_up(struct rpc_conn *conn, bool deaf, const char *reason)
{
	if (conn->state != RPC_CONN_OPEN)
		return;
	if (deaf && conn->io != NULL)
		sd_event_source_set_enabled(conn->io, SD_EVENT_OFF);
	if (conn->gone != NULL)
		return;
	if (reason != NULL)
		log_hangup(conn, reason);
	/* Without memory for the event source the connection ends by its socket. */
	if (sd_event_add_defer(conn->ev, &conn->gone, on_gone, conn) < 0) {
		shutdown(conn->fd, SHUT_RDWR);
		return;
	}
	sd_event_source_set_priority(conn->gone, GONE_PRIORITY);
}

static void fds_collect(struct msghdr *msg, struct rpc_fds *fds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (fds->n < RPC_FDS_MAX)
				fds->fd[fds->n++] = fd;
			else
				close(fd);
		}
	}
}

/* The number of bytes, 0 at the end, or -errno. */
static ssize_t receive(int fd, char *to, size_t room, struct rpc_fds *fds)
{
	union {
		struct cmsghdr head; /* alignment */
		char bytes[CMSG_SPACE(sizeof(int) * RPC_FDS_MAX)];
	} control;
	struct iovec iov = {.iov_base = to, .iov_len = room};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	fds_collect(&msg, fds);
	if (msg.msg_flags & MSG_CTRUNC) {
		rpc_fds_close(fds);
		return -EMFILE;
	}
	return n;
}

/* Best effort: the peer may be gone already. */
static void refuse(struct rpc_conn *conn, int code, const char *why)
{
	rpc_out_send(conn, rpc_line_error(NULL, code, why), NULL, 0);
	rpc_conn_give_up(conn, true, why);
}

static void conn_line(struct rpc_conn *conn, const char *line, size_t len, struct rpc_fds *fds)
{
	struct rpc_message m;
	char why[160];
	int code = rpc_line_parse(line, len, &m, why, sizeof(why));

	if (code != 0) {
		refuse(conn, code, why);
		return;
	}
	if (m.kind == RPC_KIND_CALL || m.kind == RPC_KIND_NOTE)
		rpc_call_take(conn, &m, fds);
	else if (rpc_answer_take(conn, &m, fds) < 0)
		rpc_conn_give_up(conn, true, "answers what was not asked");
	json_decref(m.root);
}

/* True while the connection takes input: a handler may have ended it. */
static bool conn_hears(const struct rpc_conn *conn)
{
	int enabled = SD_EVENT_OFF;

	return conn->state == RPC_CONN_OPEN &&
	       sd_event_source_get_enabled(conn->io, &enabled) >= 0 && enabled != SD_EVENT_OFF;
}

static void conn_lines(struct rpc_conn *conn)
{
	struct rpc_fds fds;
	const char *line;
	size_t len;

	while (conn_hears(conn) && rpc_reader_next(&conn->reader, &line, &len, &fds)) {
		conn_line(conn, line, len, &fds);
		rpc_fds_close(&fds);
	}
}

/* One receive a wake-up: a busy peer does not starve the others. 0, or a reason to hang up. */
static const char *conn_input(struct rpc_conn *conn)
{
	struct rpc_fds fds = {.n = 0};
	size_t room;
	char *to;
	int rc = rpc_reader_room(&conn->reader, &to, &room);

	if (rc < 0)
		return rc == -EMSGSIZE ? "sent a line that is too long" : "no memory for its line";
	ssize_t n = receive(conn->fd, to, room, &fds);
	if (n == -EAGAIN || n == -EINTR)
		return NULL;
	if (n <= 0)
		return n == -EMFILE ? "sent more descriptors than can be taken" : "";
	if (rpc_reader_commit(&conn->reader, (size_t)n, &fds) < 0) {
		rpc_fds_close(&fds);
		return "sent too many descriptors with one line";
	}
	conn_lines(conn);
	return NULL;
}

static void conn_io(struct rpc_conn *conn, uint32_t events)
{
	const char *reason = NULL;

	if ((events & EPOLLOUT) && rpc_out_flush(conn) < 0)
		rpc_conn_give_up(conn, false, NULL);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		reason = conn_input(conn);
	if (reason == NULL)
		return;
	if (reason[0] != '\0' && conn->state == RPC_CONN_OPEN)
		log_hangup(conn, reason);
	conn_down(conn);
}

static int on_io(sd_event_source *s, int fd, uint32_t events, void *user)
{
	struct rpc_conn *conn = user;

	conn->refs++;
	conn_io(conn, events);
	rpc_conn_unref(conn);
	return 0;
}

static void peer_get(int fd, struct ucred *peer)
{
	socklen_t len = sizeof(*peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) < 0)
		*peer = (struct ucred){.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
}

int rpc_conn_new(sd_event *ev, int fd, const struct rpc_service *service, void *user,
	struct rpc_server *server, struct rpc_conn **out)
{
	struct rpc_conn *conn = calloc(1, sizeof(*conn));
	int rc = -ENOMEM;

	if (conn == NULL)
		goto close_fd;
	*conn = (struct rpc_conn){.server = server,
		.refs = 1,
		.ev = sd_event_ref(ev),
		.fd = fd,
		.service = service,
		.user = user};
	peer_get(fd, &conn->peer.who.id);
	TAILQ_INIT(&conn->out);
	TAILQ_INIT(&conn->waiters);
	TAILQ_INIT(&conn->calls);
	rc = sd_event_add_io(ev, &conn->io, fd, EPOLLIN, on_io, conn);
	if (rc < 0)
		goto unref_conn;
	*out = conn;
	return 0;

unref_conn:
	rpc_conn_unref(conn);
close_fd:
	close(fd);
	return rc;
}

int rpc_connect(sd_event *ev, const char *path, const struct rpc_service *service, void *user,
	struct rpc_conn **out)
{
	struct sockaddr_un addr;
	socklen_t len;
	int rc = rpc_address(path, &addr, &len);
	int fd;

	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, len) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return rpc_conn_new(ev, fd, service, user, NULL, out);
}

void rpc_conn_set_data(struct rpc_conn *conn, void *data)
{
	conn->data = data;
}

void *rpc_conn_data(const struct rpc_conn *conn)
{
	return conn->data;
}

struct ucred rpc_conn_peer(const struct rpc_conn *conn)
{
	return conn->peer.who.id;
}
