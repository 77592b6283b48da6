// SPDX-License-Identifier: BSD-3-Clause
/* main.c - viosctl: finds the verb, reads the line by its table, and runs it. */
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/cli/cli.h"
#include "vios-core/cli/suggest.h"
#include "vios-core/cli/verbs.h"
#include "vios-core/model/frame_config.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VERBS_MAX 64
#define HEAP_STEP (32u << 20)
#define HUGE_PAGE (2u << 20)

static const struct verb *find_verb(const char *name)
{
	const char *names[VERBS_MAX] = {NULL};
	size_t n = 0;

	for (; cli_verbs[n] && n < VERBS_MAX; n++) {
		if (strcmp(cli_verbs[n]->name, name) == 0)
			return cli_verbs[n];
		names[n] = cli_verbs[n]->name;
	}
	const char *nearest = suggest_nearest(name, names, n);
	if (nearest)
		log_refuse("verb %.64s is not known; did you mean %s?", name, nearest);
	else
		log_refuse("verb %.64s is not known; see viosctl --help", name);
	return NULL;
}

/* The verb's index; options of any verb may stand before it. */
static size_t verb_at(const char *const *argv, size_t n)
{
	const struct arg_option *tables[VERBS_MAX + 1] = {cli_common};
	size_t n_tables = 1;

	for (size_t i = 0; cli_verbs[i] && n_tables < VERBS_MAX; i++)
		tables[n_tables++] = cli_verbs[i]->options;
	return args_first_word(tables, n_tables, argv, n);
}

static int refuse(const struct cli *cli)
{
	log_refuse("%s", cli->args.fault[0] ? cli->args.fault : "there is not enough memory");
	return CLI_USAGE;
}

static int take_common(struct cli *cli)
{
	const char *level_text = args_get(&cli->args, "log-level");
	enum log_level level = LOGL_WARN;

	cli->run = args_get(&cli->args, "run");
	cli->run = cli->run ? cli->run : RUNPATH_DEFAULT;
	cli->vios = args_get(&cli->args, "vios");
	cli->json = args_has(&cli->args, "json");
	if (level_text && log_level_parse(level_text, &level) < 0) {
		log_refuse(
			"--log-level %s is not known; give error, warn, info or debug", level_text);
		return CLI_USAGE;
	}
	if (cli->vios && !model_name_valid(cli->vios)) {
		log_refuse("--vios %s is no name; see the VIOS in viosctl status", cli->vios);
		return CLI_USAGE;
	}
	log_init("viosctl", level);
	return CLI_OK;
}

static int run_verb(struct cli *cli)
{
	struct args *args = &cli->args;

	if (args->n_words > cli->verb->words_max) {
		log_refuse("%s takes %s, and \"%.64s\" was given; see viosctl %s --help",
			cli->verb->name,
			cli->verb->words_max ? cli->verb->usage
					     : "no arguments besides its options",
			args->words[cli->verb->words_max], cli->verb->name);
		return CLI_USAGE;
	}
	if (args_check(args) < 0)
		return refuse(cli);
	cli->form = cli->verb->forms ? args_form(args, cli->verb->forms) : 0;
	if (cli->form < 0)
		return refuse(cli);
	return cli->verb->run(cli);
}

static int dispatch(struct cli *cli, const char *const *argv, size_t n)
{
	size_t at = verb_at(argv, n);

	cli->verb = at < n ? find_verb(argv[at]) : NULL;
	if (at < n && !cli->verb)
		return CLI_USAGE;
	cli->args.verb = cli->verb ? cli->verb->name : NULL;
	cli->args.globals = cli_common;
	cli->args.options = cli->verb ? cli->verb->options : NULL;
	if (args_parse(&cli->args, argv, n, at) < 0)
		return refuse(cli);
	int r = take_common(cli);
	if (r != CLI_OK)
		return r;
	if (args_has(&cli->args, "version"))
		return verb_version.run(cli);
	if (args_has(&cli->args, "help"))
		return cli_help(cli->verb);
	if (cli->verb)
		return run_verb(cli);
	log_refuse("a verb is missing; see viosctl --help");
	return CLI_USAGE;
}

/* The state of a large frame is many small objects: thousands of page faults were half the time of
 * `lsmap -all`. What is not touched costs nothing. */
static void make_room(void)
{
	uintptr_t begin = ((uintptr_t)sbrk(0) + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);

	mallopt(M_TOP_PAD, HEAP_STEP);
	mallopt(M_MMAP_THRESHOLD, HEAP_STEP);
	void *volatile first = malloc(HUGE_PAGE); /* the heap grows by it and a step */
	free(first);
	uintptr_t end = (uintptr_t)sbrk(0) & ~(uintptr_t)(HUGE_PAGE - 1);
	if (end > begin)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

int main(int argc, char **argv)
{
	struct cli cli = {.run = RUNPATH_DEFAULT};

	make_room();

	log_init("viosctl", LOGL_WARN);
	int r = dispatch(&cli, (const char *const *)argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
	args_free(&cli.args);
	return r;
}
