/* SPDX-License-Identifier: BSD-3-Clause */
/* held.c - the messages between the mux and its holder. Runs in either; owns nothing. */
#include "ha/mux/held.h"

#include "ha/mux/ops.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fd_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int held_send(int sock, const struct held_msg *m, int fd)
{
	struct iovec iov = {(void *)(uintptr_t)m, sizeof(*m)};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	union fd_room room;
	ssize_t n;

	if (fd >= 0) {
		memset(&room, 0, sizeof(room));
		h.msg_control = &room;
		h.msg_controllen = sizeof(room);
		room.align.cmsg_level = SOL_SOCKET;
		room.align.cmsg_type = SCM_RIGHTS;
		room.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&room.align), &fd, sizeof(int));
	}
	do
		n = sendmsg(sock, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int held_recv(int sock, struct held_msg *m, int *fd, int flags)
{
	struct iovec iov = {m, sizeof(*m)};
	union fd_room room;
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &h, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	c = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	return n == sizeof(*m) ? 0 : -EPIPE;
}

int held_place(int fd, int slot)
{
	int err = 0;

	if (fd == ops_fd(slot))
		return 0;
	if (dup2(fd, ops_fd(slot)) < 0)
		err = -errno;
	close(fd);
	return err;
}
