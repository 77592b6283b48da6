/* SPDX-License-Identifier: BSD-3-Clause */
/* cli.h - what the verbs of viosctl share. */
#ifndef VIOS_CLI_CLI_H
#define VIOS_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3 };

/* A request that changes something is not repeated at another viosd when the first may have heard
 * it. */
enum cli_kind { CLI_READS, CLI_CHANGES };

enum cli_option { CLI_ALL = 1 << 0, CLI_TO = 1 << 1, CLI_DATA_PLANES = 1 << 2 };

/* The command line; strings are borrowed from argv. */
struct cli {
	const char *run;
	const char *vios; /* NULL: any that answers */
	bool json;
	unsigned options; /* enum cli_option: those that were given */
	const char *to;
	int argc; /* the verb's arguments, without the verb and without options */
	char **argv;
};

struct verb {
	const char *name;
	const char *arguments; /* "ADAPTER|--all [--to VIOS]" */
	const char *does;      /* one line */
	const char *help;      /* the rest of its help; ends with a newline */
	unsigned options;      /* enum cli_option that it takes */
	int args_min, args_max;
	int (*run)(const struct cli *cli); /* enum cli_exit */
};

extern const struct verb verb_status, verb_switch, verb_quarantine, verb_shutdown, verb_version;
extern const struct verb *const cli_verbs[]; /* ends with NULL */

/*
 * Asks the viosd of --vios, or else one VIOS of the run directory after the other until one
 * answers. params: ownership moves. CLI_OK with *result (the caller's), or what to exit with after
 * one line on stderr.
 */
int cli_ask(const struct cli *cli, enum cli_kind kind, const char *method, json_t *params,
	unsigned timeout_ms, json_t **result);
/* Prints JSON on stdout as --json does. result: ownership moves. */
int cli_print_json(json_t *result);
/* "-" for anything but a string. */
const char *cli_text(const json_t *object, const char *key);

#endif
