/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios-netd: the network data plane of one VIOS. This file puts the parts together: command line,
 * lock, EAL, workers, control socket, event loop. It refuses to start in one line on stderr, before
 * EAL where that is possible. The main thread owns everything here; struct netd and struct plane
 * live as long as the process.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/eal.h"
#include "net/netd.h"
#include "net/worker.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/lockfile.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#define DEFAULT_MEMORY_MB 64
#define DEFAULT_MTU 1500

struct options {
	const char *vios;
	const char *run;
	const char *frame; /* NULL: the usual one */
	enum log_level level;
	int eal_argc; /* what follows --, with the program's name before it; 1: nothing */
	char **eal_argv;
};

static struct plane plane; /* a third of a megabyte; everybody's for the life of the process */
static struct netd netd = {.plane = &plane};

static const char usage[] =
	"usage: vios-netd --vios NAME [--run DIR] [--frame FILE] [--log-level LEVEL] [-- EAL "
	"options]\n"
	"\n"
	"The network data plane of one VIOS: switches frames between clients' vhost-user NICs and "
	"the\n"
	"uplink. viosd starts it and configures it over DIR/NAME/netd.sock.\n"
	"\n"
	"  --vios NAME        which VIOS of frame.json this is\n"
	"  --run DIR          run directory of the frame (default " RUNPATH_DEFAULT ")\n"
	"  --frame FILE       the frame's configuration (default DIR/frame.json)\n"
	"  --log-level LEVEL  error, warn, info (default) or debug\n"
	"  --help, --version\n"
	"  -- ...             options for DPDK's EAL, in place of those made from frame.json\n";

static const struct option long_options[] = {
	{"vios", required_argument, NULL, 'v'},
	{"run", required_argument, NULL, 'r'},
	{"frame", required_argument, NULL, 'f'},
	{"log-level", required_argument, NULL, 'l'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static void __attribute__((noreturn)) wrong_command_line(void)
{
	fputs("vios-netd: try --help\n", stderr);
	exit(2);
}

static void parse_option(struct options *o, int c)
{
	switch (c) {
	case 'v':
		o->vios = optarg;
		break;
	case 'r':
		o->run = optarg;
		break;
	case 'f':
		o->frame = optarg;
		break;
	case 'l':
		if (!log_level_parse(optarg, &o->level))
			break;
		log_refuse("--log-level %s: not known; use error, warn, info or debug", optarg);
		exit(2);
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 'V':
		puts("vios-netd " VIOS_VERSION);
		exit(0);
	default:
		wrong_command_line();
	}
}

static void parse_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		parse_option(o, c);
	o->eal_argc = 1 + argc - optind;
	o->eal_argv = argv + optind - 1;
	if (o->eal_argc > 1 && strcmp(argv[optind - 1], "--")) {
		log_refuse("%s: is not an option; EAL options follow --", argv[optind]);
		exit(2);
	}
	o->eal_argv[0] = argv[0];
	if (!o->vios) {
		log_refuse("--vios: is missing; name the VIOS that this data plane is for");
		exit(2);
	}
	if (!model_name_valid(o->vios)) {
		log_refuse("--vios %s: is no name; use up to %d letters, digits, - and _", o->vios,
			MODEL_NAME_MAX);
		exit(2);
	}
}

static int make_directory(const char *path)
{
	if (!mkdir(path, 0750) || errno == EEXIST)
		return 0;
	log_refuse("%s: cannot be created: %s; create the run directory with write permission",
		path, strerror(errno));
	return -1;
}

static int take_lock(const struct options *o)
{
	struct runpath dir, lock, socket;
	int fd;

	if (runpath_vios_dir(&dir, o->run, o->vios) || runpath_netd(&socket, o->run, o->vios) ||
		runpath_vios_file(&lock, o->run, o->vios, "netd.lock")) {
		log_refuse("--run %s: has %zu bytes, too long for the %d that a socket path may "
			   "have; use "
			   "a shorter one",
			o->run, strlen(o->run), RUNPATH_SOCKET_MAX);
		return -1;
	}
	if (make_directory(dir.text))
		return -1;
	fd = lockfile_take(lock.text);
	if (fd == -EBUSY)
		log_refuse("%s: another vios-netd serves %s; stop it first", lock.text, o->vios);
	else if (fd < 0)
		log_refuse("%s: cannot be locked: %s; check its permissions", lock.text,
			strerror(-fd));
	return fd < 0 ? -1 : 0;
}

static void limit_process(void)
{
	static const struct rlimit no_core = {0, 0};
	sigset_t set;

	/* A core dump would delay the end of this process, and hold clients' memory. */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* Before any thread exists, so that only the event loop sees them. */
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* What is mapped now is ours; clients' memory comes later and is not locked. */
static void lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_ONFAULT))
		log_warn("memory-not-locked", "reason=\"%s\"", strerror(errno));
}

static int start_workers(unsigned n, unsigned memory_mb, size_t frame_max_bytes)
{
	int rc = plane_init(&plane, n, memory_mb, frame_max_bytes);

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

static int start_control(const struct options *o)
{
	struct runpath socket;
	int rc = sd_event_default(&netd.ev);

	netd.vios = o->vios;
	netd.run = o->run;
	netd.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	netd.changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	netd.adapters = adapters_new(&plane, netd.changed_fd);
	if (rc < 0 || netd.pidfd < 0 || netd.changed_fd < 0 || !netd.adapters ||
		draw_incarnation()) {
		log_refuse("event loop: cannot start: %s", strerror(errno));
		return -1;
	}
	sd_event_add_signal(netd.ev, NULL, SIGTERM, NULL, NULL);
	sd_event_add_signal(netd.ev, NULL, SIGINT, NULL, NULL);
	if (status_start(&netd)) {
		log_refuse("event loop: cannot start its timers: %s", strerror(errno));
		return -1;
	}
	runpath_netd(&socket, o->run, o->vios); /* fits: checked when the lock was taken */
	return control_start(&netd, socket.text);
}

/* Everything else ends with the process, as after a crash. */
static void stop(void)
{
	control_stop(&netd);
	status_stop(&netd);
	for (unsigned i = 0; i < plane.n_workers; i++)
		worker_free(plane.worker[i]);
	eal_stop();
}

static int start_eal(const struct options *o, const struct model_vios *vios)
{
	struct eal_config config = {.vios = o->vios, .verbose = o->level >= LOGL_DEBUG};

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
	return FRAME_HEADER_BYTES + FRAME_VLAN_TAG_BYTES + mtu;
}

/* The entry of this VIOS. With EAL options the file may be missing; then *vios stays as it is. */
static int load_vios(const struct options *o, struct model_vios *vios, size_t *frame_max_bytes)
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
	*frame_max_bytes = longest_frame(frame);
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
	struct options o = {.run = RUNPATH_DEFAULT, .level = LOGL_INFO};
	struct model_vios vios = {.memory_mb = DEFAULT_MEMORY_MB, .workers = 1};
	size_t frame_max_bytes = FRAME_HEADER_BYTES + FRAME_VLAN_TAG_BYTES + DEFAULT_MTU;
	int rc;

	log_init("vios-netd", LOGL_INFO);
	parse_options(argc, argv, &o);
	log_init("vios-netd", o.level);
	limit_process();
	if (take_lock(&o) || load_vios(&o, &vios, &frame_max_bytes))
		return 1;
	priority_take(PRIORITY_DATA_PLANE);
	if (start_eal(&o, &vios))
		return 1;
	if (start_workers(vios.workers, vios.memory_mb, frame_max_bytes))
		return 1;
	hb_crash_handler_install(plane.hb);
	lock_memory();
	if (start_control(&o))
		return 1;
	log_info("listening", "vios=%s incarnation=%s workers=%u", o.vios, netd.incarnation,
		plane.n_workers);
	rc = sd_event_loop(netd.ev);
	stop();
	return rc < 0 ? 1 : 0;
}
