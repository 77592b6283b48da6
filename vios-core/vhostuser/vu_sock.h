/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_sock.h - edge: vhost-user messages over a UNIX stream socket, never blocking. The caller owns
 * the event loop.
 *
 * Receiving leaves half messages in the socket, so that nothing is lost with this process: a
 * watcher must be edge-triggered (EPOLLET) and call vu_sock_peek() until it says -EAGAIN. Sending
 * queues what the socket does not take; then vu_sock_wants_write() is true until vu_sock_flush()
 * has sent it.
 */
#ifndef VIOS_VHOSTUSER_VU_SOCK_H
#define VIOS_VHOSTUSER_VU_SOCK_H

#include "vios-core/vhostuser/vu_msg.h"

#include <sys/types.h>

#define VU_SOCK_QUEUE_MAX 512 /* messages a peer may leave unread */

struct vu_sock_pending;
struct vu_sock {
	int fd;		     /* owned; -1: closed */
	enum vu_fault fault; /* why the last call said -EPROTO */
	struct vu_sock_pending *head, *tail;
	unsigned n_pending;
};

/* Takes fd and makes it non-blocking and close-on-exec. */
int vu_sock_init(struct vu_sock *s, int fd);
void vu_sock_fini(struct vu_sock *s); /* closes; idempotent */

/*
 * The next whole message, left in the socket. Its descriptors are new ones and the caller's. 0, or
 * -EAGAIN: not there yet; -EPIPE: the peer closed between messages; -EPROTO: s->fault says what was
 * wrong, hang up; other -errno. On error m holds no descriptors. Form only: the caller checks m
 * with vu_msg_check_*().
 */
int vu_sock_peek(struct vu_sock *s, struct vu_msg *m);
/* Removes the message that vu_sock_peek() showed; m's descriptors stay the caller's,
 * who must not have changed n_fds since. 0, -errno, or
 * -EPROTO: the message had descriptors that do not belong to it, or none of those that the peek
 * showed (the next message's: see vu_sock.c). So act on a message only after it has been consumed.
 */
int vu_sock_consume(struct vu_sock *s, const struct vu_msg *m);
/* Both at once. */
int vu_sock_recv(struct vu_sock *s, struct vu_msg *m);

/* Descriptors stay the caller's (queued ones are duplicated). 0; -ENOBUFS: VU_SOCK_QUEUE_MAX
 * messages unread; -EPIPE; -errno. */
int vu_sock_send(struct vu_sock *s, const struct vu_msg *m);
int vu_sock_flush(struct vu_sock *s); /* 0, also when something is left; -errno */
bool vu_sock_wants_write(const struct vu_sock *s);

/* Closes what m still holds. */
void vu_msg_close_fds(struct vu_msg *m);

/* Descriptors (non-blocking, close-on-exec) or -errno; path longer than 107 bytes: -ENAMETOOLONG.
 */
int vu_sock_listen(const char *path); /* replaces a stale file: the caller is the only owner */
int vu_sock_connect(
	const char *path); /* -ECONNREFUSED, -ENOENT: nobody; -EAGAIN: its backlog is full */
int vu_sock_accept(int listen_fd);     /* -EAGAIN: nobody */
bool vu_sock_turn_away(int listen_fd); /* accepts and hangs up; false: nobody */

pid_t vu_sock_peer(int fd); /* who connected, or listened; 0: not known */
bool vu_sock_gone(int fd);  /* the peer has hung up */

#endif
