/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.h - one line per event on stderr: `TIME PROGRAM[PID] LEVEL EVENT key=value ...`.
 *
 * Log once, where the thing is handled; never on the packet or I/O path. Values that hold spaces
 * are the caller's to quote. Thread-safe: each call is one write(2) of at most LOG_LINE_MAX bytes.
 */
#ifndef VIOS_BASE_LOG_H
#define VIOS_BASE_LOG_H

#define LOG_LINE_MAX 1024

enum log_level { LOGL_ERROR, LOGL_WARN, LOGL_INFO, LOGL_DEBUG };

/* program: borrowed for the life of the process; call before any thread exists. */
void log_init(const char *program, enum log_level level);

/* Parses "error", "warn", "info", "debug". 0, or -EINVAL. */
int log_level_parse(const char *text, enum log_level *level);

/* event: a word of lower-case letters and dashes; fmt: "key=%s key=%d ...", may be "". */
void log_write(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(event, ...) log_write(LOGL_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) log_write(LOGL_WARN, event, __VA_ARGS__)
#define log_info(event, ...) log_write(LOGL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_write(LOGL_DEBUG, event, __VA_ARGS__)

/*
 * The one line an operator sees when a program refuses to start:
 * `PROGRAM: what was wrong, which value, what to do`. No time stamp. Does not exit.
 */
void log_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
