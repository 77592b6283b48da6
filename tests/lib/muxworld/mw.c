/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mw.c - the events of the world: time, data planes and their connections. Each keeps to what the
 * mux's edges promise: a message comes only from a connection that is open, a hello only from a
 * process that lives, a death is told only of the dead.
 */
#include "tests/lib/muxworld/mw.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

uint8_t mw_next(struct mw *w)
{
	if (w->size == 0)
		return 0;
	w->size--;
	return *w->data++;
}

uint64_t mw_next_u64(struct mw *w)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)mw_next(w) << 8 * i;
	return v;
}

int mw_slot(struct mw *w)
{
	int slot = keep_slot_alloc(&w->slots);

	if (slot >= 0)
		w->open[slot] = true;
	return slot;
}

static int used_idx(const struct vu_back *s, uint32_t ring, uint16_t *out, void *user)
{
	const struct mw *w = user;

	if (w->memory_gone)
		return -ENODATA;
	*out = (uint16_t)(ring + 1000);
	return 0;
}

struct adapter_context mw_context(struct mw *w)
{
	struct adapter_context c = {.now_ns = w->now_ns,
		.ops = &w->ops,
		.slots = &w->slots,
		.used_idx = used_idx,
		.user = w};

	for (int i = 0; i < SELECT_PATHS; i++) {
		c.control_up[i] = w->plane[i].control_up;
		c.incarnation[i] = w->plane[i].known;
	}
	return c;
}

/* ---- the client comes and goes ---- */

static void client_comes(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);
	int slot;

	if (w->adapter.session.connected)
		return;
	slot = mw_slot(w);
	if (slot < 0)
		return;
	keep_accept(&w->ops, w->adapter.listener, slot);
	adapter_client_opened(&w->adapter, &c, slot);
	mw_commit(w);
}

static void client_goes(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);

	if (!w->adapter.session.connected)
		return;
	adapter_client_closed(&w->adapter, &c);
	mw_commit(w);
}

static void client_says(struct mw *w, int unused)
{
	mw_client_message(w);
}

static void memory_goes(struct mw *w, int unused)
{
	w->memory_gone = mw_next(w) < 32;
}

/* vios-framed finds that the adapter kills data planes, and that it may go on after all. */
static void banned(struct mw *w, int unused)
{
	struct adapter_context c = mw_context(w);

	adapter_ban(&w->adapter, &c, !w->adapter.banned);
	mw_commit(w);
}

static void time_passes(struct mw *w, int unused)
{
	static const unsigned ms[] = {1, 1, 5, 20, 25, 60, 150, 1100, 3500};
	struct adapter_context c;
	uint64_t deadline_ns;

	w->now_ns += ms[mw_next(w) % 9] * UINT64_C(1000000);
	if (w->adapter.banned && mw_next(w) < 64)
		banned(w, 0);
	deadline_ns = adapter_deadline_ns(&w->adapter);
	if (!deadline_ns || deadline_ns > w->now_ns)
		return;
	c = mw_context(w);
	adapter_tick(&w->adapter, &c);
	mw_commit(w);
}

/* ---- vhost-user with a plane ---- */

static void device_gone(struct mw_plane *p)
{
	memset(p->kicked, 0, sizeof(p->kicked));
	p->quiescing = false;
	p->n_inbox = 0;
}

static void connects(struct mw *w, int i)
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
	adapter_path_connected(&w->adapter, &c, i, slot);
	mw_commit(w);
}

static void hung_up(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	if (w->adapter.path[i].conn < 0)
		return;
	adapter_path_hung_up(&w->adapter, &c, i);
	mw_commit(w);
}

/* rte_vhost hangs up before it destroys the device: its workers may go on for a while. */
static void hangs_up(struct mw *w, int i)
{
	w->plane[i].connected = false;
	hung_up(w, i);
}

/* The plane sees that its connection is gone, or its workers that the rings are stopped. */
static void notices(struct mw *w, int i)
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
		w->plane[i].quiescing = true; /* its workers may be in a ring still */
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
		if (m.request == VU_SET_VRING_KICK && vu_msg_get_u64(&m, &value))
			p->kicked[value & VU_VRING_INDEX_MASK] = true;
		if (!vu_msg_wants_answer(&m, true))
			continue;
		answer_value(w, i, &m);
		if (spoilt && n == 0)
			spoil(w, &m);
		if (p->connected)
			deliver(w, i, &m);
	}
}

static void answers_one(struct mw *w, int i)
{
	works(w, i, 1, false);
}

static void answers_all(struct mw *w, int i)
{
	works(w, i, MW_INBOX, false);
}

static void answers_wrong(struct mw *w, int i)
{
	works(w, i, 1 + mw_next(w) % 4u, true);
}

static void answers_unasked(struct mw *w, int i)
{
	struct vu_msg m;

	vu_msg_u64(&m, mw_next(w) % 48u, mw_next(w) % 2u);
	vu_msg_make_reply(&m);
	if (w->plane[i].alive && w->plane[i].connected)
		deliver(w, i, &m);
}

static void retries(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	if (w->adapter.path[i].phase != SELECT_REFUSED)
		return;
	adapter_path_retry(&w->adapter, &c, i);
	mw_commit(w);
}

/* ---- control ---- */

static void tell_death(struct mw *w, int i, uint64_t incarnation)
{
	struct adapter_context c = mw_context(w);

	adapter_died(&w->adapter, &c, i, incarnation);
	mw_commit(w);
}

/* Old news: of a process that has been dead for long. */
static void old_death(struct mw *w, int i)
{
	if (w->plane[i].incarnation > 1)
		tell_death(w, i, w->plane[i].incarnation - 1);
}

static void says_hello(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	const struct path *path = &w->adapter.path[i];
	struct adapter_context c;

	if (!p->alive || p->control_up)
		return;
	if (p->known && p->known != p->incarnation) {
		tell_death(w, i, p->known); /* the pidfd says so */
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

static void control_lost(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	struct adapter_context c;

	if (!p->control_up)
		return;
	p->control_up = false;
	p->release_asked = 0;
	if (!p->alive || p->known != p->incarnation)
		tell_death(w, i, p->known);
	c = mw_context(w);
	adapter_control_lost(&w->adapter, &c, i);
	mw_commit(w);
}

static void releases(struct mw *w, int i)
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
		notices(w, i);
	adapter_released(&w->adapter, &c, i, start);
	mw_commit(w);
}

static void nobody_there(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	if (w->plane[i].alive)
		return;
	adapter_nobody(&w->adapter, &c, i);
	mw_commit(w);
}

/* Killed: from now on it touches nothing. Who hears of it first is left to chance. */
static void dies(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];
	uint64_t incarnation = p->incarnation;
	uint8_t order = mw_next(w);

	if (!p->alive)
		return;
	p->alive = p->connected = false;
	device_gone(p);
	if (order & 1)
		tell_death(w, i, incarnation);
	if (order & 2)
		hung_up(w, i);
	if (order & 4)
		control_lost(w, i);
}

static void starts(struct mw *w, int i)
{
	struct mw_plane *p = &w->plane[i];

	if (p->alive)
		return;
	control_lost(w, i);
	hung_up(w, i);
	p->alive = true;
	p->incarnation++;
	p->told = p->released = 0;
	p->release_asked = 0;
	device_gone(p);
}

static void state_changes(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);

	adapter_path_state(&w->adapter, &c, i, mw_next(w) % MODEL_PATH_STATES, w->steps);
	mw_commit(w);
}

static void is_switched_to(struct mw *w, int i)
{
	struct adapter_context c = mw_context(w);
	const char *why = NULL;

	adapter_switch(&w->adapter, &c, i, &why);
	mw_commit(w);
}

typedef void event_fn(struct mw *w, int i);

/* How often each is drawn, relative to the others of its kind. */
static event_fn *const sense[] = {client_comes, client_says, client_says, client_says, client_says,
	time_passes, connects, answers_all, answers_all, answers_one, notices, retries, says_hello,
	releases, starts};
static event_fn *const trouble[] = {client_goes, memory_goes, answers_wrong, answers_unasked,
	hangs_up, control_lost, nobody_there, old_death, dies, dies, state_changes, state_changes,
	is_switched_to, is_switched_to, client_says, banned};

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define TROUBLE_FROM 250 /* of 256 */

bool mw_step(struct mw *w)
{
	uint8_t event = mw_next(w), which = mw_next(w);

	if (w->size == 0)
		return false;
	if (event >= TROUBLE_FROM)
		trouble[which / 2 % N(trouble)](w, which % SELECT_PATHS);
	else
		sense[event % N(sense)](w, which % SELECT_PATHS);
	return true;
}

/* The inbox is too large to be cleared each time. */
static void plane_init(struct mw_plane *p)
{
	memset(p, 0, offsetof(struct mw_plane, inbox));
	p->alive = true;
	p->incarnation = 1;
}

void mw_init(struct mw *w, const uint8_t *data, size_t size)
{
	static const struct model_adapter config = {.name = "eth0",
		.id = 1,
		.profile = {.virtio_features = UINT64_C(1) << 32 | UINT64_C(1) << 29,
			.protocol_features = 1,
			.queue_pairs = 2,
			.ring_size = 256,
			.mtu = 1500}};

	memset(w->open, 0, sizeof(w->open));
	memset(&w->slots, 0, sizeof(w->slots));
	w->ops.n = w->ops.overflow = 0;
	w->memory_gone = false;
	w->steps = w->switches = w->answered = w->lives = 0;
	w->data = data;
	w->size = size;
	w->now_ns = 1000000000;
	w->last_live = -1;
	adapter_init(&w->adapter, &config, 50, SELECT_PATHS, -1, MW_START);
	w->adapter.listener = mw_slot(w);
	for (int i = 0; i < SELECT_PATHS; i++)
		plane_init(&w->plane[i]);
	mw_check(w);
}

void mw_end(struct mw *w)
{
	client_goes(w, 0);
	for (int i = 0; i < SELECT_PATHS; i++) {
		dies(w, i);
		tell_death(w, i, w->plane[i].incarnation);
		hung_up(w, i);
		control_lost(w, i);
	}
	mw_check(w);
}
