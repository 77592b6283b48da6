// SPDX-License-Identifier: BSD-3-Clause
/* suggest.c - Damerau-Levenshtein distance (adjacent letters may be swapped) over short words.
 * Pure. */
#include "vios-core/cli/suggest.h"

#include <string.h>

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[SUGGEST_WORD_MAX + 1][SUGGEST_WORD_MAX + 1];

	for (unsigned i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned replaced = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = min(replaced, min(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

const char *suggest_nearest(const char *text, const char *const *words, size_t n)
{
	size_t text_len = strnlen(text, SUGGEST_WORD_MAX + 1);
	const char *nearest = NULL;
	unsigned best = 0;

	if (text_len > SUGGEST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t len = strnlen(words[i], SUGGEST_WORD_MAX + 1);
		if (len > SUGGEST_WORD_MAX)
			continue;
		unsigned far = distance(text, text_len, words[i], len);
		if (far <= (len + 2) / 3 && (!nearest || far < best)) {
			nearest = words[i];
			best = far;
		}
	}
	return nearest;
}
