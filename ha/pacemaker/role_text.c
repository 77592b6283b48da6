/* SPDX-License-Identifier: BSD-3-Clause */
/* role_text.c - writes and reads the role's file: four words and numbers on a line each. Pure. */
#include "ha/pacemaker/role_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEALTH_MAX 18 /* VERDICT_TOLD_MAX, which verdict_test.c compares */

static const char *const words[] = {
	[ROLE_NONE] = "none", [ROLE_UNPROMOTED] = "unpromoted", [ROLE_PROMOTED] = "promoted"};

size_t role_format(const struct role *role, char text[ROLE_TEXT_MAX])
{
	return (size_t)snprintf(text, ROLE_TEXT_MAX, "role %s\nrevivals %u\nscore %d\nhealth %u\n",
		words[role->is], role->revivals, role->score, role->health);
}

/* "NAME VALUE\n" at *at, which moves behind it. The value, or NULL. */
static const char *take(char **at, const char *name)
{
	size_t len = strlen(name);
	char *value, *end;

	if (strncmp(*at, name, len) != 0 || (*at)[len] != ' ')
		return NULL;
	value = *at + len + 1;
	end = strchr(value, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return value;
}

static int number(const char *text, unsigned long max, unsigned *out)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;

	if (digits == 0 || text[digits] != '\0' || strtoul(text, NULL, 10) > max)
		return -EBADMSG;
	*out = (unsigned)strtoul(text, NULL, 10);
	return 0;
}

static int parse(char *at, struct role *out)
{
	const char *word = take(&at, "role");
	unsigned score;

	if (word && strcmp(word, words[ROLE_PROMOTED]) == 0)
		out->is = ROLE_PROMOTED;
	else if (!word || strcmp(word, words[ROLE_UNPROMOTED]) != 0)
		return -EBADMSG;
	if (number(take(&at, "revivals"), 1000, &out->revivals) < 0 ||
		number(take(&at, "score"), 100000, &score) < 0 ||
		number(take(&at, "health"), HEALTH_MAX, &out->health) < 0 || *at)
		return -EBADMSG;
	out->score = (int)score;
	return 0;
}

int role_parse(const char *text, size_t len, struct role *out)
{
	char copy[ROLE_TEXT_MAX];
	int r = -EBADMSG;

	*out = (struct role){.is = ROLE_UNPROMOTED};
	if (len < sizeof(copy) && !memchr(text, '\0', len)) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		r = parse(copy, out);
	}
	if (r < 0)
		*out = (struct role){.is = ROLE_UNPROMOTED};
	return r;
}
