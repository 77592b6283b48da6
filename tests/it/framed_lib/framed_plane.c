/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed_plane.c - a data plane without packets, for the tests of vios-framed: heartbeat page,
 *workers that poll or sleep, crash handler, `hello` on RUN/VIOS/netd.sock, and registration with
 *vios-framed by itself.
 *
 *	framed-plane RUN VIOS INCARNATION poll|sleep WORKERS [register]
 *
 * Its main thread serves the socket; `fault {what, signal, adapter, worker}` makes a worker spin,
 *crash while it serves an adapter, or end; `touch {mb}` touches memory in 4 KiB pages, as a
 *guest's.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vios-core/base/hb.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"

enum order { ORDER_NONE, ORDER_SPIN, ORDER_CRASH, ORDER_END };

static struct {
	const char *run, *vios, *incarnation;
	unsigned workers;
	bool sleeps;
	struct hb *hb;
	int pidfd;
	sd_event *ev;
	struct rpc_conn *framed;
	_Atomic int order[HB_WORKERS_MAX];
	_Atomic int signo;
	_Atomic uint32_t adapter;
} self;

static void obey(unsigned i)
{
	switch (atomic_load(&self.order[i])) {
	case ORDER_SPIN:
		for (;;)
			usleep(1000); /* does not tick */
	case ORDER_CRASH:
		hb_serving(hb_page(self.hb), i, atomic_load(&self.adapter));
		raise(atomic_load(&self.signo));
		break;
	case ORDER_END:
		pthread_exit(NULL);
	default:
		break;
	}
}

static void *worker(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;
	struct hb_page *page = hb_page(self.hb);
	struct pollfd ping = {.fd = hb_ping_fd(self.hb, i), .events = POLLIN};
	uint64_t drained;

	if (hb_worker_enter(self.hb, i) < 0)
		abort();
	for (;;) {
		hb_tick(page, i);
		obey(i);
		if (self.sleeps)
			atomic_store(&page->worker[i].state, HB_SLEEPING);
		poll(&ping, 1, self.sleeps ? -1 : 1);
		if (self.sleeps)
			atomic_store(&page->worker[i].state, HB_POLLING);
		if (read(ping.fd, &drained, sizeof(drained)) < 0 && errno != EAGAIN)
			abort();
	}
	return NULL;
}

static size_t own_fds(int *fds)
{
	size_t n = 0;

	fds[n++] = self.pidfd;
	fds[n++] = hb_memfd(self.hb);
	for (unsigned i = 0; i < self.workers; i++)
		fds[n++] = hb_ping_fd(self.hb, i);
	return n;
}

static void on_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	int own[2 + HB_WORKERS_MAX];
	size_t n = own_fds(own);

	rpc_reply(call,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:b}", "vios", self.vios, "plane", "netd",
			"pid", (int)getpid(), "incarnation", self.incarnation, "version", "fake",
			"workers", (int)self.workers, "configured", 1),
		own, n);
}

static void on_fault(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	const char *what = json_string_value(json_object_get(params, "what"));
	unsigned i = (unsigned)json_integer_value(json_object_get(params, "worker"));

	atomic_store(&self.signo, (int)json_integer_value(json_object_get(params, "signal")));
	atomic_store(
		&self.adapter, (uint32_t)json_integer_value(json_object_get(params, "adapter")));
	if (what && i < self.workers) {
		int order = strcmp(what, "spin") == 0	 ? ORDER_SPIN
			    : strcmp(what, "crash") == 0 ? ORDER_CRASH
							 : ORDER_END;

		atomic_store(&self.order[i], order);
		if (write(hb_ping_fd(self.hb, i), &(uint64_t){1}, 8) < 0)
			abort();
	}
	rpc_reply(call, NULL, NULL, 0);
}

static void on_touch(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	size_t bytes = (size_t)json_integer_value(json_object_get(params, "mb")) << 20;
	int fd = memfd_create("guest", MFD_CLOEXEC);
	char *p;

	if (ftruncate(fd, (off_t)bytes) < 0)
		abort();
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		abort();
	for (size_t i = 0; i < bytes; i += 4096)
		p[i] = 1;
	close(fd);
	rpc_reply(call, NULL, NULL, 0);
}

static const struct rpc_method methods[] = {
	{"hello", on_hello},
	{"fault", on_fault},
	{"touch", on_touch},
	{NULL, NULL},
};
static const struct rpc_service service = {.methods = methods};

static void on_registered(
	json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	if (code != 0)
		log_refuse("registration failed: %s", message);
	puts(code == 0 ? "registered" : "refused");
	fflush(stdout);
}

static int register_self(void)
{
	int own[2 + HB_WORKERS_MAX];
	size_t n = own_fds(own);
	struct runpath path;
	int r;

	runpath_framed(&path, self.run);
	r = rpc_connect(self.ev, path.text, &service, NULL, &self.framed);
	if (r < 0)
		return r;
	return rpc_call_send(self.framed, "register",
		json_pack("{s:s, s:s, s:s}", "vios", self.vios, "plane", "netd", "incarnation",
			self.incarnation),
		own, n, 5000, on_registered, NULL);
}

static int start_workers(void)
{
	int r = hb_new(self.workers, &self.hb);
	pthread_t thread;

	if (r < 0)
		return r;
	hb_crash_handler_install(self.hb);
	for (unsigned i = 0; i < self.workers; i++) {
		r = pthread_create(&thread, NULL, worker, (void *)(uintptr_t)i);
		if (r != 0)
			return -r;
		while (atomic_load(&hb_page(self.hb)->worker[i].state) == HB_ABSENT)
			usleep(100);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit none = {0, 0};
	struct rpc_server *server;
	struct runpath path;

	log_init("framed-plane", LOGL_WARN);
	if (argc < 6)
		return 2;
	setrlimit(RLIMIT_CORE, &none);
	self.run = argv[1];
	self.vios = argv[2];
	self.incarnation = argv[3];
	self.sleeps = strcmp(argv[4], "sleep") == 0;
	self.workers = (unsigned)atoi(argv[5]);
	self.pidfd = pidfd_open(getpid(), 0);
	runpath_vios_dir(&path, self.run, self.vios);
	mkdir(path.text, 0750);
	runpath_netd(&path, self.run, self.vios);
	if (self.pidfd < 0 || sd_event_new(&self.ev) < 0 || start_workers() < 0 ||
		rpc_server_new(self.ev, path.text, 0660, &service, NULL, &server) < 0)
		return 1;
	if (argc > 6 && register_self() < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	return sd_event_loop(self.ev) < 0;
}
