/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_feed.c - the difference between a client's session and what a back end has heard of it. Pure;
 * runs in its caller's thread, the caller owns the struct and does what the callbacks ask.
 */
#include "vios-core/vhostuser/vu_feed.h"

#include "vios-core/vhostuser/vu_inflight.h"

#include <string.h>

static void forget_rings(struct vu_feed *f)
{
	memset(f->ring, 0, sizeof(f->ring));
}

void vu_feed_attach(struct vu_feed *f, const struct vu_feed_io *io)
{
	f->front.emit = io->emit;
	f->front.user = io->user;
}

void vu_feed_reset(struct vu_feed *f)
{
	memset(f, 0, sizeof(*f));
}

int vu_feed_greet(struct vu_feed *f, const struct vu_front_want *want, const struct vu_feed_io *io)
{
	vu_feed_reset(f);
	vu_front_init(&f->front, want, io->emit, io->user);
	return vu_front_hello(&f->front);
}

unsigned vu_feed_awaits(const struct vu_feed *f)
{
	return vu_front_outstanding(&f->front);
}

bool vu_feed_behind(const struct vu_feed *f, const struct vu_back *b)
{
	return b->features_told && (f->epoch != b->epoch || f->version != b->version);
}

static bool keeps_inflight(const struct vu_feed *f)
{
	return f->front.want.protocol_features >> VU_PROTOCOL_INFLIGHT_SHMFD & 1;
}

int vu_feed_prime(struct vu_feed *f, const struct vu_back *b, const struct vu_feed_io *io)
{
	const struct vu_inflight inflight = vu_inflight_kept();
	int err = vu_front_prime(&f->front, &b->device, 0);

	if (!err && keeps_inflight(f))
		err = vu_front_inflight(&f->front, &inflight, io->region, 0);
	if (err)
		return err;
	f->epoch = b->epoch;
	f->version = b->version;
	f->mem_version = b->mem_version;
	f->features = b->device.features;
	forget_rings(f);
	return 0;
}

/* What was in flight before is nothing that the ring's driver knows. */
static void begin_anew(struct vu_back *b, uint32_t i, const struct vu_feed_io *io)
{
	const uint64_t part_bytes = vu_inflight_part_bytes(VU_INFLIGHT_KEPT_SIZE);

	if (b->ring[i].anew)
		io->clear(io->region, i * part_bytes, part_bytes, io->user);
	b->ring[i].anew = false;
}

static int start_ring(struct vu_feed *f, struct vu_back *b, uint32_t i, const struct vu_feed_io *io)
{
	const struct vu_front_ring *r = &b->device.ring[i];
	uint16_t base = 0;
	int err;

	if (io->used_idx(b, i, &base, io->user) < 0)
		return 0; /* the client's memory has gone: no path can run this ring */
	if (keeps_inflight(f))
		begin_anew(b, i, io);
	err = vu_front_start_ring(&f->front, &b->device, i, base, 0);
	if (err)
		return err;
	f->ring[i] = (struct vu_feed_ring){
		b->ring[i].setup_version, b->ring[i].call_version, true, r->enabled};
	/* The old owner may have taken a kick, or owed a call, that nobody will repeat. */
	io->signal(r->kick_fd, io->user);
	io->signal(r->call_fd, io->user);
	return 0;
}

static int sync_ring(struct vu_feed *f, struct vu_back *b, uint32_t i, const struct vu_feed_io *io)
{
	const struct vu_front_ring *r = &b->device.ring[i];
	struct vu_ring_layout layout;
	int err = 0;

	if (!f->ring[i].started)
		return vu_back_ring_layout(b, i, &layout) ? start_ring(f, b, i, io) : 0;
	if (f->ring[i].call_version != b->ring[i].call_version) {
		err = vu_front_call_fd(&f->front, i, r->call_fd, 0);
		f->ring[i].call_version = b->ring[i].call_version;
	}
	if (!err && f->ring[i].enabled != r->enabled) {
		err = vu_front_enable(&f->front, i, r->enabled, 0);
		f->ring[i].enabled = r->enabled;
	}
	return err;
}

int vu_feed_sync(struct vu_feed *f, struct vu_back *b, const struct vu_feed_io *io)
{
	int err = 0;

	if (f->mem_version != b->mem_version) {
		err = vu_front_mem_table(&f->front, &b->device, 0);
		f->mem_version = b->mem_version;
	}
	for (uint32_t i = 0; !err && i < b->device.n_rings; i++)
		err = sync_ring(f, b, i, io);
	f->version = b->version;
	return err;
}

void vu_feed_input(struct vu_feed *f, const struct vu_back *b, const struct vu_msg *m,
	const struct vu_feed_io *io, struct vu_front_event *event)
{
	vu_front_input(&f->front, m, event);
	if (event->kind == VU_FRONT_EV_DONE && event->request == VU_SET_VRING_CALL &&
		f->ring[event->ring].started)
		io->signal(b->device.ring[event->ring].call_fd, io->user);
}

bool vu_feed_outdated(const struct vu_feed *f, const struct vu_back *b)
{
	struct vu_ring_layout layout;

	if (f->epoch != b->epoch || !b->features_told || f->features != b->device.features)
		return true;
	for (uint32_t i = 0; i < b->device.n_rings; i++)
		if (f->ring[i].started &&
			(!vu_back_ring_layout(b, i, &layout) ||
				f->ring[i].setup_version != b->ring[i].setup_version))
			return true;
	return false;
}

/* ENABLE 0 for all before the first GET_VRING_BASE: rte_vhost takes the whole device down on that.
 */
int vu_feed_stop(struct vu_feed *f)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < VU_RINGS_MAX; i++)
		if (f->ring[i].started && f->ring[i].enabled)
			err = vu_front_enable(&f->front, i, false, 0);
	for (uint32_t i = 0; !err && i < VU_RINGS_MAX; i++)
		if (f->ring[i].started)
			err = vu_front_stop_ring(&f->front, i, 0);
	return err;
}

void vu_feed_stopped(struct vu_feed *f)
{
	forget_rings(f);
	f->version--;
}
