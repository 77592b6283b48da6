/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lockfile.c - an flock(2)ed file. The lock belongs to the open file description and ends with its
 * last descriptor, however the process dies; the file itself stays, so that no one locks an
 * unlinked inode. Called once at start, by the main thread; the caller owns the descriptor.
 */
#include "vios-core/base/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int write_pid(int fd)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	ssize_t n;

	if (ftruncate(fd, 0) < 0)
		return -errno;
	n = pwrite(fd, text, (size_t)len, 0);
	if (n < 0)
		return -errno;
	return n == len ? 0 : -ENOSPC;
}

int lockfile_take(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0640);
	int rc;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
		goto close_fd;
	}
	rc = write_pid(fd);
	if (rc < 0)
		goto close_fd;
	return fd;

close_fd:
	close(fd);
	return rc;
}
