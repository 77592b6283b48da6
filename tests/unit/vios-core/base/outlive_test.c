/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outlive_test.c - a process that others wait for, and those that share its memory: what a second
 * one has, and that the end of the first is all there is to wait for, while the memory is there
 * still; also when all of them are killed at the same moment, as in a node without power.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vios-core/base/outlive.h"

#define THREADS 2 /* the main one is the first */

struct first {
	pid_t init; /* of its pid namespace; 0: it has none of its own */
	pid_t pid, thread[THREADS], second[THREADS];
	int socket, file;
};

static void *another_thread(void *socket)
{
	outlive_start(); /* as the main thread's */
	if (write(*(int *)socket, "x", 1) != 1)
		_exit(9);
	for (;;)
		pause();
	return NULL;
}

static void be_the_first(int socket, int file, int expected)
{
	pthread_t thread;

	if (outlive_start() != expected || flock(file, LOCK_EX) ||
		pthread_create(&thread, NULL, another_thread, &socket))
		_exit(9);
	for (;;)
		pause();
}

/* The first number in it; 0: it has none. */
static pid_t number_in(const char *path)
{
	char line[64] = "";
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return atoi(line);
}

static pid_t child_of(pid_t pid, pid_t thread)
{
	char path[64];
	pid_t child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)thread);
	child = number_in(path);
	assert_true(child > 0);
	return child;
}

static pid_t other_thread_of(pid_t pid)
{
	char path[64];
	pid_t other = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.' && atoi(e->d_name) != pid)
			other = atoi(e->d_name);
	closedir(dir);
	assert_true(other > 0);
	return other;
}

static bool word_of(pid_t pid, const char *file, const char *word)
{
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, word) != NULL;
	if (f)
		fclose(f);
	return found;
}

/* Within five seconds. */
static bool comes_true(bool (*test)(const struct first *f), const struct first *f)
{
	for (unsigned i = 0; i < 5000; i++) {
		if (test(f))
			return true;
		usleep(1000);
	}
	return false;
}

static bool settled(const struct first *f)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (!word_of(f->second[i], "comm", "outlives") ||
			!word_of(f->second[i], "wchan", "poll"))
			return false;
	return true;
}

/* Whoever inherits it may not have reaped it. */
static bool ended(pid_t pid)
{
	return !word_of(pid, "status", "State:") || word_of(pid, "status", "State:\tZ") ||
	       word_of(pid, "status", "State:\tX");
}

static bool seconds_gone(const struct first *f)
{
	return ended(f->second[0]) && ended(f->second[1]);
}

static bool seconds_killed(const struct first *f)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (!ended(f->second[i]) && !word_of(f->second[i], "status", "State:\tt"))
			return false;
	return true;
}

/* Tracing is refused from now on, as where a container may not. */
static void forbid_tracing(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(9);
}

enum how { PLAIN, NOT_TRACED, IN_A_NAMESPACE };

/* fds: of the socket and of the file. */
static void child(const int pair[2], int shared_file, enum how how)
{
	/* A description of its own, as a process that opens the file has. */
	char name[64];
	int file;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", shared_file);
	file = open(name, O_RDWR | O_CLOEXEC);
	close(shared_file);
	close(pair[0]);
	if (how == NOT_TRACED)
		forbid_tracing();
	be_the_first(pair[1], file, how == NOT_TRACED ? -EPERM : 0);
}

/* Its init does nothing but be there. */
static pid_t namespace_init(const int pair[2], int file)
{
	pid_t init = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (init == 0) {
		if (fork() == 0)
			child(pair, file, IN_A_NAMESPACE);
		close(pair[0]);
		close(pair[1]);
		close(file);
		for (;;)
			pause();
	}
	return init;
}

static void start(struct first *f, enum how how)
{
	int pair[2];
	char path[] = "/tmp/outlive-XXXXXX", byte;

	memset(f, 0, sizeof(*f));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	f->file = mkstemp(path);
	assert_true(f->file >= 0);
	unlink(path);
	if (how == IN_A_NAMESPACE) {
		f->init = namespace_init(pair, f->file);
		if (f->init < 0)
			skip(); /* not root */
	} else {
		f->pid = fork();
		assert_true(f->pid >= 0);
		if (!f->pid)
			child(pair, f->file, how);
	}
	close(pair[1]);
	f->socket = pair[0];
	assert_int_equal(read(f->socket, &byte, 1), 1);
	if (f->init)
		f->pid = child_of(f->init, f->init);
	f->thread[0] = f->pid;
	f->thread[1] = other_thread_of(f->pid);
	for (unsigned i = 0; i < THREADS; i++)
		f->second[i] = child_of(f->pid, f->thread[i]);
	assert_true(comes_true(settled, f));
}

static unsigned descriptors(pid_t pid)
{
	char path[64];
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static bool hung_up(const struct first *f)
{
	char byte;

	return recv(f->socket, &byte, 1, MSG_DONTWAIT) == 0;
}

static bool lock_free(const struct first *f)
{
	return !flock(f->file, LOCK_EX | LOCK_NB);
}

static void finish(struct first *f)
{
	close(f->socket);
	close(f->file);
}

static void test_it_leaves_with_the_first(void **state)
{
	struct first f;

	start(&f, PLAIN);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(descriptors(f.second[i]), 1); /* of the first's end */
		kill(f.second[i], SIGTERM); /* a signal to all of a group is none to it */
	}
	usleep(10000);
	assert_false(ended(f.second[0]) || ended(f.second[1]));
	assert_false(lock_free(&f));
	kill(f.second[0], SIGSTOP); /* as all of a VIOS is stopped by a drill */
	kill(f.second[1], SIGSTOP);
	kill(f.second[1], SIGCONT);
	kill(f.pid, SIGKILL);
	assert_true(comes_true(hung_up, &f));
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(comes_true(seconds_gone, &f));
	finish(&f);
}

static void test_nobody_waits_for_the_memory(void **state)
{
	struct first f;

	start(&f, NOT_TRACED);
	kill(f.second[0], SIGSTOP); /* as one that takes its time */
	kill(f.pid, SIGKILL);
	assert_true(comes_true(hung_up, &f));
	assert_true(comes_true(lock_free, &f));
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(word_of(f.second[0], "status", "VmRSS")); /* it is there still */
	kill(f.second[0], SIGCONT);
	assert_true(comes_true(seconds_gone, &f));
	finish(&f);
}

/* Each thread comes to its end, and waits there until it is let go. */
static void hold_threads(const struct first *f)
{
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(
			ptrace(PTRACE_SEIZE, f->thread[i], NULL, (void *)PTRACE_O_TRACEEXIT), 0);
	kill(f->init, SIGKILL);
	for (unsigned i = 0; i < THREADS; i++) {
		int status;

		assert_int_equal(waitpid(f->thread[i], &status, __WALL), f->thread[i]);
		assert_int_equal(status >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
	}
}

static bool ends(const struct first *f, unsigned thread)
{
	for (unsigned i = 0; i < 5000 && !ended(f->thread[thread]); i++)
		usleep(1000);
	return ended(f->thread[thread]);
}

/* All are killed at once; whichever thread is the last one, it does not have the memory alone. */
static void namespace_ends(unsigned last)
{
	struct first f;

	start(&f, IN_A_NAMESPACE);
	hold_threads(&f);
	assert_true(comes_true(seconds_killed, &f));
	assert_true(word_of(f.second[0], "status", "VmRSS"));
	assert_true(word_of(f.second[1], "status", "VmRSS"));
	ptrace(PTRACE_DETACH, f.thread[1 - last], NULL, NULL);
	assert_true(ends(&f, 1 - last));
	assert_true(word_of(f.second[last], "status", "VmRSS"));
	assert_false(hung_up(&f) || lock_free(&f));
	ptrace(PTRACE_DETACH, f.thread[last], NULL, NULL);
	assert_true(comes_true(hung_up, &f));
	assert_true(comes_true(lock_free, &f));
	assert_true(comes_true(seconds_gone, &f));
	assert_int_equal(waitpid(f.init, NULL, 0), f.init);
	finish(&f);
}

static void test_all_are_killed_at_once(void **state)
{
	for (unsigned last = 0; last < THREADS; last++)
		namespace_ends(last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_leaves_with_the_first),
		cmocka_unit_test(test_nobody_waits_for_the_memory),
		cmocka_unit_test(test_all_are_killed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
