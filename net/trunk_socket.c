/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_socket.c - see trunk_socket.h. Main thread; nothing is kept here. */
#include "net/trunk_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define KIND (SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK)
#define BACKLOG 4

static void fill_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, strlen(path)); /* TRUNK_SOCKET_MAX fits */
}

int trunk_socket_listen(const char *path)
{
	int fd = socket(AF_UNIX, KIND, 0), rc;
	struct sockaddr_un address;

	if (fd < 0)
		return -errno;
	fill_address(&address, path);
	unlink(path);
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !chmod(path, 0600) &&
		!listen(fd, BACKLOG))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int trunk_socket_accept(int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int trunk_socket_connect(const char *path)
{
	int fd = socket(AF_UNIX, KIND, 0), rc;
	struct sockaddr_un address;

	if (fd < 0)
		return -errno;
	fill_address(&address, path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(TRUNK_LINK_FDS_MAX * sizeof(int))];
};

int trunk_socket_send(int fd, const struct trunk_msg *msg, const int *fds, size_t n_fds)
{
	uint8_t bytes[TRUNK_MSG_BYTES];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control = {0};

	trunk_msg_write(msg, bytes);
	if (n_fds) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	}
	return sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static size_t take_fds(struct msghdr *mh, int fds[TRUNK_LINK_FDS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		/* The room is rounded up: one more than was asked for may have come. */
		for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= c->cmsg_len; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (n < TRUNK_LINK_FDS_MAX)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

int trunk_socket_receive(int fd, struct trunk_msg *msg, int fds[TRUNK_LINK_FDS_MAX], size_t *n_fds)
{
	uint8_t bytes[TRUNK_MSG_BYTES + 1];
	struct iovec iov = {bytes, sizeof(bytes)};
	union control control;
	struct msghdr mh = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*n_fds = 0;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*n_fds = take_fds(&mh, fds);
	if (got > 0 && trunk_msg_read(bytes, (size_t)got, msg) &&
		*n_fds == (msg->type == TRUNK_MSG_HELLO ? 1 + msg->n_rings : 0))
		return 1;
	while (*n_fds)
		close(fds[--*n_fds]);
	return got ? -EBADMSG : -ECONNRESET;
}
