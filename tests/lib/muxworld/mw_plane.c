/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mw_plane.c - the events of the data planes and their connections. Each keeps to what the mux's
 * edges promise: a message comes only from a connection that is open, a hello only from a process
 * that lives, a death is told only of the dead.
 */
#include "tests/lib/muxworld/mw_plane.h"

#include <assert.h>
#include <string.h>

/* ---- vhost-user with a plane ---- */

static void device_gone(struct mw_plane *p)
{
	memset(p->kicked, 0, sizeof(p->kicked));
	p->has_region = p->quiescing = false;
	p->n_inbox = 0;
}

void mw_connects(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	struct adapter_context c = mw_context(w);
	int slot;

	if (!p->alive || !p->control_up || w->adapter.path[i].phase != SELECT_ABSENT)
		return;
	slot = mw_slot(w);
	if (slot < 0)
		return;
	device_gone(p);
	p->connected = true;
	p->needs_region = w->scsi;
	adapter_path_connected(&w->adapter, &c, i, slot);
	mw_commit(w);
}

void mw_hung_up(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	if (w->adapter.path[i].conn < 0)
		return;
	adapter_path_hung_up(&w->adapter, &c, i);
	mw_commit(w);
}

/* rte_vhost hangs up before it destroys the device: its workers may go on for a while. */
void mw_hangs_up(struct mw *w, int i)
{
	w->plane[i].connected = false;
	mw_hung_up(w, i);
}

/* The plane sees that its connection is gone, or its workers that the rings are stopped. */
void mw_notices(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];

	if (w->adapter.path[i].conn < 0 || !p->connected)
		device_gone(p);
	else if (p->quiescing)
		memset(p->kicked, 0, sizeof(p->kicked));
	p->quiescing = false;
}

static void answer_value(struct mw *w, int i, struct vu_msg *m)
{
	const struct model_profile *profile = &w->adapter.config.profile;
	struct vu_vring_state s = {0, 0};

	switch (m->request) {
	case VU_GET_FEATURES:
		vu_msg_u64(m, m->request,
			profile->virtio_features | UINT64_C(1) << VU_F_PROTOCOL_FEATURES);
		break;
	case VU_GET_PROTOCOL_FEATURES:
	case VU_GET_QUEUE_NUM:
		vu_msg_u64(m, m->request, UINT32_MAX);
		break;
	case VU_GET_VRING_BASE:
		vu_msg_get_state(m, &s);
		vu_msg_state(m, m->request, s.index, 1000);
		/* its workers may be in a ring still, unless it has promised that they are not */
		w->plane[i].quiescing = w->plane[i].told > w->plane[i].released;
		if (!w->plane[i].quiescing)
			memset(w->plane[i].kicked, 0, sizeof(w->plane[i].kicked));
		break;
	default:
		vu_msg_u64(m, m->request, 0);
		break;
	}
	vu_msg_make_reply(m);
}

static void spoil(struct mw *w, struct vu_msg *m)
{
	switch (mw_next(w) % 5) {
	case 0:
		m->request = mw_next(w) % 48u;
		break;
	case 1:
		m->flags = mw_next(w);
		break;
	case 2:
		m->size_bytes = mw_next(w);
		break;
	case 3:
		m->n_fds = mw_next(w) % 3u;
		break;
	default:
		m->payload[mw_next(w) % 8u] ^= (uint8_t)(1u + mw_next(w) % 255u);
		break;
	}
}

static void deliver(struct mw *w, int i, struct vu_msg *m)
{
	struct adapter_context c = mw_context(w);

	if (w->adapter.path[i].conn < 0)
		return;
	for (unsigned f = 0; f < VU_FDS_MAX; f++)
		m->fds[f] = -1;
	adapter_path_message(&w->adapter, &c, i, m);
	mw_commit(w);
}

/* The plane works on n requests; the last answer may be spoilt. */
static void works(struct mw *w, int i, unsigned n, bool spoilt)
{
	struct mw_plane *p = &w->plane[i];

	while (p->alive && p->n_inbox > 0 && n-- > 0) {
		struct vu_msg m = p->inbox[p->first_inbox];
		uint64_t value = 0;

		p->first_inbox = (p->first_inbox + 1) % MW_INBOX;
		p->n_inbox--;
		p->has_region |= m.request == VU_SET_INFLIGHT_FD;
		if (m.request == VU_SET_VRING_KICK && vu_msg_get_u64(&m, &value)) {
			assert(p->has_region == p->needs_region);
			p->kicked[value & VU_VRING_INDEX_MASK] = true;
		}
		if (!vu_msg_wants_answer(&m, true))
			continue;
		answer_value(w, i, &m);
		if (spoilt && n == 0)
			spoil(w, &m);
		if (p->connected)
			deliver(w, i, &m);
	}
}

void mw_answers_one(struct mw *w, int i)
{
	works(w, i, 1, false);
}

void mw_answers_all(struct mw *w, int i)
{
	works(w, i, MW_INBOX, false);
}

void mw_answers_wrong(struct mw *w, int i)
{
	works(w, i, 1 + mw_next(w) % 4u, true);
}

void mw_answers_unasked(struct mw *w, int i)
{
	struct vu_msg m;

	vu_msg_u64(&m, mw_next(w) % 48u, mw_next(w) % 2u);
	vu_msg_make_reply(&m);
	if (w->plane[i].alive && w->plane[i].connected)
		deliver(w, i, &m);
}

void mw_retries(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	if (w->adapter.path[i].phase != SELECT_REFUSED)
		return;
	adapter_path_retry(&w->adapter, &c, i);
	mw_commit(w);
}

/* ---- control ---- */

void mw_tell_death(struct mw *w, int i, uint64_t incarnation)
{
	struct adapter_context c = mw_context(w);

	adapter_died(&w->adapter, &c, i, incarnation);
	mw_commit(w);
}

/* Old news: of a process that has been dead for long. */
void mw_old_death(struct mw *w, int i)
{
	if (w->plane[i].incarnation > 1)
		mw_tell_death(w, i, w->plane[i].incarnation - 1);
}

void mw_says_hello(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	const struct path *path = &w->adapter.path[i];
	struct adapter_context c;

	if (!p->alive || p->control_up)
		return;
	if (p->known && p->known != p->incarnation) {
		mw_tell_death(w, i, p->known); /* the pidfd says so */
		if (select_owns(path->phase) && path->incarnation == p->known)
			return;
	}
	p->known = p->incarnation;
	p->control_up = true;
	p->said_start = p->said_release = 0;
	c = mw_context(w);
	adapter_control_up(&w->adapter, &c, i);
	mw_commit(w);
}

void mw_control_lost(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	struct adapter_context c;

	if (!p->control_up)
		return;
	p->control_up = false;
	p->release_asked = 0;
	if (!p->alive || p->known != p->incarnation)
		mw_tell_death(w, i, p->known);
	c = mw_context(w);
	adapter_control_lost(&w->adapter, &c, i);
	mw_commit(w);
}

void mw_releases(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	struct adapter_context c = mw_context(w);
	uint64_t start = p->release_asked;

	if (!p->alive || !p->control_up || !start || p->known != p->incarnation)
		return;
	p->release_asked = 0;
	if (start > p->released)
		p->released = start;
	if (p->quiescing)
		mw_notices(w, i);
	adapter_released(&w->adapter, &c, i, start);
	mw_commit(w);
}

void mw_nobody_there(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	if (w->plane[i].alive)
		return;
	adapter_nobody(&w->adapter, &c, i);
	mw_commit(w);
}

/* Killed: from now on it touches nothing. Who hears of it first is left to chance. */
void mw_dies(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	uint64_t incarnation = p->incarnation;
	uint8_t order = mw_next(w);

	if (!p->alive)
		return;
	p->alive = p->connected = false;
	device_gone(p);
	if (order & 1)
		mw_tell_death(w, i, incarnation);
	if (order & 2)
		mw_hung_up(w, i);
	if (order & 4)
		mw_control_lost(w, i);
}

void mw_starts(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];

	if (p->alive)
		return;
	mw_control_lost(w, i);
	mw_hung_up(w, i);
	p->alive = true;
	p->incarnation++;
	p->told = p->released = 0;
	p->release_asked = 0;
	device_gone(p);
}

void mw_state_changes(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	adapter_path_state(&w->adapter, &c, i, mw_next(w) % MODEL_PATH_STATES, w->steps);
	mw_commit(w);
}

void mw_is_switched_to(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);
	const char *why = NULL;

	adapter_switch(&w->adapter, &c, i, &why);
	mw_commit(w);
}
