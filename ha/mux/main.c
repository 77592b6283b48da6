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
#include "vios-core/base/loop.h"

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

static int run_holder(const struct arguments *args, int argc, char **argv)
{
	int lock;

	if (keep_holder_prepare() < 0)
		return 1;
	lock = rundir_client_lock(args->run, args->client, "mux.lock", "a mux of this client");
	if (lock < 0)
		return 1;
	priority_take(PRIORITY_BRIEF);
	return keep_holder_run(argc, argv, "viomuxd-holder", sizeof(struct state));
}

/* ---- the mux ---- */

static int run_mux(const struct arguments *args)
{
	struct mux m = {.run = args->run, .holder = KEEP_HELD_FD_SOCKET};
	int err = keep_journal_map(&m.journal, KEEP_HELD_FD_JOURNAL, sizeof(struct state));

	priority_take(PRIORITY_BRIEF); /* the holder's may be spent */
	if (err >= 0)
		err = loop_new(&m.watch.ev);
	if (err >= 0)
		err = loop_account(m.watch.ev);
	if (err >= 0)
		err = loop_bring_in(m.watch.ev);
	if (err < 0) {
		log_refuse("no use of the holder's journal: %s; restart viomuxd as a whole",
			strerror(-err));
		return 1;
	}
	if (mux_start(&m, args->client) < 0)
		return 1;
	if (!mux_state(&m)->waiting)
		log_info("ready", "client=%s adapters=%u step=%llu", args->client,
			mux_state(&m)->n_adapters, (unsigned long long)keep_step(&m.journal));
	err = sd_event_loop(m.watch.ev);
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
