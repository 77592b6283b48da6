/* SPDX-License-Identifier: BSD-3-Clause */
/* mw_client.c - what the client says in the world of mw.h: mostly sense, sometimes anything. */
#include "tests/lib/muxworld/mw.h"

#include <string.h>

#define USER UINT64_C(0x10000)

static void attach_fds(struct mw *w, struct vu_msg *m, unsigned n)
{
	for (unsigned i = 0; i < n && i < VU_FDS_MAX; i++) {
		int slot = mw_slot(w);

		if (slot >= 0)
			m->fds[m->n_fds++] = slot;
	}
}

static void mem_table(struct mw *w, struct vu_msg *m)
{
	struct vu_mem_table t = {.n_regions = 1 + mw_next(w) % 3u};
	int none[VU_REGIONS_MAX] = {0};

	for (uint32_t i = 0; i < t.n_regions; i++)
		t.region[i] = (struct vu_region){
			i * UINT64_C(0x100000), 0x100000, USER + i * UINT64_C(0x1000000), 0};
	if (mw_next(w) == 0) /* now and then one that is wrong */
		t.region[0].size_bytes = mw_next_u64(w);
	vu_msg_mem_table(m, &t, none);
	m->n_fds = 0;
	attach_fds(w, m, t.n_regions);
}

static void ring_addr(struct mw *w, struct vu_msg *m, uint32_t ring)
{
	struct vu_vring_addr a = {.index = ring,
		.desc = USER + 0x10000 * ring,
		.avail = USER + 0x10000 * ring + 0x4000,
		.used = USER + 0x10000 * ring + 0x8000};

	if (mw_next(w) == 0)
		a.used = mw_next_u64(w) & ~UINT64_C(3);
	vu_msg_addr(m, &a);
}

static void ring_fd(struct mw *w, struct vu_msg *m, uint32_t request, uint32_t ring)
{
	vu_msg_vring_fd(m, request, ring, -1);
	if (mw_next(w) % 8 == 0)
		return; /* polled */
	vu_msg_u64(m, request, ring);
	attach_fds(w, m, 1);
}

static void ring_message(struct mw *w, struct vu_msg *m)
{
	static const uint32_t requests[] = {VU_SET_VRING_NUM, VU_SET_VRING_BASE,
		VU_SET_VRING_ENABLE, VU_SET_VRING_ENABLE, VU_GET_VRING_BASE, VU_SET_VRING_ADDR,
		VU_SET_VRING_KICK, VU_SET_VRING_CALL, VU_SET_VRING_ERR, VU_SET_VRING_KICK};
	uint32_t request = requests[mw_next(w) % 10];
	uint8_t draw = mw_next(w);
	uint32_t ring = draw == 255 ? 4 : draw % 4u; /* 4 does not exist */

	if (request == VU_SET_VRING_ADDR)
		ring_addr(w, m, ring);
	else if (request == VU_SET_VRING_NUM)
		vu_msg_state(m, request, ring, 64u << mw_next(w) % 4);
	else if (request == VU_SET_VRING_KICK || request == VU_SET_VRING_CALL ||
		 request == VU_SET_VRING_ERR)
		ring_fd(w, m, request, ring);
	else
		vu_msg_state(m, request, ring, mw_next(w) % 2u);
}

static void device_message(struct mw *w, struct vu_msg *m)
{
	static const uint32_t empty[] = {VU_GET_FEATURES, VU_GET_PROTOCOL_FEATURES,
		VU_GET_QUEUE_NUM, VU_SET_OWNER, VU_RESET_OWNER};
	const struct model_profile *p = &w->adapter.config.profile;

	switch (mw_next(w) % 5) {
	case 0:
		vu_msg_u64(m, VU_SET_FEATURES,
			p->virtio_features | UINT64_C(1) << VU_F_PROTOCOL_FEATURES);
		break;
	case 1:
		vu_msg_u64(m, VU_SET_PROTOCOL_FEATURES, UINT64_C(1) << VU_PROTOCOL_REPLY_ACK);
		break;
	case 2:
		mem_table(w, m);
		break;
	case 3:
		vu_msg_u64(m, VU_NET_SET_MTU, 1250u + mw_next(w)); /* 1500 is the most */
		break;
	default:
		vu_msg_empty(m, empty[mw_next(w) % 5]);
		break;
	}
}

static void anything(struct mw *w, struct vu_msg *m)
{
	vu_msg_empty(m, mw_next(w) % 64u);
	m->flags = mw_next(w) & 0xf;
	m->size_bytes = mw_next(w);
	for (uint32_t i = 0; i < m->size_bytes; i++)
		m->payload[i] = mw_next(w);
	attach_fds(w, m, mw_next(w) % (VU_FDS_MAX + 1u));
}

/* A client that gets on with it: all that a pair of rings needs, with the acknowledgements asked
 * for. */
static bool script(struct mw *w, struct vu_msg *m)
{
	const struct vu_back *s = &w->adapter.session;
	const struct model_profile *p = &w->adapter.config.profile;

	if (!s->protocol)
		vu_msg_u64(m, VU_SET_PROTOCOL_FEATURES, UINT64_C(1) << VU_PROTOCOL_REPLY_ACK);
	else if (!s->features_told)
		vu_msg_u64(m, VU_SET_FEATURES,
			p->virtio_features | UINT64_C(1) << VU_F_PROTOCOL_FEATURES);
	else if (!s->device.mem.n_regions)
		mem_table(w, m);
	for (uint32_t i = 0; s->device.mem.n_regions && i < 3; i++) {
		const struct vu_front_ring *r = &s->device.ring[i];

		if (i == 2)
			return false;
		if (!r->num)
			vu_msg_state(m, VU_SET_VRING_NUM, i, 256);
		else if (!r->has_addr)
			ring_addr(w, m, i);
		else if (!s->ring[i].kicked)
			ring_fd(w, m, VU_SET_VRING_KICK, i);
		else if (r->call_fd < 0)
			ring_fd(w, m, VU_SET_VRING_CALL, i);
		else if (!r->enabled)
			vu_msg_state(m, VU_SET_VRING_ENABLE, i, 1);
		else
			continue;
		break;
	}
	return true;
}

void mw_client_message(struct mw *w)
{
	struct adapter_context c = mw_context(w);
	struct adapter *a = &w->adapter;
	uint8_t kind = mw_next(w);
	enum vu_fault fault;
	struct vu_msg m;

	if (!adapter_client_ready(a))
		return;
	memset(&m, 0, sizeof(m));
	if (kind < 2)
		anything(w, &m);
	else if (kind < 160 && script(w, &m))
		;
	else if (kind < 200)
		device_message(w, &m);
	else
		ring_message(w, &m);
	if (kind & 1)
		m.flags |= VU_FLAG_NEED_REPLY;
	keep_consume(&w->ops, a->conn, VU_HEADER_BYTES + m.size_bytes, m.n_fds);
	fault = adapter_client_message(a, &c, &m);
	for (uint32_t i = 0; i < m.n_fds; i++)
		keep_drop(&w->ops, &w->slots, &m.fds[i]);
	if (fault)
		adapter_client_closed(a, &c);
	mw_commit(w);
}
