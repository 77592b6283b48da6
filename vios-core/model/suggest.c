/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * suggest.c - which known word was meant: edit distance (insert, delete, replace; upper and lower
 * case are the same). Pure; any thread. Words longer than SUGGEST_MAX are compared with nothing, so
 * the work is bounded.
 */
#include "vios-core/model/schema.h"

#include <string.h>

#define SUGGEST_MAX 48

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[SUGGEST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + change);
			diagonal = above;
		}
	}
	return row[b_len];
}

bool suggest_nearer(const char *text, const char *candidate, size_t *best)
{
	size_t a = strlen(text), b = strlen(candidate);
	size_t d, limit = 1 + (a < b ? a : b) / 3;

	if (a == 0 || a > SUGGEST_MAX || b > SUGGEST_MAX)
		return false;
	d = distance(text, a, candidate, b);
	if (d > limit || d >= *best)
		return false;
	*best = d;
	return true;
}
