/* SPDX-License-Identifier: BSD-3-Clause */
/* cmdline.c - see cmdline.h. Runs once, before there are threads; owns nothing. */
#include "vios-core/base/cmdline.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 16
#define HELP_COLUMN 22
#define USAGE_EXIT 2

enum { COMMON_RUN, COMMON_LEVEL, COMMON_HELP, COMMON_VERSION, COMMON_N };

static const struct option common_longs[COMMON_N] = {
	{"run", required_argument, NULL, COMMON_RUN},
	{"log-level", required_argument, NULL, COMMON_LEVEL},
	{"help", no_argument, NULL, COMMON_HELP},
	{"version", no_argument, NULL, COMMON_VERSION},
};

static void print_option(const char *name, const char *value, const char *help)
{
	int n = printf("  --%s%s%s", name, value ? " " : "", value ? value : "");

	for (const char *line = help; line; line = strchr(line, '\n')) {
		line += line[0] == '\n';
		printf("%*s%.*s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 2, "",
			(int)strcspn(line, "\n"), line);
		n = 0;
	}
}

static void print_help(const struct cmdline *cl)
{
	printf("Usage: %s %s\n%s\n", cl->program, cl->usage, cl->does);
	for (const struct cmdline_option *o = cl->options; o->name; o++)
		if (o->help)
			print_option(o->name, o->value, o->help);
	print_option("run", "DIR", "the frame's run directory (default " RUNPATH_DEFAULT ")");
	print_option("log-level", "LEVEL", "error, warn, info (default) or debug");
	puts("  --help, --version");
	if (cl->rest)
		printf("  -- ...              %s\n", cl->rest);
}

static int leave(int *exit_code, int code)
{
	*exit_code = code;
	return -1;
}

static int take_common(
	const struct cmdline *cl, int option, struct cmdline_common *common, int *exit_code)
{
	enum log_level level;

	switch (option) {
	case COMMON_RUN:
		common->run = optarg;
		return 0;
	case COMMON_LEVEL:
		common->log_level = optarg;
		if (log_level_parse(optarg, &level) == 0) {
			log_init(cl->program, level);
			return 0;
		}
		log_refuse("--log-level %s is not known; give error, warn, info or debug", optarg);
		return leave(exit_code, USAGE_EXIT);
	case COMMON_HELP:
		print_help(cl);
		return leave(exit_code, 0);
	default:
		printf("%s " VIOS_VERSION "\n", cl->program);
		return leave(exit_code, 0);
	}
}

static int check_names(const struct cmdline *cl, int *exit_code)
{
	for (const struct cmdline_option *o = cl->options; o->name; o++) {
		if (!o->name_required)
			continue;
		if (*o->text && model_name_valid(*o->text))
			continue;
		if (!*o->text)
			log_refuse("--%s is missing; give --%s %s: %s", o->name, o->name, o->value,
				o->help);
		else
			log_refuse("--%s %s is no name; give 1 to %d letters, digits, - and _, a "
				   "letter first",
				o->name, *o->text, MODEL_NAME_MAX);
		return leave(exit_code, USAGE_EXIT);
	}
	return 0;
}

/* What getopt_long(3) has left over. */
static int check_rest(const struct cmdline *cl, int argc, char **argv,
	struct cmdline_common *common, int *exit_code)
{
	const bool dashes = optind > 1 && strcmp(argv[optind - 1], "--") == 0;

	common->rest = optind;
	if (optind == argc || (cl->rest && dashes))
		return check_names(cl, exit_code);
	log_refuse("argument %s is not expected; see %s --help", argv[optind], cl->program);
	return leave(exit_code, USAGE_EXIT);
}

int cmdline_parse(const struct cmdline *cl, int argc, char **argv, struct cmdline_common *common,
	int *exit_code)
{
	struct option longs[COMMON_N + OPTIONS_MAX + 1] = {0};
	int option, n = COMMON_N;

	memcpy(longs, common_longs, sizeof(common_longs));
	for (const struct cmdline_option *o = cl->options; o->name && n < COMMON_N + OPTIONS_MAX;
		o++)
		longs[n] = (struct option){o->name, o->value ? required_argument : no_argument,
			NULL, n},
		n++;
	*common = (struct cmdline_common){.run = RUNPATH_DEFAULT, .log_level = "info"};
	log_init(cl->program, LOGL_INFO);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (option == '?') {
			log_refuse("option %s is not known, or lacks its value; see %s --help",
				argv[optind - 1], cl->program);
			return leave(exit_code, USAGE_EXIT);
		}
		if (option < COMMON_N && take_common(cl, option, common, exit_code) < 0)
			return -1;
		if (option < COMMON_N)
			continue;
		if (cl->options[option - COMMON_N].text)
			*cl->options[option - COMMON_N].text = optarg;
		else
			*cl->options[option - COMMON_N].flag = true;
	}
	return check_rest(cl, argc, argv, common, exit_code);
}
