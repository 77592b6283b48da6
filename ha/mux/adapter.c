/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter.c - the events of a client adapter: each changes something, and route_settle() draws the
 * consequences. Pure; the caller owns the struct, stores it and carries out the operations.
 */
#include "ha/mux/adapter.h"

#include "ha/mux/adapter_life.h"
#include "ha/mux/route.h"
#include "vios-core/base/deadline.h"
#include "vios-core/vhostuser/vu_explain.h"
#include "vios-core/vhostuser/vu_profile.h"

#include <errno.h>
#include <string.h>

int adapter_live(const struct adapter *a)
{
	const int i = route_owner(a);

	return i >= 0 && a->path[i].phase == SELECT_LIVE ? i : -1;
}

void adapter_client_opened(struct adapter *a, struct adapter_context *c, int slot)
{
	a->conn = slot;
	vu_back_open(&a->session);
	route_settle(a, c);
}

void adapter_client_closed(struct adapter *a, struct adapter_context *c)
{
	adapter_forget_client(a, c);
	a->teardown_until_ns = 0;
	route_settle(a, c);
}

/* A client stops its rings one by one; what is left is not started again until it has finished. */
static void watch_teardown(
	struct adapter *a, const struct adapter_context *c, const struct vu_msg *m)
{
	if (vu_back_stops(m))
		a->teardown_until_ns = c->now_ns + ADAPTER_MS(ADAPTER_TEARDOWN_MS);
	else if (vu_back_starts(m))
		a->teardown_until_ns = 0;
}

enum vu_fault adapter_client_message(struct adapter *a, struct adapter_context *c, struct vu_msg *m)
{
	const struct vu_back_offer offer = vu_profile_offer(&a->config);
	struct vu_keep way;
	enum vu_fault fault;

	route_to_client(&way, a, c);
	fault = vu_back_message(&a->session, &offer, &way.client, m);
	if (fault)
		return fault;
	watch_teardown(a, c, m);
	route_settle(a, c);
	return VU_OK;
}

bool adapter_client_ready(const struct adapter *a)
{
	const int live = adapter_live(a);

	/* A client that changes its mind faster than the live path can follow has to wait for it.
	 */
	if (live >= 0 && vu_feed_awaits(&a->path[live].feed) >= ADAPTER_AWAITED_MAX)
		return false;
	return a->session.connected && a->session.owed.request == 0;
}

void adapter_path_connected(struct adapter *a, struct adapter_context *c, int p, int slot)
{
	a->path[p].conn = slot;
	route_event(a, c, p, SELECT_CONNECTED);
	route_settle(a, c);
}

/* STOPPING ends when every answer is in and the data plane has promised. */
static void check_stopped(struct adapter *a, struct adapter_context *c, int i)
{
	struct path *p = &a->path[i];

	if (p->phase == SELECT_STOPPING && p->released && vu_feed_awaits(&p->feed) == 0)
		route_event(a, c, i, SELECT_STOPPED);
}

static void note_progress(struct adapter *a, const struct adapter_context *c, struct path *p)
{
	if (p->phase == SELECT_LIVE)
		p->deadline_ns = vu_feed_awaits(&p->feed) ? c->now_ns + route_limit_ns(a) : 0;
}

void adapter_path_message(
	struct adapter *a, struct adapter_context *c, int i, const struct vu_msg *m)
{
	struct path *p = &a->path[i];
	struct vu_front_event event;
	struct vu_keep way;

	route_to_path(&way, a, i, c);
	vu_feed_input(&p->feed, &a->session, m, &way.path, &event);
	switch (event.kind) {
	case VU_FRONT_EV_READY:
		route_event(a, c, i, SELECT_GREETED);
		break;
	case VU_FRONT_EV_REFUSED:
	case VU_FRONT_EV_BROKEN:
		vu_explain_event(&event, &p->feed.front.want, p->reason, sizeof(p->reason));
		route_event(a, c, i, SELECT_BROKEN);
		break;
	case VU_FRONT_EV_NONE:
	case VU_FRONT_EV_DONE:
		note_progress(a, c, p);
		check_stopped(a, c, i);
		break;
	}
	route_settle(a, c);
}

void adapter_path_broken(struct adapter *a, struct adapter_context *c, int p, const char *reason)
{
	route_explain(&a->path[p], reason);
	route_event(a, c, p, SELECT_BROKEN);
	route_settle(a, c);
}

void adapter_path_hung_up(struct adapter *a, struct adapter_context *c, int p)
{
	route_explain(&a->path[p], "hung up");
	route_event(a, c, p, SELECT_HUNG_UP);
	route_settle(a, c);
}

void adapter_path_retry(struct adapter *a, struct adapter_context *c, int p)
{
	route_event(a, c, p, SELECT_RETRY);
	route_settle(a, c);
}

void adapter_path_state(struct adapter *a, struct adapter_context *c, int p,
	enum model_path_state state, uint64_t generation)
{
	if (a->path[p].state != state)
		a->pinned = -1; /* an operator's wish holds until the pair thinks again */
	a->path[p].state = state;
	a->path[p].generation = generation;
	route_settle(a, c);
}

void adapter_control_up(struct adapter *a, struct adapter_context *c, int i)
{
	struct path *p = &a->path[i];

	/* One data plane at a time runs in a VIOS: an owner that we never knew can only be this. */
	if (p->phase == SELECT_LOST && p->incarnation == 0) {
		p->incarnation = c->incarnation[a->plane][i];
		p->deadline_ns = c->now_ns + route_limit_ns(a);
	}
	route_settle(a, c);
}

void adapter_control_lost(struct adapter *a, struct adapter_context *c, int p)
{
	if (select_owns(a->path[p].phase))
		route_explain(&a->path[p], "its control connection hung up");
	route_event(a, c, p, SELECT_CONTROL_LOST);
	route_settle(a, c);
}

/* Also for a path that owns nothing: its reason must not outlive the proof. */
static void proven(struct adapter *a, struct adapter_context *c, int i, enum select_event event)
{
	struct path *p = &a->path[i];

	route_event(a, c, i, event);
	if (p->phase == SELECT_ABSENT) {
		p->deadline_ns = 0;
		p->incarnation = 0;
	}
}

void adapter_released(struct adapter *a, struct adapter_context *c, int i, uint64_t start)
{
	struct path *p = &a->path[i];

	if (start < p->start || c->incarnation[a->plane][i] != p->incarnation)
		return;
	p->released = p->phase == SELECT_STOPPING;
	proven(a, c, i, SELECT_RELEASED);
	check_stopped(a, c, i);
	route_settle(a, c);
}

void adapter_died(struct adapter *a, struct adapter_context *c, int i, uint64_t incarnation)
{
	struct path *p = &a->path[i];

	if (incarnation == 0 || p->incarnation != incarnation || !select_owns(p->phase))
		return;
	route_explain(p, "its data plane died");
	proven(a, c, i, SELECT_DIED);
	route_settle(a, c);
}

void adapter_nobody(struct adapter *a, struct adapter_context *c, int i)
{
	if (a->path[i].phase != SELECT_LOST || a->path[i].incarnation != 0)
		return;
	route_explain(&a->path[i], "nobody listens there");
	proven(a, c, i, SELECT_DIED);
	route_settle(a, c);
}

void adapter_ban(struct adapter *a, struct adapter_context *c, bool banned)
{
	a->banned = banned;
	route_settle(a, c);
}

int adapter_switch(struct adapter *a, struct adapter_context *c, int to, const char **why)
{
	struct path *p = &a->path[to];

	if (a->banned) {
		*why = "it has killed data planes; see viosctl quarantine";
		return -EAGAIN;
	}
	if (adapter_live(a) == to) {
		a->pinned = to;
		return 0;
	}
	if (p->phase != SELECT_READY || !c->control_up[a->plane][to]) {
		*why = p->reason[0] ? p->reason : "it is not ready";
		return -EAGAIN;
	}
	if (p->state > MODEL_PATH_STANDBY) {
		*why = model_path_state_name(p->state);
		return -EAGAIN;
	}
	a->pinned = to;
	if (route_owner(a) < 0)
		a->current = to;
	route_settle(a, c);
	return 0;
}

/* Its time is up: a standby is dropped, an owner lost, a lost owner reported. */
static void expire(struct adapter *a, struct adapter_context *c, int i)
{
	struct path *p = &a->path[i];

	p->deadline_ns = 0;
	if (p->phase == SELECT_LOST) {
		p->evictions++;
		p->deadline_ns = c->now_ns + ADAPTER_MS(ADAPTER_EVICT_AGAIN_MS);
		return;
	}
	route_explain(p, "no answer in time");
	route_event(a, c, i, SELECT_BROKEN);
	if (p->phase == SELECT_LOST)
		p->deadline_ns = c->now_ns; /* it has had its time: evict at once */
}

void adapter_tick(struct adapter *a, struct adapter_context *c)
{
	for (uint32_t i = 0; i < a->n_paths; i++) {
		struct path *p = &a->path[i];

		while (p->deadline_ns && p->deadline_ns <= c->now_ns)
			expire(a, c, (int)i);
	}
	route_settle(a, c);
}

uint64_t adapter_deadline_ns(const struct adapter *a)
{
	uint64_t first = deadline_sooner(a->teardown_until_ns, a->hesitate_until_ns);

	for (uint32_t i = 0; i < a->n_paths; i++)
		first = deadline_sooner(first, a->path[i].deadline_ns);
	return first;
}
