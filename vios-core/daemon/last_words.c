// SPDX-License-Identifier: BSD-3-Clause
/* last_words.c - the last line of a text. Pure. The text is a log: it may hold anything. */
#include "vios-core/daemon/last_words.h"

static char printable(char c)
{
	if (c < 0x20 || c > 0x7e)
		return '?';
	return c == '"' ? '\'' : c;
}

void last_words(const char *text, size_t text_bytes, char out[LAST_WORDS_BYTES])
{
	size_t end = text_bytes, start, n = 0;

	while (end > 0 && text[end - 1] == '\n')
		end--;
	for (start = end; start > 0 && text[start - 1] != '\n';)
		start--;
	while (start < end && n < LAST_WORDS_BYTES - 1)
		out[n++] = printable(text[start++]);
	out[n] = '\0';
}
