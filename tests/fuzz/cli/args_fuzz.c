// SPDX-License-Identifier: BSD-3-Clause
/*
 * args_fuzz.c - any words as a command line: what is taken is of its option's type and is one of
 * the words; what is refused has a sentence. Words end with a newline.
 */
#include "vios-core/cli/args.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64

static const struct arg_option common[] = {
	{"--run", ARG_VALUE, false, "DIR", ""},
	{"--json", ARG_NONE, false, NULL, ""},
	{NULL},
};

static const struct arg_option options[] = {
	{"-v", ARG_VALUE, false, "V", ""},
	{"-n", ARG_NUMBER, true, "N", ""},
	{"-l", ARG_LIST, false, "A,B", ""},
	{"-ln", ARG_NUMBERS, false, "N,N", ""},
	{"-m", ARG_MAYBE, false, "[M]", ""},
	{"-w", ARG_WORDS, false, "W", ""},
	{"-p", ARG_PAIRS, false, "A=B", ""},
	{"-none", ARG_NONE, false, NULL, ""},
	{NULL},
};

static const struct arg_form forms[] = {
	{"v", "n", "l ln"},
	{"none", "", "m w p"},
	{NULL},
};

static bool is_of_line(const char *value, const char *line, size_t n)
{
	return value >= line && value <= line + n;
}

static void check_given(const struct arg_given *given, const char *line, size_t n)
{
	uint32_t number;

	if (given->option->takes == ARG_NONE) {
		assert(!given->value);
		return;
	}
	assert(given->value || given->option->takes == ARG_MAYBE);
	assert(!given->value || is_of_line(given->value, line, n));
	if (given->option->takes == ARG_NUMBER)
		assert(args_to_number(given->value, strlen(given->value), &number) == 0);
	if (given->option->takes == ARG_PAIRS)
		assert(strchr(given->value, '=') > given->value);
	if (given->option->takes == ARG_NUMBERS || given->option->takes == ARG_LIST)
		assert(given->value[0] && given->value[0] != ',' && !strstr(given->value, ",,"));
}

static void check(struct args *args, const char *line, size_t n, size_t n_words)
{
	size_t at = 0;

	assert(args->n + args->n_words <= n_words);
	for (size_t i = 0; i < args->n; i++)
		check_given(&args->given[i], line, n);
	for (size_t i = 0; i < args->n_words; i++)
		assert(is_of_line(args->words[i], line, n));
	if (args_check(args) == 0)
		assert(args_has(args, "n"));
	else
		assert(args->fault[0]);
	int form = args_form(args, forms);
	assert(form == -EINVAL ? args->fault[0] != '\0' : args_has(args, forms[form].key));
	while (args_next(args, "w", &at))
		;
	assert(at == args->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct arg_option *tables[] = {common, options};
	struct args args = {.verb = "verb", .globals = common, .options = options};
	const char *argv[WORDS_MAX];
	char *line = malloc(size + 1), *at = line;
	size_t n = 0;

	memcpy(line, data, size);
	line[size] = '\0';
	for (char *word; n < WORDS_MAX && (word = strsep(&at, "\n"));)
		argv[n++] = word;
	size_t skip = args_first_word(tables, 2, argv, n);
	assert(skip <= n);
	int r = args_parse(&args, argv, n, skip);
	if (r == 0)
		check(&args, line, size, n);
	else
		assert(r == -EINVAL && args.fault[0]);
	args_free(&args);
	free(line);
	return 0;
}
