/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mw_life.c - the configuration changes in the world of mw.h: the adapter gets another profile, is
 * wanted no longer, goes when nobody owns its rings, and another one takes its place.
 */
#include "tests/lib/muxworld/mw.h"

#include <assert.h>

static struct model_adapter config(struct mw *w, uint8_t draw)
{
	struct model_adapter out = {.name = "eth0",
		.type = w->scsi ? MODEL_SCSI : MODEL_ETHERNET,
		.id = w->last_id,
		.profile = {.version = draw,
			.virtio_features = (UINT64_C(1) << 32) | ((draw & UINT64_C(1)) << 29),
			.protocol_features = 1,
			.queue_pairs = draw & 2 ? 1 : 2,
			.ring_size = draw & 4 ? 512 : 256,
			.mtu = draw & 8 ? 1400 : 1500}};

	return out;
}

void mw_is_made(struct mw *w, uint64_t start)
{
	struct adapter_context c = mw_context(w);
	struct model_adapter first;

	w->last_id++;
	w->scsi = mw_next(w) & 1;
	first = config(w, 1);
	adapter_init(&w->adapter, &first, 50, SELECT_PATHS, -1, start);
	w->adapter.listener = mw_slot(w);
	if (w->scsi)
		w->adapter.region = mw_slot(w);
	for (int i = 0; i < SELECT_PATHS; i++)
		if (c.control_up[0][i])
			adapter_control_up(&w->adapter, &c, i);
}

void mw_is_configured(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);
	struct model_adapter next = config(w, mw_next(w));

	adapter_configure(&w->adapter, &c, &next, (int)(next.profile.version % 3) - 1);
	w->refits += adapter_pending(&w->adapter);
	mw_commit(w);
}

void mw_is_wanted(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);

	adapter_leave(&w->adapter, &c, !w->adapter.leaving);
	mw_commit(w);
}

void mw_is_removed(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);
	const uint64_t start = w->adapter.start;

	if (!adapter_gone(&w->adapter))
		return;
	adapter_free(&w->adapter, &c);
	assert(!w->adapter.used);
	mw_commit(w); /* every slot has been given back */
	for (unsigned i = 0; i < KEEP_SLOTS; i++)
		assert(!w->slots.used[i]);
	for (int i = 0; i < SELECT_PATHS; i++) {
		struct mw_plane *p = &w->plane[i];

		/* what it still promises about the old one concerns nobody any more */
		if (p->released < p->release_asked)
			p->released = p->release_asked;
		p->release_asked = p->said_start = p->said_release = 0;
		p->connected = false;
	}
	w->removals++;
	mw_is_made(w, start + 1);
	mw_commit(w);
}
