/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path.c - brings one back end up to date with the client's session. Pure; the caller owns the
 * struct and carries out the operations.
 *
 * No queue of messages is kept for a path: it is told the difference between the session and what
 * it has heard. So a slow standby costs nothing, however much the client tells meanwhile.
 */
#include "ha/mux/path.h"

#include "vios-core/model/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

_Static_assert(VU_HEADER_BYTES + VU_PAYLOAD_MAX <= KEEP_BYTES_MAX, "a message fits an operation");
_Static_assert(VU_FDS_MAX <= KEEP_FDS_MAX, "and so do its descriptors");

int path_send(struct keep_ops *ops, int slot, const struct vu_msg *m)
{
	struct keep_op *op = keep_send(ops, slot, VU_HEADER_BYTES + m->size_bytes, m->n_fds);

	if (!op)
		return -ENOBUFS;
	vu_msg_header_put(m, op->bytes);
	memcpy(op->bytes + VU_HEADER_BYTES, m->payload, m->size_bytes);
	for (uint32_t i = 0; i < m->n_fds; i++)
		op->slots[i] = m->fds[i];
	return 0;
}

static int emit(const struct vu_msg *m, void *user)
{
	struct path_io *io = user;

	return path_send(io->ops, io->slot, m);
}

static void forget_rings(struct path *p)
{
	memset(p->ring, 0, sizeof(p->ring));
}

void path_init(struct path *p)
{
	memset(p, 0, sizeof(*p));
	p->conn = -1;
}

void path_attach(struct path *p, struct path_io *io)
{
	p->front.emit = emit;
	p->front.user = io;
	io->slot = p->conn;
}

int path_greet(struct path *p, const struct model_profile *profile, struct path_io *io)
{
	struct vu_front_want want = {
		.virtio_features = profile->virtio_features,
		.protocol_features = profile->protocol_features,
		.queues = profile->queue_pairs,
	};

	if (profile->queue_pairs > 1)
		want.protocol_features |= BIT(VU_PROTOCOL_MQ);
	p->epoch = 0;
	p->version = 0;
	p->mem_version = 0;
	forget_rings(p);
	vu_front_init(&p->front, &want, emit, io);
	return vu_front_hello(&p->front);
}

unsigned path_awaits(const struct path *p)
{
	return vu_front_outstanding(&p->front);
}

bool path_behind(const struct path *p, const struct vu_back *s)
{
	return s->features_told && (p->epoch != s->epoch || p->version != s->version);
}

int path_prime(struct path *p, const struct vu_back *s)
{
	int err = vu_front_prime(&p->front, &s->device, 0);

	if (err)
		return err;
	p->epoch = s->epoch;
	p->version = s->version;
	p->mem_version = s->mem_version;
	forget_rings(p);
	return 0;
}

static int start_ring(struct path *p, const struct vu_back *s, uint32_t i, struct path_io *io)
{
	const struct vu_front_ring *r = &s->device.ring[i];
	uint16_t base = 0;
	int err;

	if (io->used_idx(s, i, &base, io->user) < 0)
		return 0; /* the client's memory has gone: no path can run this ring */
	err = vu_front_start_ring(&p->front, &s->device, i, base, 0);
	if (err)
		return err;
	p->ring[i] = (struct path_ring){
		s->ring[i].setup_version, s->ring[i].call_version, true, r->enabled};
	/* The old owner may have taken a kick, or owed a call, that nobody will repeat. */
	keep_signal(io->ops, r->kick_fd);
	keep_signal(io->ops, r->call_fd);
	return 0;
}

static int sync_ring(struct path *p, const struct vu_back *s, uint32_t i, struct path_io *io)
{
	const struct vu_front_ring *r = &s->device.ring[i];
	struct vu_ring_layout layout;
	int err = 0;

	if (!p->ring[i].started)
		return vu_back_ring_layout(s, i, &layout) ? start_ring(p, s, i, io) : 0;
	if (p->ring[i].call_version != s->ring[i].call_version) {
		err = vu_front_call_fd(&p->front, i, r->call_fd, 0);
		keep_signal(io->ops, r->call_fd);
		p->ring[i].call_version = s->ring[i].call_version;
	}
	if (!err && p->ring[i].enabled != r->enabled) {
		err = vu_front_enable(&p->front, i, r->enabled, 0);
		p->ring[i].enabled = r->enabled;
	}
	return err;
}

int path_sync(struct path *p, const struct vu_back *s, struct path_io *io)
{
	int err = 0;

	if (p->mem_version != s->mem_version) {
		err = vu_front_mem_table(&p->front, &s->device, 0);
		p->mem_version = s->mem_version;
	}
	for (uint32_t i = 0; !err && i < s->device.n_rings; i++)
		err = sync_ring(p, s, i, io);
	p->version = s->version;
	return err;
}

bool path_outdated(const struct path *p, const struct vu_back *s)
{
	struct vu_ring_layout layout;

	if (p->epoch != s->epoch || !s->features_told)
		return true;
	for (uint32_t i = 0; i < s->device.n_rings; i++)
		if (p->ring[i].started &&
			(!vu_back_ring_layout(s, i, &layout) ||
				p->ring[i].setup_version != s->ring[i].setup_version))
			return true;
	return false;
}

/* ENABLE 0 for all before the first GET_VRING_BASE: rte_vhost takes the whole device down on that.
 */
int path_stop(struct path *p)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < VU_RINGS_MAX; i++)
		if (p->ring[i].started && p->ring[i].enabled)
			err = vu_front_enable(&p->front, i, false, 0);
	for (uint32_t i = 0; !err && i < VU_RINGS_MAX; i++)
		if (p->ring[i].started)
			err = vu_front_stop_ring(&p->front, i, 0);
	return err;
}

static void explain_missing(struct path *p, const struct vu_front_event *event)
{
	char virtio[64], protocol[64];

	features_describe(FEATURE_VIRTIO_NET, event->missing_virtio, virtio, sizeof(virtio));
	features_describe(FEATURE_PROTOCOL, event->missing_protocol, protocol, sizeof(protocol));
	snprintf(p->reason, sizeof(p->reason),
		"features that the profile wants are missing: %s%s%s", virtio,
		virtio[0] && protocol[0] ? "," : "", protocol);
}

void path_explain(struct path *p, const struct vu_front_event *event)
{
	if (event->fault == VU_FEATURES_MISSING)
		explain_missing(p, event);
	else if (event->request == VU_GET_QUEUE_NUM && event->fault == VU_BAD_VALUE)
		snprintf(p->reason, sizeof(p->reason), "too few queues: the profile wants %llu",
			(unsigned long long)p->front.want.queues);
	else
		snprintf(p->reason, sizeof(p->reason), "answer to %s: %s",
			vu_msg_name(event->request), vu_fault_text(event->fault));
}
