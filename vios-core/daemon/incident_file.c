// SPDX-License-Identifier: BSD-3-Clause
/*
 * incident_file.c - see incident_file.h. viosd's one thread; nothing is kept open. The lock is held
 * for a read and a write; a process that is stopped just then must not stop the other VIOS, too.
 */
#include "vios-core/daemon/incident_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 5
#define TRY_NS 1000000

/* 0 or -errno */
static int lock_file(int fd)
{
	const struct timespec moment = {.tv_nsec = TRY_NS};
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	for (int i = 0; fcntl(fd, F_OFD_SETLK, &whole) < 0; i++) {
		if ((errno != EAGAIN && errno != EACCES) || i == TRIES)
			return -errno;
		nanosleep(&moment, NULL);
	}
	return 0;
}

static struct incident read_file(int fd)
{
	char text[INCIDENT_BYTES + 1]; /* one more: longer is none of ours */
	const ssize_t n = pread(fd, text, sizeof(text), 0);
	struct incident shared = {0};

	if (n > 0)
		incident_parse(text, (size_t)n, &shared);
	return shared;
}

/* In one piece, so that who reads without the lock sees the one or the other. */
static int write_file(int fd, const struct incident *incident)
{
	char text[INCIDENT_TEXT];

	incident_format(incident, text);
	if (pwrite(fd, text, INCIDENT_BYTES, 0) != INCIDENT_BYTES ||
		ftruncate(fd, INCIDENT_BYTES) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

/* A descriptor, or -errno. Anybody may read it: Pacemaker's alert agents are nobody special. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	if ((st.st_mode & 0777) != 0644)
		fchmod(fd, 0644); /* whatever the umask; its owner can */
	return fd;
}

struct incident incident_file_join(
	const char *path, const struct incident *own, int64_t now_ms, int *error)
{
	struct incident shared = {0}, joined;
	int fd = path ? open_file(path) : -1;

	*error = path && fd < 0 ? fd : 0;
	if (fd < 0)
		return incident_join(&shared, own, now_ms);
	*error = lock_file(fd);
	shared = read_file(fd);
	joined = incident_join(&shared, own, now_ms);
	if (*error == 0)
		*error = write_file(fd, &joined);
	close(fd);
	return joined;
}
