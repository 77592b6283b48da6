/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's sleep. One epoll set a worker holds the kick descriptors of its clients
 * (edge-triggered), the uplink's sockets (level-triggered), the heartbeat's ping and an eventfd
 * with which other threads wake it. The worker waits; any thread may add and remove, which epoll
 * allows at any time.
 */
#include "net/sleeper.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 32

static int add(struct sleeper *sleeper, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(sleeper->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int sleeper_init(struct sleeper *sleeper, int ping_fd)
{
	int rc;

	sleeper->ping_fd = ping_fd;
	sleeper->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sleeper->wake_fd < 0)
		return -errno;
	sleeper->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (sleeper->epoll_fd < 0) {
		rc = -errno;
		goto close_wake;
	}
	rc = add(sleeper, sleeper->wake_fd, EPOLLIN);
	if (!rc)
		rc = add(sleeper, ping_fd, EPOLLIN);
	if (!rc)
		return 0;
	close(sleeper->epoll_fd);
close_wake:
	close(sleeper->wake_fd);
	return rc;
}

void sleeper_fini(struct sleeper *sleeper)
{
	close(sleeper->epoll_fd);
	close(sleeper->wake_fd);
}

int sleeper_add_kick(struct sleeper *sleeper, int fd)
{
	return add(sleeper, fd, EPOLLIN | EPOLLET);
}

int sleeper_add_level(struct sleeper *sleeper, int fd)
{
	return add(sleeper, fd, EPOLLIN);
}

void sleeper_remove(struct sleeper *sleeper, int fd)
{
	epoll_ctl(sleeper->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void sleeper_wake(struct sleeper *sleeper)
{
	eventfd_write(sleeper->wake_fd, 1);
}

/* A socket whose interface went down stays readable with an error until somebody takes it: nobody
 * could sleep. */
static void take_error(int fd)
{
	int error;
	socklen_t len = sizeof(error);

	(void)!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

void sleeper_wait(struct sleeper *sleeper, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(sleeper->epoll_fd, events, EVENTS_MAX, timeout_ms);

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		uint64_t count;

		/* Both are non-blocking; what was in them does not matter, only that they are empty
		 * now. */
		if (fd == sleeper->wake_fd || fd == sleeper->ping_fd)
			(void)!read(fd, &count, sizeof(count));
		else if (events[i].events & EPOLLERR)
			take_error(fd);
	}
}
