/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - viomuxd: one client's multiplexer. The composition root: started by an operator or a
 * supervisor it becomes the holder (keep_holder.c), started by the holder it is the mux (mux.c).
 */
#include "ha/mux/mux.h"
#include "vios-core/base/cmdline.h"
#include "vios-core/base/keep_held.h"
#include "vios-core/base/keep_holder.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"
#include "vios-core/base/signals.h"

#include <stdio.h>
#include <string.h>

struct arguments {
	const char *client, *run;
	bool held;
};

/* As cmdline_parse(). */
static int parse(int argc, char **argv, struct arguments *out, int *status)
{
	const struct cmdline_option options[] = {
		{"client", "NAME", "the client, of DIR/frame.json or known to a viosd",
			&out->client, .name_required = true},
		{"held", .flag = &out->held},
		{0},
	};
	const struct cmdline cl = {
		.program = "viomuxd",
		.usage = "--client NAME [--run DIR] [--log-level LEVEL]",
		.does = "Keeps the paths of one client's adapters to both VIOS and moves their "
			"rings.\n",
		.options = options,
	};
	struct cmdline_common common;
	int rc = cmdline_parse(&cl, argc, argv, &common, status);

	out->run = common.run;
	return rc;
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
	int err = sd_event_new(&m->ev);

	signals_block();
	return err < 0 ? err : signals_watch(m->ev, NULL, NULL);
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
	struct arguments args = {0};
	int status;

	if (parse(argc, argv, &args, &status) < 0)
		return status;
	return args.held ? run_mux(&args) : run_holder(&args, argc, argv);
}
