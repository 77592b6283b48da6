// SPDX-License-Identifier: BSD-3-Clause
/*
 * spawn.c - clone3(2) with CLONE_PIDFD, so that the process is known by a descriptor from its first
 * moment and a recycled pid is never taken for it. Called by viosd's one thread: between clone3 and
 * exec the child uses only system calls, on its own copy of the memory.
 */
#include "vios-core/daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int move_to(int fd, int target)
{
	return dup2(fd, target) < 0 ? -errno : 0;
}

static int prepare_child(int null_fd, int log_fd)
{
	sigset_t none;
	int r;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || setsid() < 0)
		return -errno;
	if ((r = move_to(null_fd, STDIN_FILENO)) < 0 || (r = move_to(log_fd, STDOUT_FILENO)) < 0 ||
		(r = move_to(log_fd, STDERR_FILENO)) < 0)
		return r;
	/* Marked, not closed: the pipe must live until exec. */
	return syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;
}

static void __attribute__((noreturn))
run_child(const char *path, char *const argv[], int null_fd, int log_fd, int report_fd)
{
	int error = prepare_child(null_fd, log_fd);

	if (error == 0) {
		execv(path, argv);
		error = -errno;
	}
	ssize_t written = write(report_fd, &error, sizeof(error));
	_exit(written == sizeof(error) ? 127 : 126);
}

static pid_t clone_with_pidfd(int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* The child's -errno, or 0 at end of file: the pipe was closed by exec. */
static int read_report(int fd)
{
	int error = 0;
	ssize_t n;

	do
		n = read(fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? error : 0;
}

static int start(
	const char *path, char *const argv[], int null_fd, int log_fd, int *pidfd, pid_t *pid)
{
	int report[2], error;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	*pid = clone_with_pidfd(pidfd);
	if (*pid == 0)
		run_child(path, argv, null_fd, log_fd, report[1]);
	error = *pid < 0 ? -errno : 0;
	close(report[1]);
	if (error == 0) {
		error = read_report(report[0]);
		if (error < 0) {
			waitpid(*pid, NULL, 0);
			close(*pidfd);
		}
	}
	close(report[0]);
	return error;
}

int spawn_detached(
	const char *path, char *const argv[], const char *log_path, int *pidfd, pid_t *pid)
{
	int log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	int null_fd, r;

	if (log_fd < 0)
		return -errno;
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = null_fd < 0 ? -errno : start(path, argv, null_fd, log_fd, pidfd, pid);
	if (null_fd >= 0)
		close(null_fd);
	close(log_fd);
	return r;
}

int spawn_reap(int pidfd)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0)
		return -errno;
	if (info.si_pid == 0)
		return -EAGAIN;
	return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
}
