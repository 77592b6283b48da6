/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * procstat.c - bounded readers of two kinds of /proc text. Pure. The name of a process is its own
 * choice: fields are counted from the last parenthesis.
 */
#include "ha/frame/procstat.h"

#include <errno.h>
#include <string.h>

#define FIELD_STATE 3
#define FIELD_FLAGS 9
#define FIELD_START 22
#define FIELD_PENDING 31

#define PF_EXITING 0x4 /* linux/sched.h */
#define SIGKILL_BIT (1u << (9 - 1))

static const char *last_paren(const char *text, size_t len)
{
	while (len > 0)
		if (text[--len] == ')')
			return text + len;
	return NULL;
}

static int number(const char *s, const char *end, uint64_t *out)
{
	uint64_t v = 0;
	const char *begin = s;

	for (; s < end && *s >= '0' && *s <= '9'; s++) {
		if (v > (UINT64_MAX - 9) / 10)
			return -EBADMSG;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return s == begin ? -EBADMSG : 0;
}

/* From field `from`, at s, to field `to`. NULL: there are not so many. */
static const char *skip(const char *s, const char *end, int from, int to)
{
	for (; from < to; from++) {
		s = memchr(s, ' ', (size_t)(end - s));
		if (!s || ++s == end)
			return NULL;
	}
	return s;
}

int procstat_parse(const char *text, size_t len, struct procstat *out)
{
	const char *end = text + len;
	const char *s = last_paren(text, len), *flags, *start, *pending;
	uint64_t bits = 0, signals = 0;

	if (!s || end - s < 4 || s[1] != ' ')
		return -EBADMSG;
	s += 2;
	out->state = *s;
	flags = skip(s, end, FIELD_STATE, FIELD_FLAGS);
	start = flags ? skip(flags, end, FIELD_FLAGS, FIELD_START) : NULL;
	pending = start ? skip(start, end, FIELD_START, FIELD_PENDING) : NULL;
	out->dying = flags && pending && number(flags, end, &bits) == 0 &&
		     number(pending, end, &signals) == 0 &&
		     ((bits & PF_EXITING) || (signals & SIGKILL_BIT));
	return start ? number(start, end, &out->start_time) : -EBADMSG;
}

int procstat_fdinfo_pid(const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *s = text; s && s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		uint64_t pid;

		if (!nl)
			return -EBADMSG;
		if (nl - s > 5 && memcmp(s, "Pid:\t", 5) == 0) {
			if (nl - s == 7 && memcmp(s + 5, "-1", 2) == 0)
				return -1;
			if (number(s + 5, nl, &pid) < 0 || pid > INT32_MAX)
				return -EBADMSG;
			return (int)pid;
		}
		s = nl + 1;
	}
	return -EBADMSG;
}
