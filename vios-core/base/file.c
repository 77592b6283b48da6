/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file.c - atomic replacement of small files. Any thread. A reader sees the old text or the new,
 * whatever happens in between; a half-written NAME.new is left behind and overwritten by the next
 * try.
 */
#include "vios-core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

ssize_t file_read(const char *dir, const char *name, char *text, size_t size)
{
	int dirfd = open_dir(dir);
	ssize_t n = 1, len = 0;
	int fd, err;

	if (dirfd < 0)
		return dirfd;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	err = errno;
	close(dirfd);
	if (fd < 0)
		return -err;
	while (n > 0 && (size_t)len < size) {
		n = read(fd, text + len, size - (size_t)len);
		err = errno;
		len += n > 0 ? n : 0;
	}
	close(fd);
	if (n < 0)
		return -err;
	return (size_t)len == size ? -E2BIG : len;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_new(int dirfd, const char *name, const char *text, size_t len, bool durable)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	if (r == 0 && durable && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int file_replace(const char *dir, const char *name, const char *text, size_t len, bool durable)
{
	char fresh[256];
	int dirfd = open_dir(dir);
	int r;

	if (dirfd < 0)
		return dirfd;
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", name) >= sizeof(fresh)) {
		close(dirfd);
		return -ENAMETOOLONG;
	}
	r = write_new(dirfd, fresh, text, len, durable);
	if (r == 0 && renameat(dirfd, fresh, dirfd, name) < 0)
		r = -errno;
	if (r == 0 && durable && fsync(dirfd) < 0)
		r = -errno;
	close(dirfd);
	return r;
}
