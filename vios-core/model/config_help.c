/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_help.c - says in words what a row of the table says to the parser. Pure; any thread; owns
 * nothing. Fields of objects within an object are walked as fields of their own.
 */
#include "vios-core/model/config_help.h"

#include <stdio.h>
#include <string.h>

#include "vios-core/model/config_priv.h"

struct walk {
	void (*fn)(void *arg, const struct config_help *help);
	void *arg;
	char path[96];
	char takes[128], otherwise[32];
};

static void say_words(struct walk *walk, const char *const *words)
{
	size_t len = 0;

	walk->takes[0] = '\0';
	for (size_t i = 0; words[i] != NULL && len < sizeof(walk->takes); i++) {
		const char *before = i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ";

		len += (size_t)snprintf(
			walk->takes + len, sizeof(walk->takes) - len, "%s%s", before, words[i]);
	}
}

static void say_takes(struct walk *walk, const struct schema_field *f)
{
	unsigned long long min = f->min, max = f->max;
	const char *empty = f->empty ? ", or \"\"" : "";
	size_t room = sizeof(walk->takes);

	switch (f->kind) {
	case SCHEMA_UINT:
		if (max == INT64_MAX)
			snprintf(walk->takes, room, "a number from %llu up", min);
		else
			snprintf(walk->takes, room, "%llu to %llu", min, max);
		break;
	case SCHEMA_BOOL:
		snprintf(walk->takes, room, "true or false");
		break;
	case SCHEMA_NAME:
		snprintf(walk->takes, room, "a name%s", empty);
		break;
	case SCHEMA_TEXT:
		snprintf(walk->takes, room, "at most %llu characters without spaces%s", max, empty);
		break;
	case SCHEMA_WORD:
		say_words(walk, f->words);
		break;
	case SCHEMA_UINTS:
		snprintf(walk->takes, room, "a list of at most %zu numbers from %llu to %llu",
			f->most, min, max);
		break;
	case SCHEMA_NAMES:
		snprintf(walk->takes, room, "a list of at most %zu names", f->most);
		break;
	default:
		snprintf(walk->takes, room, "%s", f->takes != NULL ? f->takes : "");
		break;
	}
}

static void say_otherwise(struct walk *walk, const struct schema_field *f)
{
	size_t room = sizeof(walk->otherwise);

	walk->otherwise[0] = '\0';
	if (f->required)
		return;
	if (f->kind == SCHEMA_UINT)
		snprintf(walk->otherwise, room, "%llu", (unsigned long long)f->def);
	else if (f->kind == SCHEMA_BOOL)
		snprintf(walk->otherwise, room, "%s", f->def != 0 ? "true" : "false");
	else if (f->kind == SCHEMA_WORD)
		snprintf(walk->otherwise, room, "%s", f->words[f->def]);
	else if (f->kind == SCHEMA_UINTS || f->kind == SCHEMA_NAMES)
		snprintf(walk->otherwise, room, "[]");
	else if (f->empty)
		snprintf(walk->otherwise, room, "\"\"");
}

static void walk_field(struct walk *walk, const struct schema_field *f)
{
	struct config_help help = {.path = walk->path,
		.text = f->help != NULL ? f->help : "",
		.takes = walk->takes,
		.otherwise = f->otherwise != NULL ? f->otherwise : walk->otherwise,
		.fixed = f->fixed};

	say_takes(walk, f);
	say_otherwise(walk, f);
	walk->fn(walk->arg, &help);
}

/* Depth: a side or a profile within an object. */
static void walk_fields(struct walk *walk, const struct schema_field *fields, size_t len)
{
	for (const struct schema_field *f = fields; f->name != NULL; f++) {
		size_t room = sizeof(walk->path) - len;
		const char *dot = len > 0 && f->name[0] != '\0' ? "." : "";
		const char *of_each = f->kind == SCHEMA_MAP ? ".VIOS" : "";
		int n = snprintf(walk->path + len, room, "%s%s%s", dot, f->name, of_each);

		if (f->kind == SCHEMA_MAP || f->kind == SCHEMA_OBJECT)
			walk_fields(walk, f->fields, len + (size_t)n);
		else
			walk_field(walk, f);
	}
}

void config_help_walk(
	enum config_kind kind, void (*fn)(void *arg, const struct config_help *help), void *arg)
{
	struct walk walk = {.fn = fn, .arg = arg};

	walk_fields(&walk, config_kind_rows[kind].fields, 0);
}
