/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - vios-framed: command line, lock, signals, loop. Nothing of the run directory but its own
 * part is touched, and that only with the lock held.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ha/frame/framed.h"
#include "ha/frame/witness.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/lockfile.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#define EXIT_USAGE 2

struct options {
	const char *run;
	enum log_level level;
	bool reset, futex_threads;
};

static const char help[] =
	"usage: vios-framed [--run DIR] [--log-level error|warn|info|debug]\n"
	"       vios-framed [--run DIR] --witness-reset\n"
	"\n"
	"Watches the data planes of both VIOS, kills hung ones by the rules, keeps the witness.\n"
	"\n"
	"  --run DIR           the frame's run directory (" RUNPATH_DEFAULT ")\n"
	"  --log-level LEVEL   what is written to stderr (info)\n"
	"  --witness-reset     put a corrupt witness aside and begin a new one; only while both "
	"VIOS are up and\n"
	"                      in step, or while the one with the newest state is up and the other "
	"is not\n"
	"  --futex-threads     one thread per data plane, as on kernels without futex_waitv(2)\n"
	"  --help, --version\n";

/* 0: go on; else the exit code + 1. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"run", required_argument, NULL, 'r'},
		{"log-level", required_argument, NULL, 'l'},
		{"witness-reset", no_argument, NULL, 'w'},
		{"futex-threads", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'r':
			o->run = optarg;
			break;
		case 'l':
			if (log_level_parse(optarg, &o->level) < 0) {
				log_refuse("--log-level %s is not known; give error, warn, info or "
					   "debug",
					optarg);
				return EXIT_USAGE + 1;
			}
			break;
		case 'w':
			o->reset = true;
			break;
		case 'f':
			o->futex_threads = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS + 1;
		case 'v':
			puts("vios-framed " VIOS_VERSION);
			return EXIT_SUCCESS + 1;
		default: /* getopt has said why */
			return EXIT_USAGE + 1;
		}
	}
	if (optind == argc)
		return 0;
	log_refuse("argument %s is not expected; see --help", argv[optind]);
	return EXIT_USAGE + 1;
}

static int make_directory(const char *path)
{
	if (mkdir(path, 0750) == 0 || errno == EEXIST)
		return 0;
	log_refuse("directory %s cannot be made (%s); make it, or give --run a directory that this "
		   "user may "
		   "write",
		path, strerror(errno));
	return -errno;
}

/* A descriptor to keep, or -errno. dir: RUN/frame. */
static int take_lock(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/framed.lock", dir);
	fd = lockfile_take(path);
	if (fd == -EBUSY)
		log_refuse("%s is locked: a vios-framed runs here already; stop that one first, "
			   "its pid is in "
			   "the file",
			path);
	else if (fd < 0)
		log_refuse(
			"lock file %s cannot be taken (%s); let this user write to its directory",
			path, strerror(-fd));
	return fd;
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

/* What watches others must not wait for a page itself. A wish. */
static void lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		log_info("not-locked", "error=\"%s\" effect=\"may be slow when memory is short\"",
			strerror(errno));
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *info, void *user)
{
	log_info("stopping", "signo=%u", info->ssi_signo);
	return sd_event_exit(sd_event_source_get_event(s), 0);
}

/* Before any thread: they inherit the mask. */
static int catch_signals(sd_event *ev)
{
	sigset_t set;
	int r;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r = sd_event_add_signal(ev, NULL, SIGTERM, on_signal, NULL);
	if (r >= 0)
		r = sd_event_add_signal(ev, NULL, SIGINT, on_signal, NULL);
	return r < 0 ? r : 0;
}

static int serve(const struct options *o, const char *dir, const struct model_frame *frame)
{
	struct framed *f = calloc(1, sizeof(*f));
	sd_event *ev = NULL;
	int r = f ? sd_event_new(&ev) : -ENOMEM;

	if (r >= 0)
		r = catch_signals(ev);
	if (r < 0) {
		log_refuse("the event loop cannot be made (%s); is the process out of descriptors?",
			strerror(-r));
		goto free_all;
	}
	lock_memory();
	r = framed_start(
		f, ev, o->run, dir, frame, o->futex_threads ? FUTEX_HOW_THREADS : FUTEX_HOW_BEST);
	if (r == 0) {
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

int main(int argc, char **argv)
{
	struct options o = {.run = RUNPATH_DEFAULT, .level = LOGL_INFO};
	char dir[FRAMED_DIR];
	int r;

	log_init("vios-framed", o.level);
	r = parse(argc, argv, &o);
	if (r != 0)
		return r - 1;
	log_init("vios-framed", o.level);
	if ((size_t)snprintf(dir, sizeof(dir), "%s/frame", o.run) >= sizeof(dir)) {
		log_refuse("--run %s is too long (%zu bytes); choose a shorter directory", o.run,
			strlen(o.run));
		return EXIT_FAILURE;
	}
	if (make_directory(o.run) < 0 || make_directory(dir) < 0)
		return EXIT_FAILURE;
	if (!o.reset)
		priority_take(PRIORITY_WATCHER);
	r = o.reset ? reset_witness(dir) : with_lock(&o, dir);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
