// SPDX-License-Identifier: BSD-3-Clause
/* main.c - viosctl: reads the command line and runs the verb. Options may stand anywhere. */
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/cli/cli.h"
#include "vios-core/cli/suggest.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

const struct verb *const cli_verbs[] = {
	&verb_status,
	&verb_switch,
	&verb_quarantine,
	&verb_shutdown,
	&verb_version,
	NULL,
};

enum {
	OPT_RUN = 1,
	OPT_VIOS,
	OPT_JSON,
	OPT_ALL,
	OPT_TO,
	OPT_PLANES,
	OPT_LOG,
	OPT_HELP,
	OPT_VERSION
};

static const struct option longs[] = {
	{"run", required_argument, NULL, OPT_RUN},
	{"vios", required_argument, NULL, OPT_VIOS},
	{"json", no_argument, NULL, OPT_JSON},
	{"all", no_argument, NULL, OPT_ALL},
	{"to", required_argument, NULL, OPT_TO},
	{"data-planes", no_argument, NULL, OPT_PLANES},
	{"log-level", required_argument, NULL, OPT_LOG},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

struct asked {
	bool help, version;
	const char *log_level; /* NULL: not given */
};

static const char options_help[] =
	"Options of every verb:\n"
	"  --run DIR          the frame's run directory (default " RUNPATH_DEFAULT ")\n"
	"  --vios NAME        ask the viosd of this VIOS; without it, any that answers\n"
	"  --json             print JSON\n"
	"  --log-level LEVEL  error, warn, info or debug\n"
	"  --help, --version\n"
	"\n"
	"Exit codes: 0 done, 1 it failed, 2 wrong command line, 3 no VIOS could be reached.\n";

static void print_help(void)
{
	puts("Usage: viosctl [OPTION]... VERB [ARGUMENT]...\n"
	     "Shows and directs a pair of Virtual I/O Servers.\n");
	for (size_t i = 0; cli_verbs[i]; i++)
		printf("  %-10s %-26s %s\n", cli_verbs[i]->name, cli_verbs[i]->arguments,
			cli_verbs[i]->does);
	printf("\n`viosctl VERB --help` tells more.\n\n%s", options_help);
}

static void print_verb_help(const struct verb *verb)
{
	printf("Usage: viosctl [OPTION]... %s%s%s\n%s: %s.\n%s\n%s", verb->name,
		verb->arguments[0] ? " " : "", verb->arguments, verb->name, verb->does, verb->help,
		options_help);
}

static int take(int option, const char *value, struct cli *cli, struct asked *asked)
{
	switch (option) {
	case OPT_RUN:
		cli->run = value;
		return 0;
	case OPT_VIOS:
		cli->vios = value;
		return 0;
	case OPT_JSON:
		cli->json = true;
		return 0;
	case OPT_ALL:
		cli->options |= CLI_ALL;
		return 0;
	case OPT_TO:
		cli->options |= CLI_TO;
		cli->to = value;
		return 0;
	case OPT_PLANES:
		cli->options |= CLI_DATA_PLANES;
		return 0;
	case OPT_LOG:
		asked->log_level = value;
		return 0;
	case OPT_HELP:
		asked->help = true;
		return 0;
	case OPT_VERSION:
		asked->version = true;
		return 0;
	default:
		log_refuse("option %s is not known, or lacks its value; see viosctl --help", value);
		return -1;
	}
}

static const struct verb *find_verb(const char *name)
{
	const char *names[16] = {NULL};
	size_t n = 0;

	for (; cli_verbs[n]; n++) {
		if (strcmp(cli_verbs[n]->name, name) == 0)
			return cli_verbs[n];
		names[n] = cli_verbs[n]->name;
	}
	const char *nearest = suggest_nearest(name, names, n);
	if (nearest)
		log_refuse("verb %s is not known; did you mean %s?", name, nearest);
	else
		log_refuse("verb %s is not known; see viosctl --help", name);
	return NULL;
}

static int run_verb(const struct verb *verb, const struct cli *cli)
{
	if (cli->options & ~verb->options) {
		log_refuse("%s does not take %s; see viosctl %s --help", verb->name,
			cli->options & ~verb->options & CLI_ALL	 ? "--all"
			: cli->options & ~verb->options & CLI_TO ? "--to"
								 : "--data-planes",
			verb->name);
		return CLI_USAGE;
	}
	if (cli->argc < verb->args_min || cli->argc > verb->args_max) {
		log_refuse("%s takes %s, and %d arguments were given; see viosctl %s --help",
			verb->name, verb->arguments[0] ? verb->arguments : "no arguments",
			cli->argc, verb->name);
		return CLI_USAGE;
	}
	return verb->run(cli);
}

int main(int argc, char **argv)
{
	struct cli cli = {.run = RUNPATH_DEFAULT};
	struct asked asked = {0};
	enum log_level level = LOGL_WARN;
	int option;

	log_init("viosctl", LOGL_WARN);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (take(option, option == '?' ? argv[optind - 1] : optarg, &cli, &asked) < 0)
			return CLI_USAGE;
	if (asked.log_level && log_level_parse(asked.log_level, &level) < 0) {
		log_refuse("--log-level %s is not known; give error, warn, info or debug",
			asked.log_level);
		return CLI_USAGE;
	}
	log_init("viosctl", level);
	if (asked.version)
		return verb_version.run(&cli);
	if (optind == argc) {
		if (asked.help)
			print_help();
		else
			log_refuse("a verb is missing; see viosctl --help");
		return asked.help ? CLI_OK : CLI_USAGE;
	}
	const struct verb *verb = find_verb(argv[optind]);
	if (!verb)
		return CLI_USAGE;
	if (asked.help) {
		print_verb_help(verb);
		return CLI_OK;
	}
	cli.argc = argc - optind - 1;
	cli.argv = argv + optind + 1;
	return run_verb(verb, &cli);
}
