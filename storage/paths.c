/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * This target's paths to its disks, as path_watch.h has them: errors come from the worker, probes
 * are read on a thread of their own (a disk that is stuck holds up nothing but them), and viosd is
 * told of each change, and says whether failed requests are held or answered. Main thread but for
 * run_probe().
 */
#include "storage/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "storage/fault.h"
#include "storage/io_error.h"
#include "storage/set_groups.h"
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"

#define PROBE_BYTES 4096u

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static json_t *note_json(const struct scsid *d, const struct unit *u)
{
	const struct unit_path *p = &u->path;

	return json_pack("{s:i, s:s, s:s, s:s, s:i, s:I, s:b}", "lun", (int)u->config.lun, "name",
		u->config.name, "state", path_life_name(p->watch.life), "error",
		io_error_name(p->error), "opcode", (int)p->opcode, "lba",
		(json_int_t)(p->offset / u->backing.block_bytes), "healed", d->healed);
}

static bool is_viosd(struct rpc_conn *conn, void *user)
{
	return control_is_viosd(conn);
}

static void tell(struct scsid *d, const struct unit *u)
{
	log_info("path", "lun=%u name=%s state=%s error=%s opcode=%02x", u->config.lun,
		u->config.name, path_life_name(u->path.watch.life), io_error_name(u->path.error),
		u->path.opcode);
	if (u->path.watch.life == PATH_ENABLED && !gate_open(&d->gate))
		d->healed = true;
	rpc_server_notify(d->server, "path", note_json(d, u), is_viosd, NULL);
}

void paths_tell(struct scsid *d, struct rpc_conn *conn)
{
	for (unsigned i = 0; i < VS_LUNS; i++) {
		const struct unit *u = d->unit[i];

		if (u && (d->healed || u->path.watch.life != PATH_ENABLED))
			rpc_notify(conn, "path", note_json(d, u), NULL, 0);
	}
}

void paths_forget(struct scsid *d, struct unit *u)
{
	if (u->path.watch.life == PATH_ENABLED)
		return;
	u->path.watch = (struct path_watch){0};
	tell(d, u);
}

/* Of another block than the one that failed. */
static uint64_t elsewhere(const struct unit *u, uint64_t bytes)
{
	return u->path.probe_offset >= bytes ? 0 : (u->backing.size_bytes - bytes) / bytes * bytes;
}

static bool readable(const struct unit *u, uint64_t at, uint32_t bytes)
{
	static uint8_t to[PROBE_BYTES] __attribute__((aligned(4096)));
	int rc = fault_probe(u->config.lun, at);
	ssize_t n;

	if (rc)
		return false;
	do
		n = pread(u->backing.fd, to, bytes, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static void run_probe(struct job *job)
{
	struct unit_path *p = (struct unit_path *)(void *)job;
	const struct unit *u = p->unit;
	uint32_t bytes =
		u->backing.align_bytes < PROBE_BYTES ? u->backing.align_bytes : PROBE_BYTES;
	uint64_t at = p->probe_offset / bytes * bytes;

	p->found.block = readable(u, at, bytes);
	p->found.another = p->found.block || readable(u, elsewhere(u, bytes), bytes);
}

static int on_time(sd_event_source *source, uint64_t usec, void *user);

static void plan_next(struct scsid *d)
{
	uint64_t next_ns = UINT64_MAX, at_ns = now_ns();

	for (unsigned i = 0; i < VS_LUNS; i++) {
		const struct unit *u = d->unit[i];
		uint64_t of_unit_ns =
			u && !u->path.probing ? path_watch_next_ns(&u->path.watch) : UINT64_MAX;

		next_ns = of_unit_ns < next_ns ? of_unit_ns : next_ns;
	}
	if (next_ns != UINT64_MAX)
		retimer_set(d->ev, &d->probe_timer, next_ns > at_ns ? (next_ns - at_ns) / 1000 : 0,
			on_time, d);
}

static void probed(struct job *job)
{
	struct unit_path *p = (struct unit_path *)(void *)job;
	struct scsid *d = p->owner;

	p->probing = false;
	if (p->closing) {
		unit_close(d, p->unit);
		return;
	}
	if (path_watch_probed(&p->watch, &p->found, now_ns()))
		tell(d, p->unit);
	plan_next(d);
}

static void probe(struct scsid *d, struct unit *u)
{
	struct unit_path *p = &u->path;

	p->owner = d;
	p->unit = u;
	p->probing = true;
	p->probe_offset = p->offset;
	p->job.run = run_probe;
	p->job.done = probed;
	jobs_post(d->prober, &p->job);
}

static int on_time(sd_event_source *source, uint64_t usec, void *user)
{
	struct scsid *d = user;
	uint64_t at_ns = now_ns();

	for (unsigned i = 0; i < VS_LUNS; i++) {
		struct unit *u = d->unit[i];

		if (u && !u->path.probing && path_watch_next_ns(&u->path.watch) <= at_ns)
			probe(d, u);
	}
	plan_next(d);
	return 0;
}

static void take_trouble(struct scsid *d, struct unit *u, uint32_t trouble)
{
	struct unit_path *p = &u->path;
	bool news;

	p->offset = atomic_load(&u->trouble_offset);
	p->error = (int)(trouble >> 8);
	p->opcode = (uint8_t)trouble;
	news = path_watch_failed(&p->watch, now_ns(), d->adapter.hold_ms * UINT64_C(1000000));
	if (d->answers)
		path_watch_all_failed(&p->watch);
	if (news)
		tell(d, u);
}

static int on_trouble(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct scsid *d = user;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	set_groups_look(d);
	for (unsigned i = 0; i < VS_LUNS; i++) {
		uint32_t trouble = d->unit[i] ? atomic_exchange(&d->unit[i]->trouble, 0) : 0;

		if (trouble)
			take_trouble(d, d->unit[i], trouble);
	}
	plan_next(d);
	return 0;
}

static int on_probed(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct scsid *d = user;

	jobs_reap(d->prober);
	return 0;
}

void paths_follow(struct scsid *d)
{
	worker_path_errors(d->worker, d->answers, d->adapter.path_error_ms * UINT64_C(1000000));
}

void paths_errors(struct scsid *d, struct rpc_call *call, json_t *params)
{
	json_t *answer = json_object_get(params, "answer");

	if (!json_is_boolean(answer)) {
		rpc_fail(call, RPC_INVALID_PARAMS, "answer: must be true or false");
		return;
	}
	if (!d->worker) {
		rpc_fail(call, RPC_FAILED, "adapter %s: not configured yet", d->name);
		return;
	}
	d->answers = json_is_true(answer);
	log_info("path-errors", "adapter=%s answer=%s", d->name, d->answers ? "yes" : "no");
	for (unsigned i = 0; d->answers && i < VS_LUNS; i++)
		if (d->unit[i])
			path_watch_all_failed(&d->unit[i]->path.watch);
	paths_follow(d);
	rpc_reply(call, NULL, NULL, 0);
}

int paths_start(struct scsid *d)
{
	sd_event_source *source;
	int rc = jobs_new("scsid-probe", &d->prober);

	if (!rc)
		rc = sd_event_add_io(
			d->ev, &source, jobs_event_fd(d->prober), EPOLLIN, on_probed, d);
	if (rc < 0)
		return rc;
	scsid_own_source(d, source);
	rc = sd_event_add_io(d->ev, &source, worker_trouble_fd(d->worker), EPOLLIN, on_trouble, d);
	if (rc < 0)
		return rc;
	scsid_own_source(d, source);
	paths_follow(d);
	return 0;
}
