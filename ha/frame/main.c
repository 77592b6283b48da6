/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - vios-framed: command line, lock, signals, loop. Nothing of the run directory but its own
 * part is touched, and that only with the lock held.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ha/frame/framed.h"
#include "ha/frame/witness.h"
#include "vios-core/base/cmdline.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/resident.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/loop.h"
#include "vios-core/model/frame_config.h"

#define POWER_AFTER_MS 15000u
#define POWER_AFTER_MAX_MS 3600000u

struct options {
	const char *run, *witness; /* NULL: RUN/frame */
	const char *power;	   /* NULL: none */
	const char *after;	   /* as it was given; NULL: POWER_AFTER_MS */
	uint64_t power_ns;
	bool reset, futex_threads;
};

/* As cmdline_parse(). */
static int parse(int argc, char **argv, struct options *o, int *exit_code)
{
	const struct cmdline_option options[] = {
		{"witness-reset",
			.help = "put a corrupt witness aside and begin a new one; only while both "
				"VIOS are up and\n"
				"in step, or while the one with the newest state is up and the "
				"other is not",
			.flag = &o->reset},
		{"witness", "DIR", "where the witness is kept, on a disk (default RUN/frame)",
			&o->witness},
		{"power", "PROGRAM", "powers a VIOS for a fence agent: PROGRAM off|on|status VIOS",
			&o->power},
		{"power-after", "MS",
			"unasked, too, for one that is there so long after its kill (15000; 0: "
			"never)",
			&o->after},
		{"futex-threads",
			.help = "one thread per data plane, as on kernels without futex_waitv(2)",
			.flag = &o->futex_threads},
		{0},
	};
	const struct cmdline cl = {
		.program = "vios-framed",
		.usage = "[--run DIR] [--witness DIR] [--log-level LEVEL] [--witness-reset]",
		.does = "Watches the data planes of both VIOS, kills hung ones by the rules, "
			"keeps the witness.\n",
		.options = options,
	};
	struct cmdline_common common;
	int rc = cmdline_parse(&cl, argc, argv, &common, exit_code);

	o->run = common.run;
	return rc;
}

/* A descriptor to keep, or -errno. dir: RUN/frame. */
static int take_lock(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/framed.lock", dir);
	return rundir_lock(path, "a vios-framed of this frame");
}

static int reset_witness(const char *dir)
{
	char why[WITNESS_WHY];

	if (witness_reset(dir, why) < 0) {
		log_refuse("%s", why);
		return -EIO;
	}
	printf("the witness begins anew at epoch 0; what was there is %s/witness.corrupt\n", dir);
	return 0;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *info, void *user)
{
	log_info("stopping", "signo=%u", info->ssi_signo);
	return sd_event_exit(sd_event_source_get_event(s), 0);
}

static int serve(const struct options *o, const char *dir, const struct model_frame *frame)
{
	struct framed *f = calloc(1, sizeof(*f));
	sd_event *ev = NULL;
	int r = f ? sd_event_new(&ev) : -ENOMEM;

	loop_block_signals();
	if (r >= 0)
		r = loop_watch_signals(ev, on_signal, NULL);
	if (r < 0) {
		log_refuse("the event loop cannot be made (%s); is the process out of descriptors?",
			strerror(-r));
		goto free_all;
	}
	resident_lock(true, NULL); /* what watches others must not wait for a page */
	r = framed_start(f, ev, o->run, dir, o->witness ? o->witness : dir, frame, o->power_ns,
		o->futex_threads ? FUTEX_HOW_THREADS : FUTEX_HOW_BEST);
	if (r == 0) {
		power_init(&f->power, ev, &f->registry, o->power, frame);
		log_info("started", "run=%s hang_ms=%u last_resort_ms=%u kill_holdoff_ms=%u",
			o->run, frame->hang_ms, frame->last_resort_ms, frame->kill_holdoff_ms);
		r = sd_event_loop(ev);
	}
	framed_stop(f);
free_all:
	sd_event_unref(ev);
	free(f);
	return r;
}

static int with_lock(const struct options *o, const char *dir)
{
	struct model_frame *frame = NULL;
	char path[PATH_MAX];
	int lock = take_lock(dir);
	int r;

	if (lock < 0)
		return lock;
	snprintf(path, sizeof(path), "%s/frame.json", o->run);
	r = frame_file_load(path, &frame);
	if (r == 0) {
		r = serve(o, dir, frame);
		model_frame_free(frame);
	}
	close(lock);
	return r;
}

/* Without a program there is nothing that could be done. 0, or -EINVAL after log_refuse(). */
static int take_power(struct options *o)
{
	const size_t digits = o->after ? strspn(o->after, "0123456789") : 0;
	unsigned long ms = POWER_AFTER_MS;

	if (o->power && access(o->power, X_OK) < 0) {
		log_refuse("--power %s cannot be executed (%s); give the path of a program",
			o->power, strerror(errno));
		return -EINVAL;
	}
	if (o->after) {
		ms = digits > 0 && digits < 9 ? strtoul(o->after, NULL, 10) : ULONG_MAX;
		if (o->after[digits] || ms > POWER_AFTER_MAX_MS) {
			log_refuse("--power-after %s: give 0 to %u (ms)", o->after,
				POWER_AFTER_MAX_MS);
			return -EINVAL;
		}
	}
	o->power_ns = o->power ? ms * UINT64_C(1000000) : 0;
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	char dir[FRAMED_DIR];
	int r;

	if (parse(argc, argv, &o, &r) < 0)
		return r;
	if ((size_t)snprintf(dir, sizeof(dir), "%s/frame", o.run) >= sizeof(dir)) {
		log_refuse("--run %s is too long (%zu bytes); choose a shorter directory", o.run,
			strlen(o.run));
		return EXIT_FAILURE;
	}
	if (rundir_make(o.run) < 0 || rundir_make(dir) < 0 ||
		(o.witness && rundir_make(o.witness) < 0))
		return EXIT_FAILURE;
	if (o.witness && strlen(o.witness) >= FRAMED_DIR) {
		log_refuse("--witness %s is too long (%zu bytes); choose a shorter directory",
			o.witness, strlen(o.witness));
		return EXIT_FAILURE;
	}
	if (take_power(&o) < 0)
		return EXIT_FAILURE;
	if (!o.reset)
		priority_take(PRIORITY_WATCHER);
	r = o.reset ? reset_witness(o.witness ? o.witness : dir) : with_lock(&o, dir);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
