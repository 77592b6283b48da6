/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - viomuxd: one client's multiplexer. The composition root: started by an operator or a
 * supervisor it becomes the holder (keep_holder.c), started by the holder it is the mux (mux.c).
 */
#include "vios-core/base/keep_held.h"
#include "vios-core/base/keep_holder.h"
#include "ha/mux/mux.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
	const char *client, *run;
	enum log_level level;
	bool held;
};

static const char usage[] =
	"Usage: viomuxd --client NAME [--run DIR] [--log-level LEVEL]\n"
	"Keeps the paths of one client's adapters to both VIOS and moves their rings.\n\n"
	"  --client NAME      the client, of DIR/frame.json or known to a viosd\n"
	"  --run DIR          run directory (" RUNPATH_DEFAULT ")\n"
	"  --log-level LEVEL  error, warn, info (default) or debug\n"
	"  --help, --version\n";

/* 0: go on; else exit with *status. */
static int parse(int argc, char **argv, struct arguments *out, int *status)
{
	static const struct option options[] = {
		{"client", required_argument, NULL, 'c'},
		{"run", required_argument, NULL, 'r'},
		{"log-level", required_argument, NULL, 'l'},
		{"held", no_argument, NULL, 'H'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	int c;

	*out = (struct arguments){.run = RUNPATH_DEFAULT, .level = LOGL_INFO};
	*status = 2;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c') {
			out->client = optarg;
		} else if (c == 'r') {
			out->run = optarg;
		} else if (c == 'H') {
			out->held = true;
		} else if (c == 'h' || c == 'v') {
			fputs(c == 'h' ? usage : "viomuxd " VIOS_VERSION "\n", stdout);
			*status = 0;
			return -1;
		} else if (c != 'l') {
			return -1;
		} else if (log_level_parse(optarg, &out->level) < 0) {
			log_refuse("--log-level %s: give error, warn, info or debug", optarg);
			return -1;
		}
	}
	if (optind == argc && out->client && model_name_valid(out->client))
		return 0;
	log_refuse("%s: give --client NAME, the name of a client; see --help",
		optind < argc ? argv[optind]
		: out->client ? out->client
			      : "no client");
	return -1;
}

/* ---- the holder ---- */

/* One mux a client; makes its directory. A descriptor to keep, or -errno. */
static int take_lock(const struct arguments *args)
{
	char path[RUNPATH_SOCKET_MAX + 32];
	struct runpath dir;
	int err = runpath_client_dir(&dir, args->run, args->client);

	if (err) {
		log_refuse("%s...: a path longer than %d bytes; choose a shorter --run", dir.text,
			RUNPATH_SOCKET_MAX);
		return err;
	}
	snprintf(path, sizeof(path), "%s/clients", args->run);
	err = rundir_make(path);
	if (!err)
		err = rundir_make(dir.text);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/mux.lock", dir.text);
	return rundir_lock(path, "a mux of this client");
}

static int run_holder(const struct arguments *args, int argc, char **argv)
{
	int lock;

	if (keep_holder_prepare() < 0)
		return 1;
	lock = take_lock(args);
	if (lock < 0)
		return 1;
	priority_take(PRIORITY_MUX); /* the mux inherits it */
	return keep_holder_run(argc, argv, "viomuxd-holder", sizeof(struct state));
}

/* ---- the mux ---- */

static int prepare_loop(struct mux *m)
{
	sigset_t set;
	int err = sd_event_new(&m->ev);

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (err >= 0)
		err = sd_event_add_signal(m->ev, NULL, SIGTERM, NULL, NULL);
	if (err >= 0)
		err = sd_event_add_signal(m->ev, NULL, SIGINT, NULL, NULL);
	return err;
}

static int run_mux(const struct arguments *args)
{
	struct mux m = {.run = args->run, .holder = KEEP_HELD_FD_SOCKET};
	int err = keep_journal_map(&m.journal, KEEP_HELD_FD_JOURNAL, sizeof(struct state));

	if (err >= 0)
		err = prepare_loop(&m);
	if (err < 0) {
		log_refuse("no use of the holder's journal: %s; restart viomuxd as a whole",
			strerror(-err));
		return 1;
	}
	if (mux_start(&m, args->client) < 0)
		return 1;
	log_info("ready", "client=%s adapters=%u step=%llu", args->client,
		mux_state(&m)->n_adapters, (unsigned long long)keep_step(&m.journal));
	err = sd_event_loop(m.ev);
	mux_stop(&m);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct arguments args;
	int status;

	log_init("viomuxd", LOGL_INFO);
	if (parse(argc, argv, &args, &status) < 0)
		return status;
	log_init("viomuxd", args.level);
	return args.held ? run_mux(&args) : run_holder(&args, argc, argv);
}
