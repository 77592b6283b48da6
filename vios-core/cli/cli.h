/* SPDX-License-Identifier: BSD-3-Clause */
/* cli.h - what the verbs of viosctl share. */
#ifndef VIOS_CLI_CLI_H
#define VIOS_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "vios-core/cli/args.h"

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3 };

/* A request that changes something is not repeated at another viosd when the first may have heard
 * it. */
enum cli_kind { CLI_READS, CLI_CHANGES };

struct verb;

/* The command line; strings are borrowed from argv. */
struct cli {
	const struct verb *verb;
	const char *run;
	const char *vios; /* NULL: not given */
	bool json;
	struct args args; /* the verb's options and words */
	int form;	  /* index in the verb's forms, if it has some */
};

struct verb {
	const char *name;
	const char *usage;		  /* what follows the name; one line for each form */
	const char *does;		  /* one line */
	const char *help;		  /* the rest of its help; ends with a newline, or "" */
	const struct arg_option *options; /* ends with a NULL name; NULL: none */
	const struct arg_form *forms;	  /* ends with a NULL key; NULL: one form */
	size_t words_max;
	/* --vios picks what is shown or changed: its viosd is asked first, and then any. */
	bool picks_side;
	int (*run)(const struct cli *cli); /* enum cli_exit */
};

extern const struct verb *const cli_verbs[]; /* ends with NULL; verbs.c */
extern const struct arg_option cli_common[]; /* options of every verb */
int cli_help(const struct verb *verb);	     /* NULL: of the program; help.c */

/*
 * Asks the viosd of --vios, or else one VIOS of the run directory after the other until one
 * answers. params: ownership moves. CLI_OK with *result (the caller's), or what to exit with after
 * the reason on stderr: a line for each fault, or one line.
 */
int cli_ask(const struct cli *cli, enum cli_kind kind, const char *method, json_t *params,
	unsigned timeout_ms, json_t **result);
/* The same without a word when nobody has the method: CLI_OK and *result NULL. */
int cli_ask_if_known(const struct cli *cli, const char *method, json_t *params, json_t **result);

/* Asks the viosd of this VIOS, without a word: the result (the caller's), or NULL. params:
 * ownership moves; NULL: none. */
json_t *cli_ask_at(const struct cli *cli, const char *vios, const char *method, json_t *params,
	unsigned timeout_ms);

struct rpc_sync;
/* A connection to the viosd that cli_ask() would ask, for `subscribe`. NULL: none. */
struct rpc_sync *cli_subscribe(const struct cli *cli);

/* Prints JSON on stdout as --json does. result: ownership moves. */
int cli_print_json(json_t *result);
/* Prints text and frees it; NULL: no memory. */
int cli_print(char *text);
/* "-" for anything but a string. */
const char *cli_text(const json_t *object, const char *key);

#endif
