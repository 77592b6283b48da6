/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outlive_test.c - a process that others wait for, and the one that shares its memory: what the
 * second one has, and that the end of the first is all there is to wait for, while the memory is
 * there still.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vios-core/base/outlive.h"

struct first {
	pid_t pid, second;
	int socket, file;
};

static void *another_thread(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void be_the_first(int socket, int file)
{
	pthread_t thread;

	if (outlive_start() || flock(file, LOCK_EX) ||
		pthread_create(&thread, NULL, another_thread, NULL))
		_exit(9);
	if (write(socket, "x", 1) != 1)
		_exit(9);
	for (;;)
		pause();
}

static pid_t child_of(pid_t parent)
{
	char path[64], line[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	return atoi(line);
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
	return word_of(f->second, "comm", "outlives") && word_of(f->second, "wchan", "poll");
}

/* Whoever inherits it may not have reaped it. */
static bool second_gone(const struct first *f)
{
	return kill(f->second, 0) != 0 || word_of(f->second, "status", "State:\tZ");
}

static void start(struct first *f)
{
	int pair[2];
	char path[] = "/tmp/outlive-XXXXXX", byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	f->file = mkstemp(path);
	assert_true(f->file >= 0);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (!f->pid) {
		/* A description of its own, as a process that opens the file has. */
		char name[64];
		int file;

		snprintf(name, sizeof(name), "/proc/self/fd/%d", f->file);
		file = open(name, O_RDWR | O_CLOEXEC);
		close(f->file);
		close(pair[0]);
		be_the_first(pair[1], file);
	}
	unlink(path);
	close(pair[1]);
	f->socket = pair[0];
	assert_int_equal(read(f->socket, &byte, 1), 1);
	f->second = child_of(f->pid);
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

	start(&f);
	assert_true(comes_true(settled, &f));
	assert_int_equal(descriptors(f.second), 1); /* of the first's end */
	kill(f.second, SIGTERM);		    /* a signal to all of a group is none to it */
	usleep(10000);
	assert_false(second_gone(&f));
	assert_false(lock_free(&f));
	kill(f.pid, SIGKILL);
	assert_true(comes_true(hung_up, &f));
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(comes_true(second_gone, &f));
	finish(&f);
}

static void test_nobody_waits_for_the_memory(void **state)
{
	struct first f;

	start(&f);
	assert_true(comes_true(settled, &f));
	kill(f.second, SIGSTOP); /* as one that takes its time */
	kill(f.pid, SIGKILL);
	assert_true(comes_true(hung_up, &f));
	assert_true(comes_true(lock_free, &f));
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(word_of(f.second, "status", "VmRSS")); /* it is there still */
	kill(f.second, SIGCONT);
	assert_true(comes_true(second_gone, &f));
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_leaves_with_the_first),
		cmocka_unit_test(test_nobody_waits_for_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
