// SPDX-License-Identifier: BSD-3-Clause
/* help.c - what --help prints, from the tables. */
#include "vios-core/cli/cli.h"

#include <stdio.h>
#include <string.h>

static void print_options(const struct arg_option *options)
{
	for (const struct arg_option *o = options; o && o->name; o++) {
		char left[64];
		snprintf(left, sizeof(left), "%s%s%s%s", o->name, o->value ? " " : "",
			o->value ? o->value : "",
			o->takes == ARG_WORDS || o->takes == ARG_PAIRS ? "..." : "");
		printf("  %-24s %s%s\n", left, o->help, o->required ? " (needed)" : "");
	}
}

static void print_end(void)
{
	puts("\nOptions of every verb, at any place of the line:");
	print_options(cli_common);
	puts("\nExit codes: 0 done, 1 it failed, 2 wrong command line, 3 no VIOS could be "
	     "reached.");
}

static int program(void)
{
	puts("Usage: viosctl [OPTION]... VERB [OPTION|ARGUMENT]...\n"
	     "Shows and directs a pair of Virtual I/O Servers.\n");
	for (size_t i = 0; cli_verbs[i]; i++)
		printf("  %-11s  %s\n", cli_verbs[i]->name, cli_verbs[i]->does);
	puts("\n`viosctl VERB --help` tells more.");
	print_end();
	return CLI_OK;
}

/* Each line of the usage after the verb's name. */
static void print_usage(const struct verb *verb)
{
	const char *line = verb->usage;

	do {
		size_t length = strcspn(line, "\n");
		printf("%s viosctl %s%s%.*s\n", line == verb->usage ? "Usage:" : "      ",
			verb->name, length ? " " : "", (int)length, line);
		line += length + (line[length] == '\n');
	} while (*line);
}

int cli_help(const struct verb *verb)
{
	if (!verb)
		return program();
	print_usage(verb);
	printf("%s: %s.\n%s", verb->name, verb->does, verb->help);
	if (verb->options) {
		puts("\nOptions:");
		print_options(verb->options);
	}
	print_end();
	return CLI_OK;
}
