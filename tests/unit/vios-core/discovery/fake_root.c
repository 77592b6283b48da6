/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_root.c - builds trees below a directory of its own in /tmp, and removes it. Any failure is
 * the test's failure.
 */
#include "tests/unit/vios-core/discovery/fake_root.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[64];
static int top_fd = -1;

int fake_set_up(void **state)
{
	strcpy(top, "/tmp/vios-discovery-test-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return top_fd < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	return remove(path);
}

int fake_tear_down(void **state)
{
	close(top_fd);
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int fake_root(void)
{
	return top_fd;
}

static void make_way(const char *path)
{
	char part[512];

	assert_true(strlen(path) < sizeof(part));
	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		memcpy(part, path, (size_t)(at - path));
		part[at - path] = '\0';
		assert_true(mkdirat(top_fd, part, 0755) == 0 || errno == EEXIST);
	}
}

void fake_dir(const char *path)
{
	make_way(path);
	assert_true(mkdirat(top_fd, path, 0755) == 0 || errno == EEXIST);
}

void fake_bytes(const char *path, const void *bytes, size_t n)
{
	make_way(path);
	int fd = openat(top_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

void fake_file(const char *path, const char *text)
{
	fake_bytes(path, text, strlen(text));
}

void fake_link(const char *path, const char *target)
{
	make_way(path);
	assert_int_equal(symlinkat(target, top_fd, path), 0);
}

void fake_attr(const char *where, const char *attr, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "sys/%s/%s", where, attr);
	fake_file(path, text);
}

void fake_block(const char *name, const char *where, const char *sectors)
{
	char path[512], target[512];

	snprintf(path, sizeof(path), "sys/class/block/%s", name);
	snprintf(target, sizeof(target), "../../%s", where);
	fake_link(path, target);
	fake_attr(where, "size", sectors);
	snprintf(path, sizeof(path), "dev/%s", name);
	fake_file(path, "");
}
