// SPDX-License-Identifier: BSD-3-Clause
/*
 * store_file.c - the directory of state files: reads it at the start, adds a file. Runs on any one
 * thread at a time (at the start the loop's, then the store's); keeps nothing in memory.
 */
#include "ha/cluster/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ha/cluster/store_text.h"

#define FILE_MAX ((size_t)STORE_HEADER_MAX + REPLICA_TEXT_MAX)
#define LISTED 64
#define NEW "state.new"

/* --- writing --- */

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, bytes, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		bytes += w;
		n -= (size_t)w;
	}
	return 0;
}

static int write_new(int dir, const struct replica_record *record)
{
	char header[STORE_HEADER_MAX];
	size_t n = store_text_header(record, header);
	int fd = openat(dir, NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, header, n);
	if (r == 0)
		r = write_all(fd, record->text, record->text_bytes);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int by_number_down(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/* "NAME.NUMBER", written as we write it; 0 is none. */
static uint64_t number_of(const char *file, const char *name)
{
	size_t n = strlen(name);
	char again[64], *end;
	uint64_t number;

	if (strncmp(file, name, n) != 0 || file[n] != '.')
		return 0;
	number = strtoull(file + n + 1, &end, 10);
	snprintf(again, sizeof(again), "%s.%" PRIu64, name, number);
	return *end == 0 && strcmp(again, file) == 0 ? number : 0;
}

/* The highest LISTED numbers there are, downwards. */
static int list(int dir, const char *name, uint64_t numbers[LISTED + 1], size_t *n)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	*n = 0;
	if (!d) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return r;
	}
	while ((e = readdir(d))) {
		uint64_t number = number_of(e->d_name, name);

		if (number == 0)
			continue;
		numbers[(*n)++] = number;
		qsort(numbers, *n, sizeof(*numbers), by_number_down);
		if (*n > LISTED)
			*n = LISTED;
	}
	closedir(d);
	return 0;
}

/* Leaves what it cannot remove: it costs space, no more. */
static void remove_old(int dir, const char *name)
{
	uint64_t numbers[LISTED + 1];
	char file[64];
	size_t n;

	if (list(dir, name, numbers, &n) < 0)
		return;
	for (size_t i = STORE_KEPT; i < n; i++) {
		snprintf(file, sizeof(file), "%s.%" PRIu64, name, numbers[i]);
		unlinkat(dir, file, 0);
	}
}

int store_put(
	const char *dir, const char *name, uint64_t number, const struct replica_record *record)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char file[64];
	int r;

	if (fd < 0)
		return -errno;
	snprintf(file, sizeof(file), "%s.%" PRIu64, name, number);
	r = write_new(fd, record);
	if (r == 0 && renameat(fd, NEW, fd, file) < 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0)
		remove_old(fd, name);
	close(fd);
	return r;
}

/* --- reading --- */

static ssize_t read_whole(int fd, char **bytes)
{
	struct stat st;
	size_t have = 0;
	ssize_t n = 1;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (size_t)st.st_size > FILE_MAX)
		return -EBADMSG;
	*bytes = malloc((size_t)st.st_size);
	if (!*bytes)
		return -ENOMEM;
	while (n > 0 && have < (size_t)st.st_size) {
		n = read(fd, *bytes + have, (size_t)st.st_size - have);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return -errno;
		else
			have += (size_t)n;
	}
	return (ssize_t)have;
}

/* 0, -EBADMSG with why, or -errno: the disk does not give it to us. */
static int read_record(int dir, uint64_t number, struct replica_record *record, const char **why)
{
	char file[64], *bytes = NULL;
	ssize_t n;
	int fd, r;

	snprintf(file, sizeof(file), "state.%" PRIu64, number);
	fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	n = read_whole(fd, &bytes);
	close(fd);
	*why = "it is empty, too long or no file";
	r = n < 0 ? (int)n : store_text_read(bytes, (size_t)n, record, why);
	if (r == 0) {
		char *text = malloc(record->text_bytes);

		if (text)
			memcpy(text, record->text, record->text_bytes);
		record->text = text;
		r = text ? 0 : -ENOMEM;
	}
	free(bytes);
	return r;
}

static void warn(struct store_loaded *out, const char *dir, uint64_t damaged, const char *why)
{
	if (out->doubtful)
		return;
	out->doubtful = true;
	snprintf(out->warning, sizeof(out->warning), "%s/state.%" PRIu64 " is damaged: %s", dir,
		damaged, why);
}

static void name_used(struct store_loaded *out, const char *dir, uint64_t number)
{
	size_t n = strlen(out->warning);

	if (!out->doubtful)
		return;
	if (number)
		snprintf(out->warning + n, sizeof(out->warning) - n,
			"; %s/state.%" PRIu64 " is used", dir, number);
	else
		snprintf(out->warning + n, sizeof(out->warning) - n, "; there is no older one");
}

static int load_newest(int fd, const char *dir, const uint64_t *numbers, size_t n, size_t *at,
	struct store_loaded *out)
{
	const char *why = "";

	for (*at = 0; *at < n && !out->found; (*at)++) {
		int r = read_record(fd, numbers[*at], &out->newest, &why);

		if (r == -ENOMEM)
			return r;
		if (r == 0)
			out->found = true;
		else
			warn(out, dir, numbers[*at], r == -EBADMSG ? why : strerror(-r));
	}
	name_used(out, dir, out->found ? numbers[*at - 1] : 0);
	return 0;
}

static void load_base(
	int fd, const uint64_t *numbers, size_t n, size_t at, struct store_loaded *out)
{
	const char *why;

	for (; out->found && out->newest.intent && at < n && !out->has_base; at++) {
		if (read_record(fd, numbers[at], &out->base, &why) < 0)
			continue;
		out->has_base = stamp_equal(&out->base.stamp, &out->newest.base);
		if (!out->has_base)
			replica_record_clear(&out->base);
	}
}

int store_load(const char *dir, struct store_loaded *out)
{
	uint64_t numbers[LISTED + 1];
	size_t n, at = 0;
	int fd, r;

	memset(out, 0, sizeof(*out));
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = list(fd, "state", numbers, &n);
	if (r == 0) {
		out->next = n ? numbers[0] + 1 : 1;
		r = load_newest(fd, dir, numbers, n, &at, out);
	}
	if (r == 0)
		load_base(fd, numbers, n, at, out);
	close(fd);
	return r;
}

void store_loaded_clear(struct store_loaded *loaded)
{
	replica_record_clear(&loaded->newest);
	replica_record_clear(&loaded->base);
	memset(loaded, 0, sizeof(*loaded));
}
