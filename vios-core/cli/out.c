// SPDX-License-Identifier: BSD-3-Clause
/* out.c - text that grows. Pure; a failure to grow is remembered, so callers check once at the end.
 */
#include "vios-core/cli/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct out *out, size_t more)
{
	size_t cap = out->cap ? out->cap : 256;

	while (cap - out->len <= more)
		cap *= 2;
	char *text = cap == out->cap ? out->text : realloc(out->text, cap);
	if (!text) {
		out->no_memory = true;
		return false;
	}
	out->text = text;
	out->cap = cap;
	return true;
}

void out_add(struct out *out, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && !out->no_memory && grow(out, (size_t)n)) {
		vsnprintf(out->text + out->len, (size_t)n + 1, fmt, again);
		out->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

char *out_take(struct out *out)
{
	char *text = out->text;

	if (out->no_memory) {
		free(text);
		text = NULL;
	} else if (!text) {
		text = strdup("");
	}
	*out = (struct out){0};
	return text;
}
