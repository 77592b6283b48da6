// SPDX-License-Identifier: BSD-3-Clause
/*
 * errlog_file.c - see errlog_file.h. viosd's one thread; the struct owns the descriptor of the file
 * that is appended to. It goes on without one after a failure, until the next start.
 */
#include "vios-core/daemon/errlog_file.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/incident_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX (ERRLOG_MAX * (ERRLOG_LINE + 1)) /* more is not read */

struct errlog_file {
	struct errlog_file_config config;
	struct errlog log;
	char path[PATH_MAX], old[PATH_MAX + 8];
	int fd;		/* -1: nothing is kept */
	size_t lines;	/* in the file */
	bool torn;	/* its last line may have no end */
	size_t skipped; /* lines that could not be read */
	bool unshared;	/* it was said that the incident is not shared */
};

static void take_lines(struct errlog_file *file, const char *text, size_t n)
{
	struct errlog_entry entry;

	file->lines = 0;
	file->torn = n > 0 && text[n - 1] != '\n';
	while (n > 0) {
		const char *end = memchr(text, '\n', n);
		const size_t line = end ? (size_t)(end - text) : n;

		if (errlog_line_read(text, line, &entry) < 0 ||
			errlog_restore(&file->log, file->config.vios, &entry) < 0)
			file->skipped++;
		file->lines++;
		text += end ? line + 1 : line;
		n -= end ? line + 1 : line;
	}
}

/* 0 or -errno; a short read is what there is. */
static int read_fd(struct errlog_file *file, int fd)
{
	char *text = malloc(FILE_MAX);
	size_t n = 0;
	ssize_t got = 1;

	if (!text)
		return -ENOMEM;
	while (n < FILE_MAX && got > 0) {
		got = read(fd, text + n, FILE_MAX - n);
		if (got > 0)
			n += (size_t)got;
	}
	if (got >= 0)
		take_lines(file, text, n);
	got = got < 0 ? -errno : 0;
	free(text);
	return (int)got;
}

static int read_file(struct errlog_file *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int r;

	file->lines = 0;
	file->torn = false;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? read_fd(file, fd) : -EINVAL;
	close(fd);
	return r;
}

static int open_file(struct errlog_file *file)
{
	file->fd = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	return file->fd < 0 ? -errno : 0;
}

static void give_up(struct errlog_file *file, int error)
{
	log_warn("errlog-not-kept", "file=%s error=\"%s\"", file->path, strerror(-error));
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* 0 or -errno. */
static int load(struct errlog_file *file)
{
	int r;

	if (mkdir(file->config.directory, 0750) < 0 && errno != EEXIST)
		return -errno;
	r = read_file(file, file->old);
	if (r == 0)
		r = read_file(file, file->path);
	if (file->skipped)
		log_warn("errlog-damaged", "file=%s lines_skipped=%zu", file->path, file->skipped);
	return r < 0 ? r : open_file(file);
}

int errlog_file_new(const struct errlog_file_config *config, struct errlog_file **out)
{
	struct errlog_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file)
		return -ENOMEM;
	file->config = *config;
	file->fd = -1;
	r = snprintf(file->path, sizeof(file->path), "%s/errlog", config->directory);
	snprintf(file->old, sizeof(file->old), "%s.old", file->path);
	r = (size_t)r < sizeof(file->path) ? load(file) : -ENAMETOOLONG;
	if (r < 0)
		give_up(file, r);
	*out = file;
	return 0;
}

void errlog_file_free(struct errlog_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

const struct errlog *errlog_file_get(const struct errlog_file *file)
{
	return &file->log;
}

/* The full file becomes the old one, whose entries have left the ring by then. */
static int turn(struct errlog_file *file)
{
	if (file->lines < ERRLOG_MAX)
		return 0;
	if (rename(file->path, file->old) < 0)
		return -errno;
	close(file->fd);
	file->lines = 0;
	file->torn = false;
	return open_file(file);
}

static void append(struct errlog_file *file, const struct errlog_entry *entry)
{
	json_t *object = errlog_entry_json(entry);
	char line[ERRLOG_LINE + 2];
	size_t n = json_dumpb(object, line + 1, ERRLOG_LINE, JSON_COMPACT);
	ssize_t wrote;
	int r = n > 0 && n <= ERRLOG_LINE ? turn(file) : -EMSGSIZE;

	json_decref(object);
	line[0] = '\n'; /* ends a line that was cut */
	line[n <= ERRLOG_LINE ? n + 1 : 0] = '\n';
	if (r < 0) {
		give_up(file, r);
		return;
	}
	wrote = write(file->fd, line + !file->torn, n + 1 + file->torn);
	if (wrote < 0) {
		give_up(file, -errno);
		return;
	}
	file->torn = (size_t)wrote < n + 1 + file->torn;
	file->lines++;
}

static int64_t wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say(const struct errlog_words *words, const char *details)
{
	static const enum log_level levels[ERRLOG_N_TYPES] = {
		[ERRLOG_PERM] = LOGL_ERROR, [ERRLOG_TEMP] = LOGL_WARN, [ERRLOG_INFO] = LOGL_INFO};

	if (words->event)
		log_write(levels[words->type], words->event, "%s", details);
}

/* Its number; the other VIOS gives the same one to what it notes now. */
static uint64_t join(struct errlog_file *file, int64_t now_ms)
{
	const struct incident own = errlog_incident(&file->log);
	int error;
	const struct incident joined =
		incident_file_join(file->config.incident, &own, now_ms, &error);

	if (error < 0 && !file->unshared)
		log_warn("incident-not-shared", "file=%s error=\"%s\"", file->config.incident,
			strerror(-error));
	file->unshared = error < 0;
	return joined.number;
}

void errlog_note(
	struct errlog_file *file, enum errlog_kind kind, const char *resource, const char *fmt, ...)
{
	const struct errlog_entry *entry;
	const int64_t now_ms = wall_clock_ms();
	char details[LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(details, sizeof(details), fmt, args);
	va_end(args);
	say(errlog_words(kind), details);
	entry = errlog_add(
		&file->log, kind, now_ms, join(file, now_ms), file->config.vios, resource, details);
	if (file->fd >= 0)
		append(file, entry);
	file->config.added(entry, file->config.user);
}
