/* SPDX-License-Identifier: BSD-3-Clause */
/* change_words.c - see change_words.h. Pure; viosd's thread; the caller owns the text. */
#include "vios-core/daemon/change_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MORE_BYTES 32 /* ", 1000000 more" */

static const char *word(const json_t *op, const char *key)
{
	const char *text = json_string_value(json_object_get(op, key));

	return text ? text : "";
}

/* False: there is no room for it, and the text is as before. */
static bool add(char *to, const json_t *op)
{
	const size_t room = CHANGE_WORDS_BYTES - MORE_BYTES, len = strlen(to);
	const char *name = word(op, "name");
	const int n = snprintf(to + len, room - len, "%s%s %s%s%s", len ? ", " : "", word(op, "op"),
		word(op, "kind"), name[0] ? " " : "", name);

	if (n >= 0 && (size_t)n < room - len)
		return true;
	to[len] = '\0';
	return false;
}

void change_words(const json_t *ops, char to[CHANGE_WORDS_BYTES])
{
	const size_t n = json_array_size(ops);
	size_t i = 0;

	to[0] = '\0';
	while (i < n && add(to, json_array_get(ops, i)))
		i++;
	if (i < n)
		snprintf(to + strlen(to), MORE_BYTES, "%s%zu more", i ? ", " : "", n - i);
	for (char *c = to; *c; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '"')
			*c = '?';
}
