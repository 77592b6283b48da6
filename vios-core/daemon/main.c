// SPDX-License-Identifier: BSD-3-Clause
/*
 * main.c - viosd: command line, lock, signals, loop. One thread. The order matters: nothing of the
 * run directory is touched before the lock is held, so a second instance disturbs nothing.
 */
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"
#include "vios-core/base/loop.h"
#include "vios-core/daemon/options.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static int load_frame(const struct options *options, struct model_frame **frame, size_t *self)
{
	char path[PATH_MAX];

	if (options->frame)
		snprintf(path, sizeof(path), "%s", options->frame);
	else
		snprintf(path, sizeof(path), "%s/frame.json", options->run);
	int r = frame_file_load(path, frame);
	if (r < 0)
		return r;
	for (*self = 0; *self < (*frame)->n_vios; (*self)++)
		if (strcmp((*frame)->vios[*self].name, options->vios) == 0)
			return 0;
	log_refuse(
		"--vios %s is not in %s; give one of the VIOS that it lists", options->vios, path);
	model_frame_free(*frame);
	return -ENOENT;
}

static int too_long(const struct runpath *path)
{
	log_refuse("socket path %s... is longer than %d bytes; choose a shorter --run directory",
		path->text, RUNPATH_SOCKET_MAX);
	return -ENAMETOOLONG;
}

/* All sockets that this VIOS will need, so that none fails later. */
static int check_paths(const struct options *options, const struct model_frame *frame)
{
	struct runpath path;

	if (runpath_viosd(&path, options->run, options->vios) < 0 ||
		runpath_framed(&path, options->run) < 0)
		return too_long(&path);
	for (size_t c = 0; c < frame->n_clients; c++)
		for (size_t a = 0; a < frame->clients[c].n_adapters; a++)
			if (runpath_backend(&path, options->run, options->vios,
				    frame->clients[c].name, frame->clients[c].adapters[a].name) < 0)
				return too_long(&path);
	return 0;
}

/* A descriptor to keep, or -errno. */
static int take_lock(const struct options *options)
{
	struct runpath directory;
	char path[PATH_MAX], who[64];
	int fd;

	if (runpath_vios_dir(&directory, options->run, options->vios) < 0)
		return too_long(&directory);
	if ((fd = rundir_make(options->run)) < 0 || (fd = rundir_make(directory.text)) < 0)
		return fd;
	snprintf(path, sizeof(path), "%s/viosd.lock", directory.text);
	snprintf(who, sizeof(who), "a viosd of %s", options->vios);
	return rundir_lock(path, who);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	struct viosd *v = user;

	log_info("signal", "signo=%u sender_pid=%u", info->ssi_signo, info->ssi_pid);
	viosd_shutdown(v, v->options->stop_data_plane);
	return 0;
}

static int run(const struct options *options, struct model_frame *frame, size_t self)
{
	struct viosd v = {0};
	sd_event *ev = NULL;
	int r = sd_event_new(&ev);

	if (r < 0) {
		model_frame_free(frame);
		return r;
	}
	r = viosd_init(&v, ev, options, frame, self);
	if (r == 0)
		r = loop_watch_signals(ev, on_signal, &v);
	if (r >= 0) {
		log_info("started", "vios=%s run=%s frame=%s version=%s", options->vios,
			options->run, frame->name, VIOS_VERSION);
		/* For a service manager; the data plane must not speak in our name. */
		sd_notify(1, "READY=1");
		r = sd_event_loop(ev);
	} else {
		log_refuse("it cannot serve below %s/%s (%s); let this user write there",
			options->run, options->vios, strerror(-r));
	}
	viosd_fini(&v);
	sd_event_unref(ev);
	return r;
}

int main(int argc, char **argv)
{
	struct options options;
	struct model_frame *frame;
	int exit_code = 0;
	size_t self;

	if (options_parse(argc, argv, &options, &exit_code) != 0)
		return exit_code;
	loop_block_signals();
	if (load_frame(&options, &frame, &self) < 0)
		return 1;
	int lock = check_paths(&options, frame);
	if (lock == 0)
		lock = take_lock(&options);
	if (lock < 0) {
		model_frame_free(frame);
		return 1;
	}
	int r = run(&options, frame, self);
	close(lock);
	return r < 0 ? 1 : 0;
}
