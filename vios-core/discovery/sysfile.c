// SPDX-License-Identifier: BSD-3-Clause
/*
 * sysfile.c - reads sysfs for the scanners. Runs on viosd's one thread, so nothing here may wait:
 * files are opened without blocking, and only regular ones are read. Whoever gets a descriptor or
 * a list owns it.
 */
#include "vios-core/discovery/sysfile.h"

#include "vios-core/discovery/plain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_BYTES 4096 /* sysfs gives a page at most, but for binary attributes */
#define FIRST_NAMES 64

int sysfile_dir(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static ssize_t read_all(int fd, unsigned char *out, size_t size)
{
	unsigned char more;
	size_t len = 0;
	ssize_t n;

	do {
		n = len < size ? read(fd, out + len, size - len) : read(fd, &more, 1);
		if (n < 0)
			return -errno;
		if (n > 0 && len == size)
			return -EFBIG;
		len += (size_t)n;
	} while (n > 0);
	return (ssize_t)len;
}

ssize_t sysfile_bytes(int dir, const char *path, void *out, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		n = -errno;
	else if (!S_ISREG(st.st_mode))
		n = -EINVAL;
	else
		n = read_all(fd, out, size);
	close(fd);
	return n;
}

bool sysfile_text(int dir, const char *path, char *out, size_t size)
{
	unsigned char bytes[SMALL_BYTES];
	ssize_t n = sysfile_bytes(dir, path, bytes, sizeof(bytes));

	return plain_copy(bytes, n > 0 ? (size_t)n : 0, out, size) > 0;
}

bool sysfile_raw(int dir, const char *path, char *out, size_t size)
{
	ssize_t n = sysfile_bytes(dir, path, out, size - 1);

	if (n > 0 && out[n - 1] == '\n')
		n--;
	out[n > 0 ? n : 0] = '\0';
	return n > 0 && strlen(out) == (size_t)n;
}

bool sysfile_number(int dir, const char *path, uint64_t max, uint64_t *out)
{
	char text[32];

	return sysfile_text(dir, path, text, sizeof(text)) && plain_number(text, max, out);
}

bool sysfile_exists(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, 0) == 0;
}

bool sysfile_link(int dir, const char *path, unsigned back, char *out, size_t size)
{
	char target[SYSFILE_PATH_BYTES];
	ssize_t n = readlinkat(dir, path, target, sizeof(target) - 1);

	out[0] = '\0';
	if (n <= 0 || (size_t)n >= sizeof(target) - 1)
		return false;
	target[n] = '\0';
	return plain_component(target, back, out, size) != NULL;
}

static int grow(struct sysfile_names *names, size_t *cap)
{
	size_t wanted = *cap ? *cap * 2 : FIRST_NAMES;
	void *more = realloc(names->name, wanted * sizeof(*names->name));

	if (!more)
		return -ENOMEM;
	names->name = more;
	*cap = wanted;
	return 0;
}

static int collect(DIR *stream, size_t max, struct sysfile_names *out)
{
	const struct dirent *entry;
	size_t cap = 0;

	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (out->n == max) {
			out->cut = true;
			return 0;
		}
		if (out->n == cap && grow(out, &cap) < 0)
			return -ENOMEM;
		memcpy(out->name[out->n++], entry->d_name, strlen(entry->d_name) + 1);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int sysfile_list(int dir, const char *path, size_t max, struct sysfile_names *out)
{
	int fd = sysfile_dir(dir, path), r;

	*out = (struct sysfile_names){0};
	if (fd < 0)
		return fd;
	DIR *stream = fdopendir(fd);
	if (!stream) {
		r = -errno;
		close(fd);
		return r;
	}
	r = collect(stream, max, out);
	closedir(stream);
	if (r < 0)
		sysfile_names_fini(out);
	else if (out->n > 0)
		qsort(out->name, out->n, sizeof(*out->name), by_name);
	return r;
}

void sysfile_names_fini(struct sysfile_names *names)
{
	free(names->name);
	*names = (struct sysfile_names){0};
}
