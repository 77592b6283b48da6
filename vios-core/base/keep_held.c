/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_held.c - the messages between a daemon and its holder. Runs in either; owns nothing. */
#include "vios-core/base/keep_held.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fd_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int keep_held_send(int sock, const struct keep_held_msg *m, int fd)
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

int keep_held_recv(int sock, struct keep_held_msg *m, int *fd, int flags)
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

int keep_held_place(int fd, int slot)
{
	int err = 0;

	if (fd == keep_fd(slot))
		return 0;
	if (dup2(fd, keep_fd(slot)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int keep_held_slot(struct keep_slots *slots)
{
	int slot = keep_slot_alloc(slots);

	if (slot < 0 || fcntl(keep_fd(slot), F_GETFD) < 0)
		return slot;
	slots->used[slot] = 0; /* the number is taken by a descriptor of our own */
	return -EMFILE;
}

int keep_held_store(int sock, struct keep_slots *slots, int fd)
{
	struct keep_held_msg put = {.kind = KEEP_HELD_PUT};
	int slot = keep_held_slot(slots);
	int err;

	if (slot < 0) {
		close(fd);
		return slot;
	}
	err = keep_held_place(fd, slot);
	put.slot = slot;
	if (!err)
		err = keep_held_send(sock, &put, keep_fd(slot));
	return err ? err : slot;
}

void keep_held_sweep(struct keep_ops *ops, struct keep_slots *slots)
{
	for (int slot = 0; slot < KEEP_SLOTS; slot++) {
		int unused = slot;

		if (!slots->used[slot] && fcntl(keep_fd(slot), F_GETFD) >= 0)
			keep_drop(ops, slots, &unused);
	}
}

int keep_held_carry_out(int sock)
{
	struct keep_held_msg m = {.kind = KEEP_HELD_COMMIT};
	int fd = -1;
	int err = keep_held_send(sock, &m, -1);

	if (!err)
		err = keep_held_recv(sock, &m, &fd, 0);
	if (fd >= 0)
		keep_held_place(fd, m.slot);
	return err;
}
