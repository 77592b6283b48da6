/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios-drill: makes a running frame fail, in every way of the scenario table, under live numbered
 * traffic, and judges what the client felt.
 *
 * The main thread does everything but the traffic. Composition root: it owns environment, probe and
 * session.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/drill/report.h"
#include "ha/drill/session.h"
#include "ha/drill/stop.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/model/frame_config.h"

#define RECOVER_MS 30000
#define RECOVER_BUSY_MS 120000 /* where times are not judged */
#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_STOPPED 3

struct options {
	const char *env, *json, *run_dir;
	bool all;
	unsigned runs, baseline, rate_pps, recover_ms, window_ms, storage_rate, storage_depth;
	bool list, no_times, no_storage;
	size_t n_scenarios;
	const struct scenario *scenario[SESSION_SCENARIOS_MAX];
};

static const char help[] =
	"Usage: vios-drill --env FILE [--scenario NAME]... [--runs N] [--json FILE]\n"
	"Makes a running frame fail under live traffic and judges what the client felt.\n"
	"\n"
	"  --env FILE        the environment that the lab wrote: traffic, VIOS, hooks\n"
	"  --scenario NAME   one, or NAME,NAME, or all; may be repeated (default: the standard "
	"six)\n"
	"  --list            name the scenarios, and why one cannot run here\n"
	"  --runs N          repetitions of each scenario (default 10)\n"
	"  --baseline N      windows without a fault (default 10)\n"
	"  --rate N          packets per second in each direction (default 10000)\n"
	"  --storage-rate N  requests per second of the storage client (default 500)\n"
	"  --storage-depth N so many of them at a time at most (default 4)\n"
	"  --no-storage      network traffic only\n"
	"  --window-ms N     length of a window (default: each scenario's own, 4000 or 6000)\n"
	"  --recover-ms N    the pair must be redundant again within this time (default 30000;\n"
	"                    with --no-times 120000)\n"
	"  --no-times        show absolute time limits, do not judge them\n"
	"  --json FILE       write the results there\n"
	"  --run DIR         the frame's run directory (default: as the environment says)\n"
	"  --log-level LEVEL error, warn, info or debug\n"
	"  --help, --version\n"
	"Exit: 0 all within limits, 1 not, 2 wrong command line, 3 stopped by a signal.\n";

enum {
	OPT_ENV = 256,
	OPT_SCENARIO,
	OPT_LIST,
	OPT_RUNS,
	OPT_BASELINE,
	OPT_RATE,
	OPT_STORAGE_RATE,
	OPT_STORAGE_DEPTH,
	OPT_NO_STORAGE,
	OPT_WINDOW,
	OPT_RECOVER,
	OPT_NO_TIMES,
	OPT_JSON,
	OPT_RUN,
	OPT_LOG,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{"env", required_argument, NULL, OPT_ENV},
	{"scenario", required_argument, NULL, OPT_SCENARIO},
	{"list", no_argument, NULL, OPT_LIST},
	{"runs", required_argument, NULL, OPT_RUNS},
	{"baseline", required_argument, NULL, OPT_BASELINE},
	{"rate", required_argument, NULL, OPT_RATE},
	{"storage-rate", required_argument, NULL, OPT_STORAGE_RATE},
	{"storage-depth", required_argument, NULL, OPT_STORAGE_DEPTH},
	{"no-storage", no_argument, NULL, OPT_NO_STORAGE},
	{"window-ms", required_argument, NULL, OPT_WINDOW},
	{"recover-ms", required_argument, NULL, OPT_RECOVER},
	{"no-times", no_argument, NULL, OPT_NO_TIMES},
	{"json", required_argument, NULL, OPT_JSON},
	{"run", required_argument, NULL, OPT_RUN},
	{"log-level", required_argument, NULL, OPT_LOG},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static const char *const standard_scenarios = "kill,vios,switch,viosd,corosync,partition";

static void usage(const char *what, const char *value)
{
	log_refuse("%s '%s'; see --help", what, value);
	exit(EXIT_USAGE);
}

static unsigned number(const char *option, const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || value < least || value > most) {
		log_refuse("%s is '%s'; give a number from %u to %u", option, text, least, most);
		exit(EXIT_USAGE);
	}
	return (unsigned)value;
}

static void add_scenario(struct options *o, const char *name)
{
	const struct scenario *found = scenario_find(name);

	if (strcmp(name, "all") == 0) {
		o->all = true;
		return;
	}
	if (!found) {
		log_refuse("there is no scenario '%s'; --list names them", name);
		exit(EXIT_USAGE);
	}
	for (size_t i = 0; i < o->n_scenarios; i++)
		if (o->scenario[i] == found)
			return;
	o->scenario[o->n_scenarios++] = found;
}

static void add_scenarios(struct options *o, const char *names)
{
	char copy[256], *rest = copy, *name;

	if (strlen(names) >= sizeof(copy))
		usage("too long: --scenario", names);
	strcpy(copy, names);
	while ((name = strsep(&rest, ",")))
		add_scenario(o, name);
}

static void __attribute__((noreturn)) print_and_exit(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) == 0 ? 0 : EXIT_FAILED);
}

static void take_option(struct options *o, int opt, const char *arg)
{
	enum log_level level;

	switch (opt) {
	case OPT_ENV:
		o->env = arg;
		break;
	case OPT_SCENARIO:
		add_scenarios(o, arg);
		break;
	case OPT_LIST:
		o->list = true;
		break;
	case OPT_RUNS:
		o->runs = number("--runs", arg, 1, SESSION_RUNS_MAX);
		break;
	case OPT_BASELINE:
		o->baseline = number("--baseline", arg, 1, SESSION_RUNS_MAX);
		break;
	case OPT_RATE:
		o->rate_pps = number("--rate", arg, 100, 100000);
		break;
	case OPT_STORAGE_RATE:
		o->storage_rate = number("--storage-rate", arg, 10, 100000);
		break;
	case OPT_STORAGE_DEPTH:
		o->storage_depth = number("--storage-depth", arg, 1, 32);
		break;
	case OPT_NO_STORAGE:
		o->no_storage = true;
		break;
	case OPT_WINDOW:
		o->window_ms = number("--window-ms", arg, 1000, 60000);
		break;
	case OPT_RECOVER:
		o->recover_ms = number("--recover-ms", arg, 100, 600000);
		break;
	case OPT_NO_TIMES:
		o->no_times = true;
		break;
	case OPT_JSON:
		o->json = arg;
		break;
	case OPT_RUN:
		o->run_dir = arg;
		break;
	case OPT_LOG:
		if (log_level_parse(arg, &level) < 0)
			usage("no such --log-level:", arg);
		log_init("vios-drill", level);
		break;
	case OPT_HELP:
		print_and_exit(help);
	case OPT_VERSION:
		print_and_exit("vios-drill " VIOS_VERSION "\n");
	default:
		exit(EXIT_USAGE); /* getopt has said why */
	}
}

static void parse_options(int argc, char **argv, struct options *o)
{
	int opt;

	*o = (struct options){.runs = 10,
		.baseline = 10,
		.rate_pps = 10000,
		.storage_rate = 500,
		.storage_depth = 4};
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(o, opt, optarg);
	if (!o->recover_ms)
		o->recover_ms = o->no_times ? RECOVER_BUSY_MS : RECOVER_MS;
	if (optind < argc)
		usage("unexpected argument", argv[optind]);
	if (!o->env && !o->list)
		usage("an option is missing:", "--env");
	if (o->n_scenarios == 0 && !o->all)
		add_scenarios(o, standard_scenarios);
}

static int load_env(const struct options *o, struct env **out)
{
	char fault[ENV_FAULT_BYTES];
	int rc = env_load(o->env, out, fault);

	if (rc < 0) {
		log_refuse("environment %s: %s", o->env, fault);
		return rc;
	}
	if (o->run_dir)
		snprintf((*out)->run_dir, sizeof((*out)->run_dir), "%s", o->run_dir);
	if (o->no_storage)
		(*out)->storage.adapter[0] = '\0';
	return 0;
}

static int load_frame(struct drill *drill)
{
	struct model_frame *frame;
	int rc = frame_file_load_run(drill->env->run_dir, &frame);

	if (rc < 0)
		return rc;
	drill->hang_ms = frame->hang_ms;
	drill->last_resort_ms = frame->last_resort_ms;
	model_frame_free(frame);
	return 0;
}

static void list(const struct drill *drill)
{
	for (const struct scenario *s = scenario_table; s->name; s++) {
		const char *why = drill->env ? scenario_unable(drill, s) : NULL;

		printf("%-11s %s%s%s%s\n", s->name, s->what, why ? " [not here: " : "",
			why ? why : "", why ? "]" : "");
	}
}

/* "all": whatever can run here; what cannot is named. */
static void add_all(const struct drill *drill, struct options *o)
{
	if (!o->all)
		return;
	for (const struct scenario *s = scenario_table; s->name; s++) {
		const char *why = scenario_unable(drill, s);

		if (why)
			fprintf(stderr, "vios-drill: %s is left out: %s\n", s->name, why);
		else
			add_scenario(o, s->name);
	}
}

/* Every scenario that was asked for by name must be possible. */
static int check_scenarios(const struct drill *drill, const struct options *o)
{
	for (size_t i = 0; i < o->n_scenarios; i++) {
		const char *why = scenario_unable(drill, o->scenario[i]);

		if (!why)
			continue;
		log_refuse("scenario '%s' cannot run: %s; leave it out", o->scenario[i]->name, why);
		return -EINVAL;
	}
	return 0;
}

static void set_windows(struct drill *drill, const struct options *o, unsigned *longest_ms)
{
	*longest_ms = 0;
	for (size_t i = 0; i < o->n_scenarios; i++) {
		const struct scenario *s = o->scenario[i];
		unsigned own_ms = scenario_window_ms(drill, s);
		unsigned all_ms = own_ms + scenario_extra_ms(drill, s);

		/* Only those judged by the baseline need one as long as their runs. */
		if (own_ms > drill->window_ms)
			drill->window_ms = own_ms;
		if (all_ms > *longest_ms)
			*longest_ms = all_ms;
	}
}

/* Room for a window that its fault lengthens: waiting for a return, a partition, a last resort. */
#define WINDOW_ROOM_MS 30000

static int drill_all(struct drill *drill, const struct options *o)
{
	struct session session = {.drill = drill,
		.runs = o->runs,
		.baseline_windows = o->baseline,
		.times_judged = !o->no_times};
	char fault[ENV_FAULT_BYTES] = "out of memory";
	unsigned longest_ms;
	int rc;

	set_windows(drill, o, &longest_ms);
	rc = probe_new(
		drill->env, drill->rate_pps, longest_ms + WINDOW_ROOM_MS, &drill->probe, fault);
	if (rc < 0) {
		log_refuse("traffic: %s", fault);
		return EXIT_FAILED;
	}
	rc = session_init(&session, o->scenario, o->n_scenarios);
	if (rc == 0 && env_has_storage(drill->env))
		rc = storage_new(drill->env, o->storage_rate, o->storage_depth, &drill->storage);
	if (rc == 0)
		rc = session_execute(&session);
	if (rc != -ENOMEM)
		report_table(stdout, &session);
	if (o->json && rc != -ENOMEM) {
		int written = report_write(&session, o->json);

		if (written < 0) {
			log_refuse("cannot write %s: %s; name a file in a directory that exists",
				o->json, strerror(-written));
			rc = rc ? rc : 1;
		}
	}
	if (rc == -EINTR)
		fprintf(stderr, "vios-drill: stopped by a signal; faults are undone\n");
	session_fini(&session);
	storage_free(drill->storage);
	probe_free(drill->probe);
	return rc == 0 ? 0 : rc == -EINTR ? EXIT_STOPPED : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct drill *drill = calloc(1, sizeof(*drill));
	struct options options;
	struct env *env = NULL;
	int rc;

	log_init("vios-drill", LOGL_WARN);
	parse_options(argc, argv, &options);
	if (!drill)
		return EXIT_FAILED;
	if (options.env && load_env(&options, &env) < 0)
		return EXIT_FAILED;
	drill->env = env;
	drill->rate_pps = options.rate_pps;
	drill->storage_rate = options.storage_rate;
	drill->storage_depth = options.storage_depth;
	drill->recover_ms = options.recover_ms;
	drill->window_wish_ms = options.window_ms;
	if (options.list) {
		list(drill);
		rc = 0;
	} else if (load_frame(drill) < 0 || check_scenarios(drill, &options) < 0) {
		rc = EXIT_FAILED;
	} else {
		add_all(drill, &options);
		repair_init(&drill->repair, env);
		stop_install();
		rc = drill_all(drill, &options);
	}
	env_free(env);
	free(drill);
	return rc;
}
