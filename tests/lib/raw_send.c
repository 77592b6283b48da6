/* SPDX-License-Identifier: BSD-3-Clause */
/* raw_send.c - see raw_send.h. Runs in its caller's thread; owns nothing. */
#include "tests/lib/raw_send.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int raw_send(int sock, const void *bytes, size_t len_bytes, int fd, unsigned n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * RAW_FDS_MAX)];
	} room = {.bytes = {0}};
	struct iovec iov = {(void *)(uintptr_t)bytes, len_bytes};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (n_fds > RAW_FDS_MAX)
		n_fds = RAW_FDS_MAX;
	if (n_fds > 0) {
		struct cmsghdr *c;

		h.msg_control = &room;
		h.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		for (unsigned i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	}
	n = sendmsg(sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 ? -errno : (int)n;
}
