/* SPDX-License-Identifier: BSD-3-Clause */
/* lockfile_test.c - one holder at a time, and a lock that dies with its process. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/lockfile.h"

static char dir[64], path[96];

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/v-unit-lock-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/l", dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}

static void test_one_holder(void **state)
{
	int fd = lockfile_take(path);
	char text[32] = "";
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640, 0);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(atoi(text), getpid());

	assert_int_equal(lockfile_take(path), -EBUSY);
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), strlen(text)); /* untouched */
	close(fd);
	fd = lockfile_take(path);
	assert_true(fd >= 0);
	close(fd);
}

static void test_dies_with_its_holder(void **state)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		byte = lockfile_take(path) >= 0;
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(byte);
	assert_int_equal(lockfile_take(path), -EBUSY);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	int fd = lockfile_take(path);
	assert_true(fd >= 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

static void test_places(void **state)
{
	assert_int_equal(lockfile_take("/nonexistent/lock"), -ENOENT);
	assert_true(lockfile_take(dir) < 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(lockfile_take(path), -EINVAL); /* and does not wait for a writer */
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(lockfile_take(path), -ELOOP);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_one_holder),
		T(test_dies_with_its_holder),
		T(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
