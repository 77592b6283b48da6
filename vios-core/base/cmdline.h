/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmdline.h - the command line of a daemon, from a table. --run, --log-level, --help and --version
 * are everybody's; everything else is refused in one line on stderr.
 */
#ifndef VIOS_BASE_CMDLINE_H
#define VIOS_BASE_CMDLINE_H

#include <stdbool.h>

struct cmdline_option {
	const char *name;  /* without its dashes */
	const char *value; /* "NAME" in the help; NULL: it has none */
	const char *help;  /* lines after the first are indented; NULL: not for people */
	const char **text; /* where the value goes, borrowed from argv; NULL: `flag` is set */
	bool *flag;
	bool name_required; /* must be given, and be a name as in frame.json */
};

struct cmdline {
	const char *program;
	const char *usage;		      /* what follows the program's name */
	const char *does;		      /* a sentence or two, with line ends */
	const struct cmdline_option *options; /* ends with a NULL name */
	const char *rest;		      /* help on what follows "--"; NULL: nothing may */
};

struct cmdline_common {
	const char *run;       /* RUNPATH_DEFAULT or --run */
	const char *log_level; /* its word */
	int rest; /* index of the first argument that follows "--", argc if there is none */
};

/* Starts the log (log_init()), too. 0: go on; -1: exit with *exit_code, all has been said. */
int cmdline_parse(const struct cmdline *cl, int argc, char **argv, struct cmdline_common *common,
	int *exit_code);

#endif
