/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `configure` method: the whole wanted state. What is new is opened and compared on a thread
 * that may block, then the worker takes it up, then it is answered; on any error nothing has
 * changed. One at a time. Main thread but for run_open() and run_close().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/paths.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"

struct opening {
	struct job job;
	struct scsid *d;
	struct rpc_call *call;
	struct adapter_config adapter;
	unsigned n;
	struct lun_config lun[VS_LUNS];
	struct unit *unit[VS_LUNS]; /* as wanted; kept ones are those of d */
	bool kept[VS_LUNS];	    /* by index of lun[] */
	uint64_t size_bytes[VS_LUNS];
	struct alua *alua[VS_LUNS]; /* of kept ones; moves to the unit */
	struct unit *old[VS_LUNS];  /* to close when the worker has let them go */
	uint64_t number;	    /* of the change; 0: not yet handed over */
	int rc;
	char why[512];
};

struct closing {
	struct job job;
	struct unit *unit;
};

static void run_close(struct job *job)
{
	struct closing *c = (struct closing *)job;

	agree_close(c->unit);
	backing_close(&c->unit->backing);
	free(c->unit->wanted_alua);
	free(c->unit);
}

static void closed(struct job *job)
{
	free(job);
}

/* close(2) may write back: not here. */
void unit_close(struct scsid *d, struct unit *u)
{
	struct closing *c;

	if (!u->path.closing)
		paths_forget(d, u);
	u->path.closing = true;
	if (u->path.probing)
		return; /* comes again */
	c = calloc(1, sizeof(*c));
	if (!c)
		return; /* stays open until the process ends */
	c->unit = u;
	c->job.run = run_close;
	c->job.done = closed;
	jobs_post(d->opener, &c->job);
}

static int refuse(struct opening *o, const struct lun_config *lun, const char *why)
{
	snprintf(
		o->why, sizeof(o->why), "LUN %u (%s): %s: %s", lun->lun, lun->name, lun->path, why);
	return -EINVAL;
}

/* A LUN that stays: has its size changed? */
static int look_again(struct opening *o, unsigned i)
{
	const struct unit *u = o->unit[o->lun[i].lun];
	int rc;

	if (u->backing.fd < 0)
		return 0;
	rc = backing_size(&u->backing, &o->size_bytes[i]);

	if (rc)
		return refuse(o, &o->lun[i], strerror(-rc));
	if (o->size_bytes[i] < u->backing.block_bytes)
		return refuse(o, &o->lun[i], "has become empty");
	o->alua[i] = malloc(sizeof(*o->alua[i]));
	if (!o->alua[i])
		return refuse(o, &o->lun[i], "no memory");
	lun_config_alua(&o->lun[i], &o->adapter.port, o->alua[i]);
	return 0;
}

static int open_backing(
	const struct lun_config *lun, struct backing *out, char *why, size_t why_bytes)
{
	if (lun->path[0])
		return backing_open(lun->path, lun->block_bytes, out, why, why_bytes);
	*out = (struct backing){.fd = -1,
		.other_fd = -1,
		.block_bytes = lun->block_bytes,
		.align_bytes = lun->block_bytes};
	return 0;
}

static int open_new(struct opening *o, unsigned i)
{
	const struct lun_config *lun = &o->lun[i];
	struct unit *u = calloc(1, sizeof(*u));
	struct scsi_lun_config scsi;
	char why[256];
	int rc;

	if (!u)
		return refuse(o, lun, "no memory");
	u->config = *lun;
	u->agree.fd = -1;
	rc = open_backing(lun, &u->backing, why, sizeof(why));
	if (rc) {
		free(u);
		return refuse(o, lun, why);
	}
	u->wanted_bytes = o->size_bytes[i] = u->backing.size_bytes;
	lun_config_scsi(
		lun, u->backing.size_bytes, u->backing.block_bytes, !u->backing.is_device, &scsi);
	while (u->backing.block_bytes << scsi.physical_exponent < u->backing.physical_bytes)
		scsi.physical_exponent++;
	scsi_lun_init(&u->scsi, &scsi);
	rc = lun->other_path[0] ? backing_open_other(&u->backing, lun->other_path, why, sizeof(why))
				: 0;
	if (!rc)
		rc = agree_open(u, o->d->run, why, sizeof(why));
	if (rc) {
		backing_close(&u->backing);
		free(u);
		return refuse(o, lun, why);
	}
	lun_config_alua(lun, &o->adapter.port, &u->scsi.alua);
	o->unit[lun->lun] = u;
	return 0;
}

/* A lock on one would be a lock on the other. */
static int compare(struct opening *o)
{
	for (unsigned i = 0; i < o->n; i++)
		for (unsigned k = 0; k < i; k++) {
			const struct backing *a = &o->unit[o->lun[i].lun]->backing;
			const struct backing *b = &o->unit[o->lun[k].lun]->backing;

			if (a->fd < 0 || b->fd < 0)
				continue;
			if ((a->dev == b->dev && a->ino == b->ino) ||
				(a->is_device && b->is_device && a->rdev == b->rdev))
				return refuse(o, &o->lun[i], "is mapped to this adapter twice");
			if (o->lun[i].naa_bytes == o->lun[k].naa_bytes &&
				!memcmp(o->lun[i].naa, o->lun[k].naa, o->lun[i].naa_bytes))
				return refuse(o, &o->lun[i], "has the naa of another of its LUNs");
		}
	return 0;
}

static void run_open(struct job *job)
{
	struct opening *o = (struct opening *)job;

	for (unsigned i = 0; i < o->n && !o->rc; i++)
		o->rc = o->kept[i] ? look_again(o, i) : open_new(o, i);
	if (!o->rc)
		o->rc = compare(o);
}

static void fail(struct opening *o)
{
	for (unsigned i = 0; i < o->n; i++)
		free(o->alua[i]);
	for (unsigned i = 0; i < o->n; i++)
		if (!o->kept[i] && o->unit[o->lun[i].lun])
			unit_close(o->d, o->unit[o->lun[i].lun]);
	rpc_fail(o->call, RPC_FAILED, "%s", o->why);
	o->d->opening = NULL;
	free(o);
}

static int open_lock(struct scsid *d)
{
	struct runpath path;
	char name[128];

	/* Of the frame, as the locks of its disks are: both VIOS' targets find it. */
	snprintf(name, sizeof(name), "%s.lock", d->adapter_name);
	if (runpath_vios_dir(&path, d->run, "clients") || rundir_make(path.text) ||
		runpath_client_dir(&path, d->run, d->client) || rundir_make(path.text))
		return -ENOENT;
	if (runpath_client_file(&path, d->run, d->client, name))
		return -ENAMETOOLONG;
	d->lock_fd = backing_lock_file(path.text);
	return d->lock_fd < 0 ? d->lock_fd : 0;
}

static int first_time(struct opening *o)
{
	struct scsid *d = o->d;
	int rc;

	d->adapter = o->adapter;
	rc = open_lock(d);
	d->doorbell_fd = agree_doorbell(d->run, d->adapter.id);
	if (!rc && d->doorbell_fd < 0)
		rc = -errno;
	if (!rc)
		rc = target_start(d);
	if (rc)
		snprintf(o->why, sizeof(o->why), "adapter %s: cannot start: %s", d->name,
			strerror(-rc));
	d->configured = !rc;
	return rc;
}

static void opened(struct job *job)
{
	struct opening *o = (struct opening *)job;
	struct scsid *d = o->d;

	if (o->rc || (!d->configured && first_time(o))) {
		fail(o);
		return;
	}
	for (unsigned i = 0; i < VS_LUNS; i++) {
		if (d->unit[i] != o->unit[i])
			o->old[i] = d->unit[i];
		d->unit[i] = o->unit[i];
	}
	d->adapter.hold_ms = o->adapter.hold_ms;
	d->adapter.path_error_ms = o->adapter.path_error_ms;
	paths_follow(d);
	for (unsigned i = 0; i < o->n; i++) {
		struct unit *u = d->unit[o->lun[i].lun];

		u->wanted_bytes = o->size_bytes[i];
		u->config.shared = o->lun[i].shared;
		atomic_store(&u->wanted_shared, o->lun[i].shared);
		if (o->alua[i])
			free(atomic_exchange(&u->wanted_alua, o->alua[i]));
	}
	o->number = scsid_changed(d);
}

void configure_applied(struct scsid *d)
{
	struct opening *o = d->opening;

	if (!o || !o->number || d->applied < o->number)
		return;
	d->opening = NULL;
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (o->old[i])
			unit_close(d, o->old[i]);
	log_info("configured", "adapter=%s luns=%u", d->name, o->n);
	rpc_reply(o->call, NULL, NULL, 0);
	free(o);
}

/* What cannot change while the client is connected to it. */
static bool other_adapter(const struct scsid *d, const struct adapter_config *a)
{
	return d->configured && (a->id != d->adapter.id || a->ring_size != d->adapter.ring_size ||
					a->request_queues != d->adapter.request_queues ||
					a->virtio_features != d->adapter.virtio_features);
}

void configure(struct scsid *d, struct rpc_call *call, json_t *params)
{
	struct opening *o;
	char why[256];

	if (d->opening) {
		rpc_fail(call, RPC_FAILED, "configure: another one is under way; ask again");
		return;
	}
	o = calloc(1, sizeof(*o));
	if (!o) {
		rpc_fail(call, RPC_INTERNAL, "no memory");
		return;
	}
	if (lun_config_parse(params, d->name, &o->adapter, o->lun, &o->n, why, sizeof(why))) {
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", why);
		free(o);
		return;
	}
	if (other_adapter(d, &o->adapter)) {
		rpc_fail(call, RPC_DENIED,
			"adapter %s: id, queues, ring size and features are fixed; start it anew",
			d->name);
		free(o);
		return;
	}
	for (unsigned i = 0; i < o->n; i++) {
		struct unit *u = d->unit[o->lun[i].lun];

		o->kept[i] = u && lun_config_same(&u->config, &o->lun[i]);
		o->unit[o->lun[i].lun] = o->kept[i] ? u : NULL;
	}
	o->d = d;
	o->call = call;
	o->job.run = run_open;
	o->job.done = opened;
	d->opening = o;
	jobs_post(d->opener, &o->job);
}
