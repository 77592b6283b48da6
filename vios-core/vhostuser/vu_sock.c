/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_sock.c - vhost-user messages over a UNIX stream socket. Runs in its caller's thread. A struct
 * vu_sock owns its socket and the messages (with duplicated descriptors) that the peer has not
 * taken yet.
 *
 * How a message is peeked. recvmsg(2) on a stream glues bytes of different sendmsg(2) calls
 * together until it meets descriptors; with MSG_PEEK it even looks past the bytes asked for, and
 * hands out the descriptors of whatever comes next (unix_stream_read_generic() up to Linux 6.18).
 * So room for descriptors is offered only to a message that must bring some, and only until it has;
 * SO_PEEK_OFF goes on where they stopped the kernel. Consuming is exact: there the descriptors that
 * really belonged to the message are counted, and a message that brought more or fewer than it
 * showed is refused.
 */
#include "vios-core/vhostuser/vu_sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WIRE_MAX (VU_HEADER_BYTES + VU_PAYLOAD_MAX)

struct vu_sock_pending {
	struct vu_sock_pending *next;
	size_t sent_bytes;
	struct vu_msg msg; /* its descriptors are ours until they are sent */
};

/* Wide enough that a peer which sends too many is caught by their number or by MSG_CTRUNC. */
union fd_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * VU_FDS_MAX)];
};

void vu_msg_close_fds(struct vu_msg *m)
{
	for (uint32_t i = 0; i < m->n_fds && i < VU_FDS_MAX; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->n_fds = 0;
}

static int set_peek_offset(int fd, int offset)
{
	return setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0 ? -errno : 0;
}

int vu_sock_init(struct vu_sock *s, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	*s = (struct vu_sock){.fd = fd};
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return set_peek_offset(fd, -1); /* a predecessor may have died in the middle of a peek */
}

static void pending_free(struct vu_sock_pending *p)
{
	vu_msg_close_fds(&p->msg);
	free(p);
}

static void pending_pop(struct vu_sock *s)
{
	struct vu_sock_pending *p = s->head;

	s->head = p->next;
	if (!s->head)
		s->tail = NULL;
	s->n_pending--;
	pending_free(p);
}

void vu_sock_fini(struct vu_sock *s)
{
	while (s->head)
		pending_pop(s);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* ---- receiving ---- */

/* Adds the descriptors of one control message to m; those beyond its room are closed. */
static bool take_fds(struct vu_msg *m, const struct cmsghdr *cmsg)
{
	size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	bool fits = true;

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
		if (m->n_fds < VU_FDS_MAX) {
			m->fds[m->n_fds++] = fd;
		} else {
			close(fd);
			fits = false;
		}
	}
	return fits;
}

static int broken(struct vu_sock *s, enum vu_fault fault)
{
	s->fault = fault;
	return -EPROTO;
}

/* One recvmsg(2); descriptors are added to m, or left alone if with_fds is false. Bytes got (0:
 * closed) or -errno. */
static ssize_t receive(struct vu_sock *s, struct vu_msg *m, uint8_t *to, size_t len_bytes,
	int flags, bool with_fds)
{
	struct iovec iov = {to, len_bytes};
	union fd_room room;
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	bool lost = false;
	ssize_t n;

	do {
		h.msg_control = with_fds ? &room : NULL;
		h.msg_controllen = with_fds ? sizeof(room) : 0;
		n = recvmsg(s->fd, &h, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!with_fds)
		return n;
	lost = h.msg_flags & MSG_CTRUNC;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			lost |= !take_fds(m, c);
	return lost ? broken(s, VU_FDS_LOST) : n;
}

/* From offset got on, until want bytes are there. 0, -EAGAIN (not all there), -EPROTO, -errno. */
static int peek_rest(
	struct vu_sock *s, struct vu_msg *m, uint8_t *wire, size_t got, size_t want, bool with_fds)
{
	int err = set_peek_offset(s->fd, (int)got);

	while (!err && got < want) {
		ssize_t n = receive(s, m, wire + got, want - got, MSG_PEEK, with_fds && !m->n_fds);

		if (n == 0)
			err = broken(s, VU_CUT_OFF);
		else if (n < 0)
			err = (int)n;
		else
			got += (size_t)n;
	}
	set_peek_offset(s->fd, -1);
	return err;
}

static int peek_exactly(
	struct vu_sock *s, struct vu_msg *m, uint8_t *wire, size_t want, bool with_fds)
{
	ssize_t n = receive(s, m, wire, want, MSG_PEEK, with_fds);

	if (n == 0)
		return -EPIPE;
	if (n < 0)
		return (int)n;
	return (size_t)n < want ? peek_rest(s, m, wire, (size_t)n, want, with_fds) : 0;
}

/* Header, then payload, then (where they belong) the same again with descriptors. */
static int peek_whole(struct vu_sock *s, struct vu_msg *m)
{
	uint8_t wire[WIRE_MAX];
	enum vu_fault fault;
	size_t want;
	int err = peek_exactly(s, m, wire, VU_HEADER_BYTES, false);

	if (err)
		return err;
	fault = vu_msg_header_get(m, wire);
	if (fault)
		return broken(s, fault);
	want = VU_HEADER_BYTES + (size_t)m->size_bytes;
	err = peek_exactly(s, m, wire, want, false);
	if (err)
		return err;
	memcpy(m->payload, wire + VU_HEADER_BYTES, m->size_bytes);
	return vu_msg_brings_fds(m) ? peek_exactly(s, m, wire, want, true) : 0;
}

int vu_sock_peek(struct vu_sock *s, struct vu_msg *m)
{
	int err;

	m->n_fds = 0;
	s->fault = VU_OK;
	err = peek_whole(s, m);
	if (err)
		vu_msg_close_fds(m);
	return err;
}

/* Takes left bytes off the socket, and their descriptors into gone. */
static int drain(struct vu_sock *s, struct vu_msg *gone, size_t left)
{
	uint8_t wire[WIRE_MAX];

	while (left > 0) {
		ssize_t n = receive(s, gone, wire, left, 0, true);

		if (n <= 0)
			return n < 0 ? (int)n : -EPIPE;
		left -= (size_t)n;
	}
	return 0;
}

int vu_sock_consume(struct vu_sock *s, const struct vu_msg *m)
{
	struct vu_msg gone = {.n_fds = 0};
	uint32_t n;
	int err = drain(s, &gone, VU_HEADER_BYTES + (size_t)m->size_bytes);

	n = gone.n_fds;
	vu_msg_close_fds(&gone);
	if (err || n == m->n_fds)
		return err;
	return broken(s, n > m->n_fds ? VU_FDS_UNWANTED : VU_FDS_MISSING);
}

int vu_sock_recv(struct vu_sock *s, struct vu_msg *m)
{
	int err = vu_sock_peek(s, m);

	if (err)
		return err;
	err = vu_sock_consume(s, m);
	if (err)
		vu_msg_close_fds(m);
	return err;
}

/* ---- sending ---- */

static void put_fds(struct msghdr *h, union fd_room *room, const struct vu_msg *m)
{
	const size_t bytes = sizeof(int) * m->n_fds;
	struct cmsghdr *c;

	if (m->n_fds == 0)
		return;
	memset(room, 0, sizeof(*room));
	h->msg_control = room;
	h->msg_controllen = CMSG_SPACE(bytes);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(c), m->fds, bytes);
}

/* Sends m from from_bytes on; descriptors go with its first byte. Bytes sent, 0 if the socket is
 * full, or -errno. */
static ssize_t send_piece(int fd, const struct vu_msg *m, size_t from_bytes)
{
	uint8_t wire[WIRE_MAX];
	const size_t total = VU_HEADER_BYTES + (size_t)m->size_bytes;
	struct iovec iov = {wire + from_bytes, total - from_bytes};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	union fd_room room;
	ssize_t n;

	vu_msg_header_put(m, wire);
	memcpy(wire + VU_HEADER_BYTES, m->payload, m->size_bytes);
	if (from_bytes == 0)
		put_fds(&h, &room, m);
	do
		n = sendmsg(fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	/* ETOOMANYREFS: descriptors in flight are at their limit; the peer has to take some first.
	 */
	if (n < 0 && (errno == EAGAIN || errno == ETOOMANYREFS))
		return 0;
	return n < 0 ? -errno : n;
}

/* The copy holds descriptors of its own, and none if its first byte (and they with it) has gone. */
static int pending_push(struct vu_sock *s, const struct vu_msg *m, size_t sent_bytes)
{
	struct vu_sock_pending *p;

	if (s->n_pending >= VU_SOCK_QUEUE_MAX)
		return -ENOBUFS;
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct vu_sock_pending){.sent_bytes = sent_bytes, .msg = *m};
	p->msg.n_fds = 0;
	for (uint32_t i = 0; sent_bytes == 0 && i < m->n_fds; i++) {
		int fd = fcntl(m->fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			int err = -errno;

			pending_free(p);
			return err;
		}
		p->msg.fds[p->msg.n_fds++] = fd;
	}
	if (s->tail)
		s->tail->next = p;
	else
		s->head = p;
	s->tail = p;
	s->n_pending++;
	return 0;
}

int vu_sock_send(struct vu_sock *s, const struct vu_msg *m)
{
	ssize_t n = 0;

	if (m->size_bytes > VU_PAYLOAD_MAX || m->n_fds > VU_FDS_MAX)
		return -EINVAL;
	if (!s->head) {
		n = send_piece(s->fd, m, 0);
		if (n < 0)
			return (int)n;
		if ((size_t)n == VU_HEADER_BYTES + m->size_bytes)
			return 0;
	}
	return pending_push(s, m, (size_t)n);
}

int vu_sock_flush(struct vu_sock *s)
{
	while (s->head) {
		struct vu_sock_pending *p = s->head;
		ssize_t n = send_piece(s->fd, &p->msg, p->sent_bytes);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return 0;
		p->sent_bytes += (size_t)n;
		if (p->sent_bytes == VU_HEADER_BYTES + p->msg.size_bytes)
			pending_pop(s);
	}
	return 0;
}

bool vu_sock_wants_write(const struct vu_sock *s)
{
	return s->head != NULL;
}

/* ---- sockets ---- */

static int address(struct sockaddr_un *a, const char *path)
{
	size_t len = strlen(path);

	if (len >= sizeof(a->sun_path))
		return -ENAMETOOLONG;
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(a->sun_path, path, len);
	return 0;
}

static int close_with(int fd, int err)
{
	close(fd);
	return err;
}

int vu_sock_listen(const char *path)
{
	struct sockaddr_un a;
	int err = address(&a, path);
	int fd;

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (unlink(path) < 0 && errno != ENOENT)
		return close_with(fd, -errno);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0)
		return close_with(fd, -errno);
	return fd;
}

int vu_sock_connect(const char *path)
{
	struct sockaddr_un a;
	int err = address(&a, path);
	int fd;

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return close_with(fd, -errno);
	return fd;
}

int vu_sock_accept(int listen_fd)
{
	int fd;

	do
		fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

bool vu_sock_turn_away(int listen_fd)
{
	const int fd = vu_sock_accept(listen_fd);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

pid_t vu_sock_peer(int fd)
{
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? 0 : peer.pid;
}

bool vu_sock_gone(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) != 0;
}
