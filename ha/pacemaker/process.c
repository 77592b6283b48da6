/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process.c - starts tools and daemons, and ends a daemon that does not listen to its socket any
 * more. One thread; everything waits, bounded. A process is known by a descriptor, never by a pid
 * that was read from a file.
 */
#include "ha/pacemaker/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 20u
#define KILL_MS 2000u /* a process that was killed is gone by then */

extern char **environ;

uint64_t process_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

void process_wait_ms(unsigned ms)
{
	poll(NULL, 0, (int)ms);
}

bool process_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

static int start(char *const argv[], const char *out, bool with_stderr, bool session, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(
		&actions, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0640);
	if (with_stderr)
		posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(
		&attr, (short)(POSIX_SPAWN_SETSIGMASK | (session ? POSIX_SPAWN_SETSID : 0)));
	posix_spawnattr_setsigmask(&attr, &none);
	r = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int process_run(char *const argv[], unsigned timeout_ms)
{
	uint64_t deadline_ms = process_now_ms() + timeout_ms;
	int status, r;
	pid_t pid;

	r = start(argv, "/dev/null", false, false, &pid);
	if (r < 0)
		return r;
	while (!process_ended(pid, &status)) {
		if (process_now_ms() >= deadline_ms) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIMEDOUT;
		}
		process_wait_ms(5);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int process_detach(char *const argv[], const char *log, pid_t *pid)
{
	return start(argv, log, true, true, pid);
}

/* A connected socket, or -errno. */
static int knock(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, r;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

bool process_listens(const char *path)
{
	int fd = knock(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -EAGAIN; /* its backlog is full */
}

int process_of_socket(const char *path)
{
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	int fd = knock(path), pidfd;

	if (fd < 0)
		return fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.pid <= 0) {
		close(fd);
		return -ESRCH;
	}
	pidfd = pidfd_open(peer.pid, 0);
	if (pidfd < 0)
		pidfd = -errno;
	close(fd);
	return pidfd;
}

static bool gone(int pidfd, unsigned ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, (int)ms) == 1;
}

int process_ask_to_end(int pidfd, unsigned ms)
{
	pidfd_send_signal(pidfd, SIGTERM, NULL, 0);
	return gone(pidfd, ms) ? 0 : -ETIMEDOUT;
}

int process_end(int pidfd, unsigned grace_ms)
{
	if (process_ask_to_end(pidfd, grace_ms) == 0)
		return 0;
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	return gone(pidfd, KILL_MS) ? 0 : -ETIMEDOUT;
}
