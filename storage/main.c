/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios-scsid: the SCSI target of one server adapter. This file puts the parts together: command
 * line, lock, heartbeat page, control socket, event loop; worker and vhost-user socket come with
 * the first `configure`. It refuses to start in one line on stderr. The main thread owns everything
 * here; struct scsid lives as long as the process.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "storage/scsid.h"
#include "vios-core/base/cmdline.h"
#include "vios-core/base/log.h"
#include "vios-core/base/outlive.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/resident.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"
#include "vios-core/base/loop.h"

#define SLOTS 2 /* of the heartbeat page: main, worker */

static struct scsid scsid;

/* As cmdline_parse(). */
static int parse_options(int argc, char **argv, int *exit_code)
{
	const struct cmdline_option options[] = {
		{"vios", "NAME", "which VIOS this is", &scsid.vios, .name_required = true},
		{"client", "NAME", "whose adapter it serves", &scsid.client, .name_required = true},
		{"adapter", "NAME", "which of the client's", &scsid.adapter_name,
			.name_required = true},
		{0},
	};
	const struct cmdline cl = {
		.program = "vios-scsid",
		.usage = "--vios NAME --client NAME --adapter NAME [--run DIR] [--log-level LEVEL]",
		.does = "The SCSI target of one server adapter: serves a client's disks over "
			"vhost-user. viosd starts it and\n"
			"configures it over DIR/VIOS/CLIENT.ADAPTER.ctl.\n",
		.options = options,
	};
	struct cmdline_common common;
	int rc = cmdline_parse(&cl, argc, argv, &common, exit_code);

	if (rc < 0)
		return rc;
	scsid.run = common.run;
	snprintf(scsid.name, sizeof(scsid.name), "%s/%s", scsid.client, scsid.adapter_name);
	return 0;
}

static int adapter_file(struct runpath *out, const char *end)
{
	char name[2 * MODEL_NAME_MAX + 16];

	snprintf(name, sizeof(name), "%s.%s.%s", scsid.client, scsid.adapter_name, end);
	return runpath_vios_file(out, scsid.run, scsid.vios, name);
}

static int take_lock(void)
{
	struct runpath dir, lock, socket;

	if (runpath_vios_dir(&dir, scsid.run, scsid.vios) || adapter_file(&lock, "lock") ||
		adapter_file(&socket, "sock")) {
		log_refuse("--run %s: has %zu bytes, too long for the %d that a socket path may "
			   "have; use a shorter one",
			scsid.run, strlen(scsid.run), RUNPATH_SOCKET_MAX);
		return -1;
	}
	if (rundir_make(dir.text))
		return -1;
	return rundir_lock(lock.text, "a vios-scsid of this adapter") < 0 ? -1 : 0;
}

static void limit_process(void)
{
	static const struct rlimit no_core = {0, 0};

	/* A core dump would delay the end of this process, and hold the client's memory. */
	setrlimit(RLIMIT_CORE, &no_core);
	loop_block_signals();
}

static int draw_incarnation(void)
{
	uint64_t number = 0;

	while (!number)
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
	incarnation_text(number, scsid.incarnation);
	return 0;
}

static int start_heartbeat(void)
{
	int rc = hb_new(SLOTS, &scsid.hb);

	if (rc)
		return rc;
	hb_page(scsid.hb)->requests_matter = 1;
	rc = hb_worker_enter(scsid.hb, 0);
	hb_crash_handler_install(scsid.hb);
	return rc;
}

static int on_opened(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	jobs_reap(scsid.opener);
	return 0;
}

void scsid_own_source(struct scsid *d, sd_event_source *source)
{
	d->sources[d->n_sources++] = source;
}

static int start_parts(void)
{
	sd_event_source *source;
	int rc = sd_event_default(&scsid.ev);

	scsid.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (rc >= 0)
		rc = scsid.pidfd < 0 ? -errno : draw_incarnation();
	if (!rc)
		rc = start_heartbeat();
	if (!rc)
		rc = jobs_new("scsid-open", &scsid.opener);
	if (!rc)
		rc = sd_event_add_io(
			scsid.ev, &source, jobs_event_fd(scsid.opener), EPOLLIN, on_opened, NULL);
	if (rc >= 0) {
		scsid_own_source(&scsid, source);
		rc = loop_watch_signals(scsid.ev, NULL, NULL);
	}
	if (rc < 0)
		log_refuse("%s: cannot start: %s", scsid.name, strerror(-rc));
	return rc < 0 ? rc : 0;
}

int main(int argc, char **argv)
{
	struct runpath socket;
	int rc;

	if (parse_options(argc, argv, &rc) < 0)
		return rc;
	limit_process();
	rc = outlive_start();
	if (rc)
		log_warn("memory", "reason=\"may end with this process: %s\"", strerror(-rc));
	if (take_lock())
		return 1;
	priority_take(PRIORITY_DATA_PLANE);
	if (start_parts())
		return 1;
	resident_lock(false, NULL);   /* the client's memory comes later and is not locked */
	adapter_file(&socket, "ctl"); /* fits: as long as the lock's */
	if (control_start(&scsid, socket.text))
		return 1;
	log_info("listening", "vios=%s adapter=%s incarnation=%s", scsid.vios, scsid.name,
		scsid.incarnation);
	rc = sd_event_loop(scsid.ev);
	control_stop(&scsid);
	return rc < 0 ? 1 : 0;
}
