// SPDX-License-Identifier: BSD-3-Clause
/*
 * uevent_sock.c - the socket of uevents. Runs on viosd's one thread; the struct owns the socket.
 * Only what the kernel itself sends is believed: anybody may send to a netlink socket.
 */
#include "vios-core/discovery/uevent_sock.h"

#include "vios-core/base/log.h"
#include "vios-core/discovery/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL_GROUP 1 /* 2 is udev's, in a format of its own */
#define AT_ONCE 64     /* then others have their turn */

struct uevent_sock {
	int fd;
	sd_event_source *readable;
	void (*changed)(void *user);
	void *user;
};

static bool matters(const char *message, size_t n)
{
	struct uevent event;

	if (uevent_parse(message, n, &event) < 0) {
		log_debug("uevent-refused", "bytes=%zu", n);
		return false;
	}
	if (!uevent_matters(&event))
		return false;
	log_debug("uevent", "action=%s subsystem=%s name=%s", uevent_action_name(event.action),
		event.subsystem, event.name);
	return true;
}

/* 1: something has changed; 0: nothing of interest; -EAGAIN: nothing there; -errno. */
static int take(int fd)
{
	char message[UEVENT_BYTES_MAX];
	struct sockaddr_nl from = {0};
	struct iovec part = {.iov_base = message, .iov_len = sizeof(message)};
	struct msghdr header = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT);

	if (n < 0 && errno == ENOBUFS)
		return 1; /* some were lost: look */
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (header.msg_namelen != sizeof(from) || from.nl_pid != 0)
		return 0;
	return header.msg_flags & MSG_TRUNC ? 1 : matters(message, (size_t)n);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct uevent_sock *sock = user;
	bool changed = false;
	int r = 0;

	for (unsigned i = 0; i < AT_ONCE && r >= 0; i++) {
		r = take(fd);
		changed |= r > 0;
	}
	if (r < 0 && r != -EAGAIN) {
		log_error("uevents", "devices=unwatched errno=%d", -r);
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	if (changed)
		sock->changed(sock->user);
	return 0;
}

static int open_socket(void)
{
	struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int uevent_sock_new(sd_event *ev, void (*changed)(void *user), void *user, struct uevent_sock **out)
{
	struct uevent_sock *sock = calloc(1, sizeof(*sock));

	if (!sock)
		return -ENOMEM;
	sock->changed = changed;
	sock->user = user;
	sock->fd = open_socket();
	int r = sock->fd < 0 ? sock->fd
			     : sd_event_add_io(
				       ev, &sock->readable, sock->fd, EPOLLIN, on_readable, sock);
	if (r < 0) {
		uevent_sock_free(sock);
		return r;
	}
	*out = sock;
	return 0;
}

void uevent_sock_free(struct uevent_sock *sock)
{
	if (!sock)
		return;
	sd_event_source_disable_unref(sock->readable);
	if (sock->fd >= 0)
		close(sock->fd);
	free(sock);
}
