/* SPDX-License-Identifier: BSD-3-Clause */
/* sleeper.h - how an idle worker sleeps and what wakes it. Edge: epoll. */
#ifndef VIOS_NET_SLEEPER_H
#define VIOS_NET_SLEEPER_H

#include <stdint.h>

struct sleeper {
	int epoll_fd;
	int wake_fd;
	int ping_fd; /* borrowed: the heartbeat's */
};

/* 0 or -errno. */
int sleeper_init(struct sleeper *sleeper, int ping_fd);
void sleeper_fini(struct sleeper *sleeper);

/* Any thread. A kick counts each time it is written and is never read: the client's other VIOS and
 * its mux hold the same eventfd. The caller owns fd, and removes it before it closes it. */
int sleeper_add_kick(struct sleeper *sleeper, int fd);
/* Wakes for as long as fd is readable: an uplink's socket. */
int sleeper_add_level(struct sleeper *sleeper, int fd);
void sleeper_remove(struct sleeper *sleeper, int fd);
void sleeper_wake(struct sleeper *sleeper);

/* The worker itself. timeout_ms -1: until woken. Drains the wake and ping descriptors. */
void sleeper_wait(struct sleeper *sleeper, int timeout_ms);

#endif
