/* SPDX-License-Identifier: BSD-3-Clause */
/* mw_check.c - carries out what a step asked for in the world of mw.h, and asserts what must hold
 * then. */
#include "tests/lib/muxworld/mw.h"

#include <assert.h>
#include <string.h>

/* ---- carrying out ---- */

static void to_client(struct mw *w, const struct vu_msg *m)
{
	assert((m->flags & ~VU_FLAG_VERSION_MASK) == VU_FLAG_REPLY);
	assert(m->n_fds == 0);
	w->answered++;
}

static void to_plane(struct mw *w, struct mw_plane *p, const struct vu_msg *m)
{
	assert(vu_msg_check_request(m) == VU_OK);
	if (p->connected && p->n_inbox < MW_INBOX)
		p->inbox[(p->first_inbox + p->n_inbox++) % MW_INBOX] = *m;
}

static void send_op(struct mw *w, const struct keep_op *op)
{
	const struct adapter *a = &w->adapter;
	struct vu_msg m;

	memset(&m, 0, sizeof(m));
	assert(vu_msg_header_get(&m, op->bytes) == VU_OK);
	assert(op->len_bytes == VU_HEADER_BYTES + m.size_bytes);
	memcpy(m.payload, op->bytes + VU_HEADER_BYTES, m.size_bytes);
	m.n_fds = op->n_fds;
	for (uint32_t i = 0; i < op->n_fds; i++)
		assert(w->open[op->slots[i]]);
	if (op->slot == a->conn)
		to_client(w, &m);
	for (uint32_t i = 0; i < a->n_paths; i++)
		if (op->slot == a->path[i].conn)
			to_plane(w, &w->plane[i], &m);
}

static bool touches(const struct mw_plane *p)
{
	bool kicked = false;

	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		kicked |= p->kicked[i];
	return p->alive && kicked && p->told > p->released;
}

static void zero_op(const struct mw *w, const struct keep_op *op)
{
	uint64_t at[2];

	memcpy(at, op->bytes, sizeof(at));
	assert(op->slot == w->adapter.region && at[0] / at[1] < VU_RINGS_MAX);
	for (int i = 0; i < SELECT_PATHS; i++)
		assert(!touches(&w->plane[i]) || !w->plane[i].kicked[at[0] / at[1]]);
}

static void carry_out(struct mw *w)
{
	assert(!w->ops.overflow);
	for (uint32_t i = 0; i < w->ops.n; i++) {
		const struct keep_op *op = &w->ops.op[i];

		assert(keep_op_valid(op));
		assert(w->open[op->slot]);
		if (op->kind == KEEP_SEND)
			send_op(w, op);
		if (op->kind == KEEP_ZERO)
			zero_op(w, op);
		if (op->kind == KEEP_DROP)
			w->open[op->slot] = false;
	}
	w->ops.n = 0;
}

/* As the control connections do at the end of a step. */
static void tell(struct mw *w, int i)
{
	const struct path *path = &w->adapter.path[i];
	struct mw_plane *p = &w->plane[i];

	if (!p->control_up || path->incarnation != p->known || !p->alive ||
		p->known != p->incarnation)
		return;
	if (path->phase == SELECT_LIVE && p->said_start != path->start) {
		p->said_start = path->start;
		if (path->start > p->released && path->start > p->told)
			p->told = path->start;
	}
	if ((path->phase == SELECT_STOPPING || path->phase == SELECT_LOST) &&
		p->said_release != path->start) {
		p->said_release = path->start;
		p->release_asked = path->start;
	}
}

/* ---- what must hold ---- */

static void check_owner(const struct mw *w)
{
	const struct adapter *a = &w->adapter;
	unsigned owners = 0, live = 0;

	for (int i = 0; i < SELECT_PATHS; i++) {
		live += a->path[i].phase == SELECT_LIVE || a->path[i].phase == SELECT_STOPPING;
		owners += touches(&w->plane[i]);
		/* who touches them is known to own them */
		assert(!touches(&w->plane[i]) || select_owns(a->path[i].phase));
		if (a->path[i].phase == SELECT_LIVE && w->plane[i].alive && w->plane[i].control_up)
			assert(w->plane[i].told == a->path[i].start &&
				w->plane[i].released < a->path[i].start);
	}
	assert(owners <= 1);
	assert(live <= 1);
}

static void refer(const struct mw *w, uint8_t *seen, int slot)
{
	if (slot < 0)
		return;
	assert(slot < KEEP_SLOTS && w->open[slot] && w->slots.used[slot]);
	assert(!seen[slot]++);
}

static void check_slots(const struct mw *w)
{
	const struct vu_back *s = &w->adapter.session;
	uint8_t seen[KEEP_SLOTS] = {0};

	refer(w, seen, w->adapter.listener);
	refer(w, seen, w->adapter.conn);
	refer(w, seen, w->adapter.region);
	for (unsigned i = 0; i < VU_REGIONS_MAX; i++)
		refer(w, seen, s->device.mem_fds[i]);
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		refer(w, seen, s->device.ring[i].kick_fd);
		refer(w, seen, s->device.ring[i].call_fd);
		refer(w, seen, s->device.ring[i].err_fd);
	}
	for (unsigned i = 0; i < SELECT_PATHS; i++)
		refer(w, seen, w->adapter.path[i].conn);
	for (unsigned i = 0; i < KEEP_SLOTS; i++)
		assert(seen[i] == w->slots.used[i] && seen[i] == w->open[i]);
}

static void check_waiting(const struct mw *w)
{
	const struct adapter *a = &w->adapter;
	bool somebody = false;

	for (uint32_t i = 0; i < a->n_paths; i++) {
		const struct path *p = &a->path[i];

		somebody |= p->phase == SELECT_LIVE || p->phase == SELECT_STOPPING;
		if (p->phase == SELECT_GREETING || p->phase == SELECT_PRIMING ||
			p->phase == SELECT_STOPPING)
			assert(p->deadline_ns);
		if (p->phase == SELECT_LIVE && vu_feed_awaits(&p->feed))
			assert(p->deadline_ns);
		if (p->phase == SELECT_LOST && p->incarnation)
			assert(p->deadline_ns);
		assert((p->conn >= 0) == (p->phase != SELECT_ABSENT && p->phase != SELECT_LOST &&
						 p->phase != SELECT_REFUSED));
	}
	assert(!a->session.owed.request || somebody);
	assert(a->session.connected || !a->session.owed.request);
}

static void check_profile(const struct mw *w)
{
	const struct adapter *a = &w->adapter;

	assert(!a->leaving || adapter_live(a) < 0);
	assert(a->session.connected || !adapter_pending(a));
	for (uint32_t i = 0; i < a->n_paths; i++) {
		const struct vu_front_want *want = &a->path[i].feed.front.want;

		if (a->path[i].phase != SELECT_GREETING && a->path[i].phase != SELECT_PRIMING &&
			a->path[i].phase != SELECT_READY)
			continue;
		assert(want->virtio_features == (a->config.profile.virtio_features |
							UINT64_C(1) << VU_F_PROTOCOL_FEATURES));
		assert(want->queues == a->config.profile.queue_pairs + (w->scsi ? 2u : 0));
	}
}

void mw_check(struct mw *w)
{
	check_profile(w);
	check_owner(w);
	check_slots(w);
	check_waiting(w);
}

void mw_commit(struct mw *w)
{
	int live;

	for (int i = 0; i < SELECT_PATHS; i++)
		tell(w, i);
	carry_out(w);
	live = adapter_live(&w->adapter);
	if (live >= 0 && w->last_live != live) {
		w->switches += w->last_live >= 0;
		w->lives++;
		w->last_live = live;
	}
	mw_check(w);
	w->steps++;
}
