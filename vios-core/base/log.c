/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.c - event lines on stderr. Any thread may call it; each line is composed on the caller's
 * stack and leaves in one write(2), so that lines of several threads and processes do not mix. The
 * program's name and level are set once, before threads exist, and only read afterwards. Bytes that
 * are not printable become '?': values come from guests and peers, and must not forge lines or move
 * cursors.
 */
#include "vios-core/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *log_program = "vios";
static enum log_level log_level_max = LOGL_INFO;

static const char *const level_names[] = {
	[LOGL_ERROR] = "error",
	[LOGL_WARN] = "warn",
	[LOGL_INFO] = "info",
	[LOGL_DEBUG] = "debug",
};
#define LEVELS (sizeof(level_names) / sizeof(level_names[0]))

struct line {
	size_t len;
	char text[LOG_LINE_MAX];
};

/* Room for the newline is kept. */
static void line_vadd(struct line *line, const char *fmt, va_list ap)
{
	size_t room = sizeof(line->text) - 1 - line->len;
	int n = vsnprintf(line->text + line->len, room, fmt, ap);

	if (n < 0)
		return;
	line->len += (size_t)n < room ? (size_t)n : room - 1;
}

__attribute__((format(printf, 2, 3))) static void line_add(struct line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_vadd(line, fmt, ap);
	va_end(ap);
}

static void line_write(struct line *line)
{
	for (size_t i = 0; i < line->len; i++) {
		unsigned char c = (unsigned char)line->text[i];

		if (c < 0x20 || c == 0x7f)
			line->text[i] = '?';
	}
	line->text[line->len++] = '\n';

	/* Nothing can be done about a stderr that does not take it. */
	ssize_t ignored = write(STDERR_FILENO, line->text, line->len);
	(void)ignored;
}

void log_init(const char *program, enum log_level level)
{
	log_program = program;
	log_level_max = level;
}

int log_level_parse(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void add_head(struct line *line, enum log_level level, const char *event)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	line_add(line, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %s[%d] %s %s", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000,
		log_program, (int)getpid(), level_names[level], event);
}

void log_write(enum log_level level, const char *event, const char *fmt, ...)
{
	struct line line = {.len = 0};
	int saved_errno = errno;
	va_list ap;

	if (level > log_level_max)
		return;
	add_head(&line, level, event);
	if (fmt[0] != '\0')
		line_add(&line, " ");
	va_start(ap, fmt);
	errno = saved_errno; /* for %m */
	line_vadd(&line, fmt, ap);
	va_end(ap);
	line_write(&line);
	errno = saved_errno;
}

void log_refuse(const char *fmt, ...)
{
	struct line line = {.len = 0};
	int saved_errno = errno;
	va_list ap;

	line_add(&line, "%s: ", log_program);
	va_start(ap, fmt);
	errno = saved_errno;
	line_vadd(&line, fmt, ap);
	va_end(ap);
	line_write(&line);
	errno = saved_errno;
}
