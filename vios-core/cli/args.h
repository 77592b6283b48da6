/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * args.h - the words after a verb, by a table of options. Pure.
 *
 * An option may be written with one dash, as on AIX, or with two; `--name=value` works, too.
 * Options and other words may stand in any order. What follows `--` is never an option.
 */
#ifndef VIOS_CLI_ARGS_H
#define VIOS_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_FAULT_BYTES 256

enum arg_takes {
	ARG_NONE,
	ARG_VALUE,
	ARG_NUMBER,  /* 0 to UINT32_MAX, decimal */
	ARG_LIST,    /* words with commas between them */
	ARG_NUMBERS, /* numbers with commas between them */
	ARG_MAYBE,   /* a value or nothing */
	ARG_WORDS,   /* all words up to the next option, at least one */
	ARG_PAIRS,   /* the same, each NAME=VALUE */
};

struct arg_option {
	const char *name; /* as help shows it: "-vdev", "--json" */
	enum arg_takes takes;
	bool required;
	const char *value; /* what help calls its value; NULL: none */
	const char *help;
};

/* One way to use a verb: chosen by an option; names without dashes, with blanks between them. */
struct arg_form {
	const char *key, *needs, *may;
};

struct arg_given {
	const struct arg_option *option;
	const char *value; /* NULL: none */
};

struct args {
	const char *verb;			    /* NULL: none was given */
	const struct arg_option *globals, *options; /* each ends with a NULL name; or NULL */
	size_t n;
	struct arg_given *given; /* one for each value */
	size_t n_words;
	const char **words;
	char fault[ARGS_FAULT_BYTES]; /* the sentence when something is refused */
};

/* The option of that name, with or without dashes and "=value"; NULL. */
const struct arg_option *args_find(const struct arg_option *options, const char *word);

/* The index of the first word that is no option and no option's value: the verb; n: there is none.
 * Only options of the table are stepped over with their values. */
size_t args_first_word(
	const struct arg_option *const *tables, size_t n_tables, const char *const *argv, size_t n);

/* args: verb and tables set, the rest zero. argv: borrowed, must outlive args. Words at `skip` are
 * passed over (n: none). 0, -EINVAL with the fault, -ENOMEM. */
int args_parse(struct args *args, const char *const *argv, size_t n, size_t skip);
/* Whether all required options are there. 0, or -EINVAL with the fault. */
int args_check(struct args *args);
/* The index of the one form that was chosen, or -EINVAL with the fault: none, two, an option that
 * lacks or does not belong. forms: ends with a NULL key. */
int args_form(struct args *args, const struct arg_form *forms);
void args_free(struct args *args);

/* name: without dashes; it is one of the tables'. */
bool args_has(const struct args *args, const char *name);
const char *args_get(const struct args *args, const char *name); /* the first value, or NULL */
/* The next value of name at or after *at, which is moved behind it; NULL: no more. */
const char *args_next(const struct args *args, const char *name, size_t *at);
/* Of an ARG_NUMBER that was given. */
uint32_t args_number(const struct args *args, const char *name);

/* Decimal digits alone. 0 or -EINVAL. */
int args_to_number(const char *text, size_t length, uint32_t *out);

#endif
