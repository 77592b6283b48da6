// SPDX-License-Identifier: BSD-3-Clause
/* Tests of spawn.c with real processes; each ends by itself within two seconds. */
#include "vios-core/daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char log_path[] = "/tmp/v-spawn-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(log_path);

	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	return unlink(log_path);
}

static int end_of(int pidfd)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	assert_int_equal(poll(&poll_fd, 1, 60000), 1);
	return spawn_reap(pidfd);
}

static void read_log(char *text, size_t size)
{
	int fd = open(log_path, O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
}

/* Runs a program; returns its wait status, its output in text. */
static int run_program(const char *path, char *const argv[], char *text, size_t size)
{
	int pidfd, status;
	pid_t pid;

	assert_int_equal(truncate(log_path, 0), 0);
	assert_int_equal(spawn_detached(path, argv, log_path, &pidfd, &pid), 0);
	assert_true(pid > 0);
	status = end_of(pidfd);
	close(pidfd);
	read_log(text, size);
	return status;
}

static int run(const char *line, char *text, size_t size)
{
	char *argv[] = {"sh", "-c", (char *)line, NULL};

	return run_program("/bin/sh", argv, text, size);
}

static void test_exit_status_and_log(void **state)
{
	char text[256];
	int status = run("echo out; echo err >&2; exit 3", text, sizeof(text));

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(text, "out\nerr\n");
	status = run("kill -SEGV $$", text, sizeof(text));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

/* Neither blocked nor ignored ones go along. Not a shell: that would clear its mask itself. */
static void test_signals(void **state)
{
	char *argv[] = {"cat", "/proc/self/status", NULL};
	char text[4096];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	run_program("/bin/cat", argv, text, sizeof(text));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
	assert_non_null(strstr(text, "SigIgn:\t0000000000000000"));
}

/* No descriptor of ours goes along, and it has a session of its own. */
static void test_detached(void **state)
{
	char text[4096], own[32];
	int extra = fcntl(STDIN_FILENO, F_DUPFD, 50); /* not close-on-exec */

	run("for f in /proc/$$/fd/*; do echo ${f##*/}; done; cut -d' ' -f1,6 /proc/$$/stat", text,
		sizeof(text));
	snprintf(own, sizeof(own), "\n%d\n", extra);
	assert_true(extra >= 50);
	assert_null(strstr(text, own));
	close(extra);
	int pid = 0, sid = -1;
	const char *stat = strstr(text, " ");
	while (stat > text && stat[-1] != '\n')
		stat--;
	assert_int_equal(sscanf(stat, "%d %d", &pid, &sid), 2);
	assert_int_equal(pid, sid);
}

static void test_what_cannot_be_started(void **state)
{
	char *argv[] = {"x", NULL};
	int pidfd = -1;
	pid_t pid;

	assert_int_equal(
		spawn_detached("/nonexistent/program", argv, log_path, &pidfd, &pid), -ENOENT);
	assert_int_equal(spawn_detached("/dev", argv, log_path, &pidfd, &pid), -EACCES);
	assert_int_equal(
		spawn_detached("/bin/true", argv, "/nonexistent/log", &pidfd, &pid), -ENOENT);
	/* No zombie is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_reap(void **state)
{
	char *argv[] = {"sleep", "0.2", NULL};
	int pidfd;
	pid_t pid;

	assert_int_equal(spawn_detached("/bin/sleep", argv, log_path, &pidfd, &pid), 0);
	assert_int_equal(spawn_reap(pidfd), -EAGAIN);
	assert_int_equal(end_of(pidfd), 0);
	assert_int_equal(spawn_reap(pidfd), -ECHILD);
	close(pidfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status_and_log),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_detached),
		cmocka_unit_test(test_what_cannot_be_started),
		cmocka_unit_test(test_reap),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
