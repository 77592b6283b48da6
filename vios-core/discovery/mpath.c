// SPDX-License-Identifier: BSD-3-Clause
/* mpath.c - reads the features of a multipath map out of its table (the kernel's dm-mpath.c,
 * parse_features()). Pure; the text is the kernel's, but nothing is believed of its length. */
#include "vios-core/discovery/mpath.h"

#include <string.h>

#define FEATURES_MAX 64
#define WORD "queue_if_no_path"

/* The next word from *at on; its length, 0: there is none. */
static size_t next_word(const char *text, size_t n_bytes, size_t *at)
{
	size_t end;

	while (*at < n_bytes && (text[*at] == ' ' || text[*at] == '\t'))
		(*at)++;
	end = *at;
	while (end < n_bytes && text[end] && text[end] != ' ' && text[end] != '\t')
		end++;
	return end - *at;
}

static unsigned number(const char *text, size_t n_bytes)
{
	unsigned value = 0;

	for (size_t i = 0; i < n_bytes; i++) {
		if (text[i] < '0' || text[i] > '9' || value > FEATURES_MAX)
			return 0;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	return value <= FEATURES_MAX ? value : 0;
}

bool mpath_queues(const char *params, size_t n_bytes)
{
	size_t at = 0, n = next_word(params, n_bytes, &at);
	unsigned words = number(params + at, n);

	for (at += n; words > 0; words--, at += n) {
		n = next_word(params, n_bytes, &at);
		if (n == 0)
			return false;
		if (n == strlen(WORD) && memcmp(params + at, WORD, n) == 0)
			return true;
	}
	return false;
}
