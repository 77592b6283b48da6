/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios-netd: the network data plane of one VIOS. This file puts the parts together: command line,
 * lock, EAL, workers, control socket, event loop. It refuses to start in one line on stderr, before
 * EAL where that is possible. The main thread owns everything here; struct netd and struct plane
 * live as long as the process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/eal.h"
#include "net/netd.h"
#include "net/worker.h"
#include "vios-core/base/cmdline.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/resident.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"
#include "vios-core/base/loop.h"
#include "vios-core/model/frame_config.h"

#define DEFAULT_MEMORY_MB 64
#define DEFAULT_MTU 1500
#define FRAME_BYTES(mtu) (FRAME_HEADER_BYTES + FRAME_VLAN_TAG_BYTES + (mtu))

struct options {
	const char *vios;
	const char *run;
	const char *frame; /* NULL: the usual one */
	bool verbose;
	int eal_argc; /* what follows --, with the program's name before it; 1: nothing */
	char **eal_argv;
};

static struct plane plane; /* a third of a megabyte; everybody's for the life of the process */
static struct netd netd = {.plane = &plane};

/* As cmdline_parse(). */
static int parse_options(int argc, char **argv, struct options *o, int *exit_code)
{
	const struct cmdline_option options[] = {
		{"vios", "NAME", "which VIOS of frame.json this is", &o->vios,
			.name_required = true},
		{"frame", "FILE", "the frame's configuration (default DIR/frame.json)", &o->frame},
		{0},
	};
	const struct cmdline cl = {
		.program = "vios-netd",
		.usage = "--vios NAME [--run DIR] [--frame FILE] [--log-level LEVEL] [-- EAL "
			 "options]",
		.does = "The network data plane of one VIOS: switches frames between clients' "
			"vhost-user NICs and the\n"
			"uplink. viosd starts it and configures it over DIR/NAME/netd.sock.\n",
		.options = options,
		.rest = "options for DPDK's EAL, in place of those made from frame.json",
	};
	struct cmdline_common common;
	int rc = cmdline_parse(&cl, argc, argv, &common, exit_code);

	if (rc < 0)
		return rc;
	o->run = common.run;
	o->verbose = !strcmp(common.log_level, "debug");
	o->eal_argc = 1 + argc - common.rest;
	o->eal_argv = argv + common.rest - 1;
	o->eal_argv[0] = argv[0];
	return 0;
}

static int take_lock(const struct options *o)
{
	struct runpath dir, lock, socket;
	char who[64];

	if (runpath_vios_dir(&dir, o->run, o->vios) || runpath_netd(&socket, o->run, o->vios) ||
		runpath_vios_file(&lock, o->run, o->vios, "netd.lock")) {
		log_refuse("--run %s: has %zu bytes, too long for the %d that a socket path may "
			   "have; use "
			   "a shorter one",
			o->run, strlen(o->run), RUNPATH_SOCKET_MAX);
		return -1;
	}
	if (rundir_make(dir.text))
		return -1;
	snprintf(who, sizeof(who), "a vios-netd of %s", o->vios);
	return rundir_lock(lock.text, who) < 0 ? -1 : 0;
}

static void limit_process(void)
{
	static const struct rlimit no_core = {0, 0};

	/* A core dump would delay the end of this process, and hold clients' memory. */
	setrlimit(RLIMIT_CORE, &no_core);
	loop_block_signals();
}

/* Buffers of net_af_xdp lie within a page; it shares the pool. */
static size_t most_frame_bytes(const struct model_vios *vios)
{
	return strncmp(vios->uplink_devargs, "net_af_xdp", 10) ? FRAME_BYTES(MODEL_MTU_MAX) : 0;
}

static int start_workers(const struct model_vios *vios, size_t frame_min_bytes)
{
	unsigned n = vios->workers, memory_mb = vios->memory_mb;
	int rc = plane_init(&plane, n, memory_mb, frame_min_bytes, most_frame_bytes(vios));

	for (unsigned i = 0; i < n && !rc; i++) {
		rc = worker_new(&plane, i);
		if (!rc)
			rc = worker_start(plane.worker[i]);
	}
	if (rc)
		log_refuse("%u workers in %u MB: cannot start: %s; raise memory_mb in frame.json",
			n, memory_mb, strerror(-rc));
	return rc;
}

static int draw_incarnation(void)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	snprintf(netd.incarnation, sizeof(netd.incarnation), "%016llx", (unsigned long long)number);
	return 0;
}

static int make_places(void)
{
	for (unsigned i = 0; i < PORT_UPLINKS; i++) {
		struct netd_uplink *at = &netd.uplinks[i];

		*at = (struct netd_uplink){.netd = &netd, .number = i};
		at->prober = prober_new(at);
		if (!at->prober)
			return -ENOMEM;
	}
	return 0;
}

static int start_control(const struct options *o)
{
	struct runpath socket;
	int rc = sd_event_default(&netd.ev);

	netd.vios = o->vios;
	netd.run = o->run;
	netd.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	netd.changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	netd.adapters = adapters_new(&plane, netd.changed_fd);
	netd.rulebook = rulebook_new();
	netd.trunk = trunk_new(&netd);
	if (rc < 0 || netd.pidfd < 0 || netd.changed_fd < 0 || !netd.adapters || !netd.rulebook ||
		!netd.trunk || make_places() || draw_incarnation()) {
		log_refuse("event loop: cannot start: %s", strerror(errno));
		return -1;
	}
	if (loop_watch_signals(netd.ev, NULL, NULL) || status_start(&netd)) {
		log_refuse("event loop: cannot start its timers: %s", strerror(errno));
		return -1;
	}
	runpath_netd(&socket, o->run, o->vios); /* fits: checked when the lock was taken */
	return control_start(&netd, socket.text);
}

/* Everything else ends with the process, as after a crash: clients may be served by rte_vhost's
 * thread to the very end, which uses the workers and DPDK's memory. */
static void stop(void)
{
	control_stop(&netd);
	for (unsigned i = 0; i < plane.n_workers; i++)
		worker_stop(plane.worker[i]);
	trunk_free(netd.trunk);
	for (unsigned i = 0; i < PORT_UPLINKS; i++)
		prober_free(netd.uplinks[i].prober);
	status_stop(&netd);
}

static int start_eal(const struct options *o, const struct model_vios *vios)
{
	struct eal_config config = {.vios = o->vios, .verbose = o->verbose};

	if (o->eal_argc > 1)
		return eal_start_with(o->eal_argc, o->eal_argv);
	config.memory_mb = vios->memory_mb;
	config.hugepages = vios->hugepages;
	config.devargs = vios->uplink_devargs;
	return eal_start(&config);
}

static size_t longest_frame(const struct model_frame *frame)
{
	size_t mtu = DEFAULT_MTU;

	for (size_t c = 0; c < frame->n_clients; c++) {
		const struct model_client *client = &frame->clients[c];

		for (size_t a = 0; a < client->n_adapters; a++)
			if (client->adapters[a].profile.mtu > mtu)
				mtu = client->adapters[a].profile.mtu;
	}
	return FRAME_BYTES(mtu);
}

/* The entry of this VIOS. With EAL options the file may be missing; then *vios stays as it is. */
static int load_vios(const struct options *o, struct model_vios *vios, size_t *frame_min_bytes)
{
	struct model_frame *frame;
	struct runpath usual;
	const char *path = o->frame ? o->frame : usual.text;
	const struct model_vios *found;

	runpath_frame_json(&usual, o->run); /* shorter than the socket's path */
	if (o->eal_argc > 1 && access(path, F_OK))
		return 0;
	if (frame_file_load(path, &frame))
		return -1;
	*frame_min_bytes = longest_frame(frame);
	found = model_frame_vios(frame, o->vios);
	if (found)
		*vios = *found;
	else
		log_refuse("%s: has no VIOS \"%s\"; add it, or name another one by --vios", path,
			o->vios);
	model_frame_free(frame);
	if (found && vios->workers > PLANE_WORKERS_MAX) {
		log_refuse("%s: workers: %u are more than the %d that vios-netd can have; lower it",
			path, vios->workers, PLANE_WORKERS_MAX);
		return -1;
	}
	return found ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct model_vios vios = {.memory_mb = DEFAULT_MEMORY_MB, .workers = 1};
	size_t frame_min_bytes = FRAME_BYTES(DEFAULT_MTU);
	int rc;

	if (parse_options(argc, argv, &o, &rc) < 0)
		return rc;
	limit_process();
	if (take_lock(&o) || load_vios(&o, &vios, &frame_min_bytes))
		return 1;
	/* Half a second of work that nobody waits for: after a death the peer has everything by
	 * now, and is to have the CPUs as well. */
	if (start_eal(&o, &vios))
		return 1;
	priority_take(PRIORITY_DATA_PLANE);
	if (start_workers(&vios, frame_min_bytes))
		return 1;
	hb_crash_handler_install(plane.hb);
	/* Clients' memory comes later and is not locked. DPDK loads every driver there is: those
	 * that drive nothing here are 30 MB, which its death would have to return while a client
	 * waits. */
	resident_lock(false, "/dpdk/pmds-");
	if (start_control(&o))
		return 1;
	/* Switches wait for this thread, and for the one that hears vhost-user messages. */
	priority_take(PRIORITY_BRIEF);
	if (loop_account(netd.ev) < 0)
		priority_take(PRIORITY_DATA_PLANE);
	log_info("listening", "vios=%s incarnation=%s workers=%u", o.vios, netd.incarnation,
		plane.n_workers);
	rc = sd_event_loop(netd.ev);
	stop();
	return rc < 0 ? 1 : 0;
}
