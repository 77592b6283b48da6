/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * procstat.c - bounded readers of two kinds of /proc text. Pure. The name of a process is its own
 * choice: fields are counted from the last parenthesis.
 */
#include "ha/frame/procstat.h"

#include <errno.h>
#include <string.h>

#define FIELD_STATE 3
#define FIELD_START 22

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

int procstat_parse(const char *text, size_t len, struct procstat *out)
{
	const char *end = text + len;
	const char *s = last_paren(text, len);
	int field = FIELD_STATE;

	if (!s || end - s < 4 || s[1] != ' ')
		return -EBADMSG;
	s += 2;
	out->state = *s;
	for (; field < FIELD_START; field++) {
		s = memchr(s, ' ', (size_t)(end - s));
		if (!s || ++s == end)
			return -EBADMSG;
	}
	return number(s, end, &out->start_time);
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
