// SPDX-License-Identifier: BSD-3-Clause
/*
 * args.c - reads the words of a command line by tables of options. Pure; the lists of what was
 * found belong to struct args, the texts to argv. What is refused is one sentence in args->fault.
 */
#include "vios-core/cli/args.h"
#include "vios-core/cli/suggest.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 64 /* options of one verb and the common ones */

static const char *bare(const char *name)
{
	return name + strspn(name, "-");
}

__attribute__((format(printf, 2, 3))) static int refuse(struct args *args, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(args->fault, sizeof(args->fault), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* The same with where to read more. */
__attribute__((format(printf, 2, 3))) static int refuse_see(struct args *args, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(args->fault, sizeof(args->fault), fmt, ap);
	va_end(ap);
	n = strlen(args->fault);
	snprintf(args->fault + n, sizeof(args->fault) - n, "; see viosctl %s%s--help",
		args->verb ? args->verb : "", args->verb ? " " : "");
	return -EINVAL;
}

static const char *who(const struct args *args)
{
	return args->verb ? args->verb : "viosctl";
}

static bool is_option(const char *word)
{
	const char *name = bare(word);
	size_t dashes = (size_t)(name - word);

	return (dashes == 1 || dashes == 2) &&
	       ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
}

const struct arg_option *args_find(const struct arg_option *options, const char *word)
{
	const char *name = bare(word);
	size_t length = strcspn(name, "=");

	for (const struct arg_option *o = options; o && o->name; o++)
		if (strncmp(bare(o->name), name, length) == 0 && bare(o->name)[length] == '\0')
			return o;
	return NULL;
}

size_t args_first_word(
	const struct arg_option *const *tables, size_t n_tables, const char *const *argv, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct arg_option *option = NULL;
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (!is_option(argv[i]))
			return i;
		for (size_t t = 0; t < n_tables && !option; t++)
			option = args_find(tables[t], argv[i]);
		if (option && option->takes != ARG_NONE && option->takes != ARG_MAYBE &&
			!strchr(argv[i], '='))
			i++;
	}
	return n;
}

int args_to_number(const char *text, size_t length, uint32_t *out)
{
	uint64_t value = 0;

	if (length == 0 || length > 10)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > UINT32_MAX)
		return -EINVAL;
	*out = (uint32_t)value;
	return 0;
}

static int check_list(struct args *args, const struct arg_option *option, const char *value)
{
	bool numbers = option->takes == ARG_NUMBERS;
	uint32_t number;

	for (const char *at = value;; at++) {
		size_t length = strcspn(at, ",");
		if (length == 0 || (numbers && args_to_number(at, length, &number) < 0))
			return refuse(args, "%s takes %s with commas between them, not \"%.64s\"",
				option->name, numbers ? "numbers" : "words", value);
		at += length;
		if (!*at)
			return 0;
	}
}

static int check_value(struct args *args, const struct arg_option *option, const char *value)
{
	uint32_t number;

	switch (option->takes) {
	case ARG_NUMBER:
		if (args_to_number(value, strlen(value), &number) < 0)
			return refuse(args, "%s takes a number (0 to %u), not \"%.64s\"",
				option->name, UINT32_MAX, value);
		return 0;
	case ARG_LIST:
	case ARG_NUMBERS:
		return check_list(args, option, value);
	case ARG_PAIRS:
		if (value[0] == '=' || !strchr(value, '='))
			return refuse(
				args, "%s takes NAME=VALUE, not \"%.64s\"", option->name, value);
		return 0;
	default:
		if (!value[0])
			return refuse(args, "%s has an empty value; give %s", option->name,
				option->value);
		return 0;
	}
}

static bool was_given(const struct args *args, const struct arg_option *option)
{
	for (size_t i = 0; i < args->n; i++)
		if (args->given[i].option == option)
			return true;
	return false;
}

static int keep(struct args *args, const struct arg_option *option, const char *value)
{
	int r = value ? check_value(args, option, value) : 0;

	if (r < 0)
		return r;
	args->given[args->n++] = (struct arg_given){option, value};
	return 0;
}

static int unknown(struct args *args, const char *word)
{
	const char *names[NAMES_MAX];
	const struct arg_option *tables[] = {args->options, args->globals};
	size_t n = 0, length = strcspn(bare(word), "=");
	char name[SUGGEST_WORD_MAX + 1];

	for (size_t t = 0; t < 2; t++)
		for (const struct arg_option *o = tables[t]; o && o->name && n < NAMES_MAX; o++)
			names[n++] = bare(o->name);
	snprintf(name, sizeof(name), "%.*s", (int)length, bare(word));
	const char *nearest = length <= SUGGEST_WORD_MAX ? suggest_nearest(name, names, n) : NULL;
	if (!nearest)
		return refuse_see(args, "%s does not take %.64s", who(args), word);
	const struct arg_option *found = args_find(args->options, nearest);
	found = found ? found : args_find(args->globals, nearest);
	return refuse(
		args, "%s does not take %.64s; did you mean %s?", who(args), word, found->name);
}

static bool takes_many(enum arg_takes takes)
{
	return takes == ARG_WORDS || takes == ARG_PAIRS;
}

/* The option at argv[at] with its values; the index of the last word it used, or -errno. */
static ssize_t take(struct args *args, const char *const *argv, size_t n, size_t at, size_t skip)
{
	const struct arg_option *option = args_find(args->options, argv[at]);
	const char *equals = strchr(argv[at], '=');
	size_t last = at;

	option = option ? option : args_find(args->globals, argv[at]);
	if (!option)
		return unknown(args, argv[at]);
	if (was_given(args, option) && !takes_many(option->takes) && option->takes != ARG_NONE)
		return refuse(args, "%s is given twice; give it once", option->name);
	if (equals && option->takes == ARG_NONE)
		return refuse(args, "%s takes no value", option->name);
	if (equals)
		return keep(args, option, equals + 1) < 0 ? -EINVAL : (ssize_t)at;
	if (option->takes == ARG_NONE)
		return keep(args, option, NULL) < 0 ? -EINVAL : (ssize_t)at;
	while (last + 1 < n && last + 1 != skip && !is_option(argv[last + 1]) &&
		strcmp(argv[last + 1], "--") != 0 && (last == at || takes_many(option->takes)))
		if (keep(args, option, argv[++last]) < 0)
			return -EINVAL;
	if (last == at && option->takes == ARG_MAYBE)
		return keep(args, option, NULL) < 0 ? -EINVAL : (ssize_t)at;
	if (last == at)
		return refuse_see(args, "%s lacks its value: %s %s", option->name, option->name,
			option->value);
	return (ssize_t)last;
}

int args_parse(struct args *args, const char *const *argv, size_t n, size_t skip)
{
	bool options_end = false;

	args->given = calloc(n + 1, sizeof(*args->given));
	args->words = calloc(n + 1, sizeof(*args->words));
	if (!args->given || !args->words)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (i == skip)
			continue;
		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
		} else if (!options_end && is_option(argv[i])) {
			ssize_t last = take(args, argv, n, i, skip);
			if (last < 0)
				return (int)last;
			i = (size_t)last;
		} else {
			args->words[args->n_words++] = argv[i];
		}
	}
	return 0;
}

int args_check(struct args *args)
{
	for (const struct arg_option *o = args->options; o && o->name; o++)
		if (o->required && !was_given(args, o))
			return refuse_see(args, "%s needs %s %s", who(args), o->name,
				o->value ? o->value : "");
	return 0;
}

static bool among(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list ? list : ""; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");
		if (word == length && strncmp(at, name, length) == 0)
			return true;
		at += word;
	}
	return false;
}

static int no_form(struct args *args, const struct arg_form *forms)
{
	char names[ARGS_FAULT_BYTES / 2] = "";
	size_t at = 0;

	for (size_t i = 0; forms[i].key; i++)
		if (at < sizeof(names))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
				i == 0 ? "" : ", ", args_find(args->options, forms[i].key)->name);
	return refuse_see(args, "%s needs one of %s", who(args), names);
}

static int check_form(struct args *args, const struct arg_form *form)
{
	for (const struct arg_option *o = args->options; o->name; o++) {
		bool given = was_given(args, o), needed = among(form->needs, bare(o->name));
		if (needed && !given)
			return refuse_see(args, "%s -%s needs %s%s%s", who(args), form->key,
				o->name, o->value ? " " : "", o->value ? o->value : "");
		if (given && !needed && !among(form->may, bare(o->name)) &&
			strcmp(bare(o->name), form->key) != 0)
			return refuse_see(args, "%s does not go with -%s", o->name, form->key);
	}
	return 0;
}

int args_form(struct args *args, const struct arg_form *forms)
{
	int chosen = -1;

	for (int i = 0; forms[i].key; i++) {
		if (!args_has(args, forms[i].key))
			continue;
		if (chosen >= 0 && among(forms[chosen].may, forms[i].key))
			continue;
		if (chosen >= 0)
			return refuse(args, "-%s and -%s do not go together; give one of them",
				forms[chosen].key, forms[i].key);
		chosen = i;
	}
	if (chosen < 0)
		return no_form(args, forms);
	return check_form(args, &forms[chosen]) < 0 ? -EINVAL : chosen;
}

void args_free(struct args *args)
{
	free(args->given);
	free(args->words);
	args->given = NULL;
	args->words = NULL;
	args->n = args->n_words = 0;
}

const char *args_next(const struct args *args, const char *name, size_t *at)
{
	assert(args_find(args->options, name) || args_find(args->globals, name));
	for (; *at < args->n; (*at)++)
		if (strcmp(bare(args->given[*at].option->name), name) == 0)
			return args->given[(*at)++].value;
	return NULL;
}

bool args_has(const struct args *args, const char *name)
{
	assert(args_find(args->options, name) || args_find(args->globals, name));
	for (size_t i = 0; i < args->n; i++)
		if (strcmp(bare(args->given[i].option->name), name) == 0)
			return true;
	return false;
}

const char *args_get(const struct args *args, const char *name)
{
	size_t at = 0;

	return args_next(args, name, &at);
}

uint32_t args_number(const struct args *args, const char *name)
{
	const char *value = args_get(args, name);
	uint32_t number = 0;

	if (value)
		args_to_number(value, strlen(value), &number);
	return number;
}
