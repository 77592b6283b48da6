/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between what was told (session, gate, configuration) and what the worker does: makes plans, hands
 * them over one at a time, and lets those know who wait. Main thread; it never waits for the
 * worker.
 */
#include "storage/paths.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vios-core/base/log.h"
#include "vios-core/base/resident.h"
#include "vios-core/base/runpath.h"
#include "vios-core/vhostuser/vu_scsi.h"

static void fill_ring(const struct session *s, unsigned i, bool open, struct plan_ring *out)
{
	const struct vu_front_ring *r = &s->back.device.ring[i];
	const struct vu_back_ring *b = &s->back.ring[i];
	struct vu_ring_layout layout;

	*out = (struct plan_ring){
		.run = open && r->enabled && vu_back_ring_layout(&s->back, i, &layout),
		/* another connection, region or place: the ring starts anew */
		.setup = (uint64_t)s->back.epoch << 40 ^ s->inflight_version << 24 ^
			 b->setup_version,
		.size = (uint16_t)r->num,
		.base = (uint16_t)b->base,
		.desc = r->addr.desc,
		.avail = r->addr.avail,
		.used = r->addr.used,
		.kick_fd = r->kick_fd,
		.call_fd = r->call_fd,
	};
}

static bool fill_plan(struct scsid *d)
{
	const struct session *s = &d->session;
	struct plan *p = &d->plan;
	bool open = gate_open(&d->gate), runs = false;

	*p = (struct plan){
		.guest = s->guest,
		.features = s->back.device.features,
		.inflight = s->inflight,
		.inflight_bytes = s->inflight_bytes,
		.inflight_queues = s->inflight_told.n_queues,
		.inflight_size = s->inflight_told.queue_size,
		.n_rings = d->session.back.device.n_rings,
		.units_told = d->applied > 0,
	};
	memcpy(p->unit, d->unit, sizeof(p->unit));
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		fill_ring(s, i, open && s->guest, &p->ring[i]);
		runs |= p->ring[i].run;
	}
	return runs;
}

static void hand_over(struct scsid *d)
{
	d->plan_runs = fill_plan(d);
	d->applying = true;
	d->handed = d->wanted;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		d->handed_base[i] = d->plan.ring[i].base;
	worker_apply(d->worker, &d->plan);
}

/* Of rings alone the worker need not hear as long as none runs. */
static uint64_t rings_changed(void *user)
{
	struct scsid *d = user;
	bool open = gate_open(&d->gate);
	struct plan_ring ring;
	bool runs = d->applying || d->plan_runs || d->session.hung_up;

	for (unsigned i = 0; i < VU_RINGS_MAX && !runs; i++) {
		fill_ring(&d->session, i, open, &ring);
		runs = ring.run;
	}
	return runs ? scsid_changed(d) : 0;
}

uint64_t scsid_changed(struct scsid *d)
{
	d->wanted++;
	if (!d->applying)
		hand_over(d);
	return d->wanted;
}

static int on_applied(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct scsid *d = user;

	if (!worker_applied(d->worker))
		return 0;
	d->applying = false;
	d->applied = d->handed;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) /* where those that stopped go on */
		if (d->plan.ring[i].base != d->handed_base[i])
			d->session.back.ring[i].base = d->plan.ring[i].base;
	if (d->applied < d->wanted)
		hand_over(d);
	configure_applied(d);
	control_applied(d);
	session_applied(&d->session, d->applied);
	return 0;
}

/* The worker's thread: log_write() is for any. */
static void on_broken(unsigned ring, const char *why)
{
	log_warn("ring-stopped", "ring=%u reason=\"%s\"", ring, why);
}

static int on_ping(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct scsid *d = user;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	if (fd == hb_ping_fd(d->hb, 0))
		hb_tick(hb_page(d->hb), 0);
	else
		worker_ping(d->worker);
	return 0;
}

static int watch(struct scsid *d, int fd, sd_event_io_handler_t fn)
{
	sd_event_source *source;
	int rc = sd_event_add_io(d->ev, &source, fd, EPOLLIN, fn, d);

	if (rc < 0)
		return rc;
	scsid_own_source(d, source);
	return 0;
}

static int start_session(struct scsid *d)
{
	struct session_config config = {
		.offer = {.virtio_features = d->adapter.virtio_features,
			.protocol_features = UINT64_C(1) << VU_PROTOCOL_MQ |
					     UINT64_C(1) << VU_PROTOCOL_CONFIG |
					     UINT64_C(1) << VU_PROTOCOL_INFLIGHT_SHMFD,
			.queues = VS_REQUEST_QUEUE + d->adapter.request_queues,
			.ring_size_max = d->adapter.ring_size},
		.config_space = {d->adapter.request_queues, VU_SCSI_SEG_MAX, VU_SCSI_MAX_SECTORS,
			VU_SCSI_CMD_PER_LUN},
		.allow_unsealed = d->adapter.allow_unsealed,
		.changed = rings_changed,
		.user = d,
	};
	struct runpath path;
	int rc = runpath_backend(&path, d->run, d->vios, d->client, d->adapter_name);

	return rc ? rc : session_start(&d->session, d->ev, path.text, &config);
}

int target_start(struct scsid *d)
{
	struct worker_config config = {
		.adapter_id = d->adapter.id,
		.port = d->adapter.port,
		.run = d->run,
		.doorbell_fd = d->doorbell_fd,
		.lock_fd = d->lock_fd,
		.n_rings = VS_REQUEST_QUEUE + d->adapter.request_queues,
		.ring_size = d->adapter.ring_size,
		.hb = d->hb,
		.hb_slot = 1,
		.broken = on_broken,
	};
	int rc = worker_new(&config, &d->worker);

	hb_serving(hb_page(d->hb), 0, d->adapter.id);
	hb_crash_blame(d->adapter.id); /* whichever thread it is */
	if (!rc)
		rc = watch(d, worker_event_fd(d->worker), on_applied);
	if (!rc)
		rc = paths_start(d);
	for (unsigned i = 0; i < 2 && !rc; i++)
		rc = watch(d, hb_ping_fd(d->hb, i), on_ping);
	resident_lock(false, NULL); /* the worker's, too, and nothing of the client's yet */
	return rc ? rc : start_session(d);
}
