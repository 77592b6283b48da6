// SPDX-License-Identifier: BSD-3-Clause
/*
 * plain.c - what a device calls itself may hold any byte (SPC-5 4.3.1 allows NULs in ASCII fields,
 * and firmware worse); here it becomes text that upsets nobody. Pure; the caller owns all memory.
 */
#include "vios-core/discovery/plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool blank(unsigned char c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t copy(const void *raw, size_t n, char space, char *out, size_t size)
{
	const unsigned char *in = raw;
	size_t len = 0;
	bool gap = false;

	for (size_t i = 0; i < n; i++) {
		if (blank(in[i])) {
			gap = len > 0;
			continue;
		}
		if (len + gap + 1 >= size)
			break;
		if (gap)
			out[len++] = space;
		gap = false;
		out[len++] = in[i] > 0x20 && in[i] < 0x7f ? (char)in[i] : '?';
	}
	if (size > 0)
		out[len] = '\0';
	return len;
}

size_t plain_copy(const void *raw, size_t n, char *out, size_t size)
{
	return copy(raw, n, ' ', out, size);
}

size_t plain_word(const void *raw, size_t n, char *out, size_t size)
{
	return copy(raw, n, '_', out, size);
}

bool plain_number(const char *text, uint64_t max, uint64_t *out)
{
	char word[24];
	char *end;

	if (plain_copy(text, strlen(text), word, sizeof(word)) == 0 || word[0] < '0' ||
		word[0] > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(word, &end, word[1] == 'x' ? 16 : 10);
	if (errno != 0 || *end != '\0' || value > max)
		return false;
	*out = value;
	return true;
}

const char *plain_component(const char *path, unsigned back, char *out, size_t size)
{
	const char *end = path + strlen(path), *start;

	for (;; back--) {
		start = end;
		while (start > path && start[-1] != '/')
			start--;
		if (back == 0 || start == path)
			break;
		end = start - 1;
	}
	size_t len = (size_t)(end - start);
	if (back > 0 || len == 0 || len >= size)
		return NULL;
	memcpy(out, start, len);
	out[len] = '\0';
	return strcmp(out, ".") == 0 || strcmp(out, "..") == 0 ? NULL : out;
}
