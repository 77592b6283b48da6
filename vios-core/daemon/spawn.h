/* SPDX-License-Identifier: BSD-3-Clause */
/* spawn.h - starts a program that outlives viosd. */
#ifndef VIOS_DAEMON_SPAWN_H
#define VIOS_DAEMON_SPAWN_H

#include <sys/types.h>

/*
 * Starts path in a session of its own: stdin from /dev/null, stdout and stderr appended to
 * log_path, every other descriptor closed, no signal blocked or ignored, no parent-death signal.
 * Waits until exec has succeeded or failed. 0 with *pidfd (the caller's, close-on-exec) and *pid,
 * or -errno.
 */
int spawn_detached(
	const char *path, char *const argv[], const char *log_path, int *pidfd, pid_t *pid);

/* Collects the end of a process of ours. Its wait status (see waitpid(2)), -ECHILD: not our child,
 * -EAGAIN: it lives. */
int spawn_reap(int pidfd);

#endif
