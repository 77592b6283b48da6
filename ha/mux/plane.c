/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plane.c - what the mux says to and hears from each VIOS's data planes, its netd and the scsids of
 * this client, and what proves that one is dead. The mux's thread; pidfds are in slots.
 */
#include "ha/mux/control_priv.h"
#include "ha/mux/mux.h"
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/model/plane_note.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* It takes well under 1 ms when it runs; stopped, it costs that much. */
#define FRAMED_SAYS_US 50000

/* ---- proofs of death ---- */

void plane_died(struct step *s, uint32_t plane, int vios, uint64_t incarnation)
{
	for (uint32_t i = 0; i < s->state->n_adapters; i++)
		if (s->state->adapter[i].plane == plane)
			adapter_died(&s->state->adapter[i], &s->ctx, vios, incarnation);
}

static void check_deaths(struct mux *m)
{
	struct step s = mux_begin(m);

	for (uint32_t p = 0; p < ADAPTER_PLANES; p++)
		for (uint32_t v = 0; v < s.state->n_vios; v++)
			control_check_death(&s, p, (int)v);
	mux_commit(&s);
}

static int on_pidfd(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	check_deaths(user);
	return 0;
}

static int on_untold(sd_event_source *source, uint64_t usec, void *user)
{
	check_deaths(user);
	return 0;
}

/*
 * A request that killed one data plane must not get to the other. vios-framed says of each death
 * whether a client is to blame, and says that first; so a pidfd, which only says that it is dead,
 * waits a moment for it.
 */
static bool story_awaited(struct step *s, uint32_t plane, int vios, uint64_t incarnation)
{
	struct plane *p = &s->mux->control->plane[plane];

	if (!p->c->framed.up || !plane_owns(s->state, plane, vios, incarnation))
		return false;
	if (p->untold[vios].incarnation != incarnation) {
		p->untold[vios].incarnation = incarnation;
		return retimer_set(s->mux->watch.ev, &p->untold[vios].timer, FRAMED_SAYS_US,
			       on_untold, s->mux) >= 0;
	}
	return sd_event_source_get_enabled(p->untold[vios].timer, NULL) > 0;
}

void control_check_death(struct step *s, uint32_t plane, int vios)
{
	const struct state_plane *p = &s->state->plane[plane][vios];

	if (keep_watch_ready(p->pidfd) && !story_awaited(s, plane, vios, p->incarnation))
		plane_died(s, plane, vios, p->incarnation);
}

bool plane_owns(const struct state *st, uint32_t plane, int vios, uint64_t incarnation)
{
	for (uint32_t i = 0; i < st->n_adapters; i++)
		if (st->adapter[i].plane == plane && select_owns(st->adapter[i].path[vios].phase) &&
			st->adapter[i].path[vios].incarnation == incarnation)
			return true;
	return false;
}

/* Another process says hello from there. Not believed while the one before lives and owns rings. */
static int change_plane(
	struct step *s, uint32_t plane, int vios, uint64_t incarnation, struct rpc_fds *fds)
{
	struct state_plane *p = &s->state->plane[plane][vios];
	int slot;

	control_check_death(s, plane, vios);
	if (plane_owns(s->state, plane, vios, p->incarnation) && p->incarnation != 0)
		return -EBUSY;
	if (fds->n != 1 || fds->fd[0] < 0)
		return -EBADMSG;
	slot = mux_store(s, fds->fd[0]);
	fds->fd[0] = -1;
	if (slot < 0)
		return slot;
	keep_drop(s->ctx.ops, s->ctx.slots, &p->pidfd);
	p->pidfd = slot;
	p->incarnation = incarnation;
	return 0;
}

static int greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	struct plane *p = l->user;
	struct mux *m = p->c->m;
	struct plane_note note;
	struct step s;
	int err = 0;

	if (plane_note_parse(result, &note) < 0 ||
		state_find_vios(mux_state(m), note.vios) != l->vios ||
		state_find_plane(mux_state(m), note.adapter) != (int)p->number)
		return -EBADMSG;
	if (p->number && !note.configured)
		return -EAGAIN; /* it owns nothing, but cannot promise it yet */
	s = mux_begin(m);
	if (s.state->plane[p->number][l->vios].incarnation != note.incarnation)
		err = change_plane(&s, p->number, l->vios, note.incarnation, fds);
	if (!err) {
		l->up = m->control_up[p->number][l->vios] = true;
		s.ctx.control_up[p->number][l->vios] = true;
		m->control_pid[p->number][l->vios] = rpc_conn_peer(l->conn).pid;
		s.ctx.incarnation[p->number][l->vios] = note.incarnation;
		for (uint32_t i = 0; i < s.state->n_adapters; i++) {
			if (s.state->adapter[i].plane != p->number)
				continue;
			p->c->told[i][l->vios].start = p->c->told[i][l->vios].release = 0;
			adapter_control_up(&s.state->adapter[i], &s.ctx, l->vios);
		}
	}
	mux_commit(&s);
	return err;
}

/* Tells each adapter that it serves. */
static void tell_adapters(struct rpc_link *l, bool check,
	void (*event)(struct adapter *a, struct adapter_context *c, int path))
{
	const struct plane *p = l->user;
	struct step s = mux_begin(p->c->m);

	if (check)
		control_check_death(&s, p->number, l->vios);
	for (uint32_t i = 0; i < s.state->n_adapters; i++)
		if (s.state->adapter[i].plane == p->number)
			event(&s.state->adapter[i], &s.ctx, l->vios);
	mux_commit(&s);
}

static void lost(struct rpc_link *l)
{
	const struct plane *p = l->user;

	p->c->m->control_up[p->number][l->vios] = false;
	tell_adapters(l, true, adapter_control_lost);
}

static void nobody(struct rpc_link *l)
{
	tell_adapters(l, false, adapter_nobody);
}

static json_t *hello(struct rpc_link *l)
{
	return control_who(((struct plane *)l->user)->c);
}

static const struct rpc_link_kind kind = {
	.name = "data-plane",
	.service = {.closed = rpc_link_closed},
	.hello = "hello",
	.hello_params = hello,
	.greeted = greeted,
	.lost = lost,
	.nobody = nobody,
};

void plane_fini(struct plane *p)
{
	for (int v = 0; v < SELECT_PATHS; v++) {
		p->untold[v].timer = sd_event_source_disable_unref(p->untold[v].timer);
		rpc_link_fini(&p->link[v]);
	}
}

void plane_init(struct control *c, uint32_t number)
{
	struct plane *p = &c->plane[number];

	plane_fini(p);
	*p = (struct plane){.c = c, .number = number};
	for (int v = 0; v < SELECT_PATHS; v++) {
		c->m->control_up[number][v] = false;
		rpc_link_init(&p->link[v], &kind, c->m->watch.ev, v, p);
	}
}

void plane_try(struct control *c)
{
	for (uint32_t p = 0; p < ADAPTER_PLANES; p++)
		for (int v = 0; v < SELECT_PATHS; v++)
			rpc_link_try(&c->plane[p].link[v]);
}

void control_follow(struct mux *m)
{
	for (uint32_t i = 0; i < mux_state(m)->n_adapters; i++) {
		struct plane *p = &m->control->plane[mux_state(m)->adapter[i].plane];

		if (!mux_state(m)->adapter[i].used || p->link[0].path.text[0])
			continue;
		for (uint32_t v = 0; v < mux_state(m)->n_vios; v++) {
			const struct state *st = mux_state(m);

			runpath_scsid(&p->link[v].path, m->run, st->vios[v].name, st->client,
				st->adapter[i].config.name);
			rpc_link_try(&p->link[v]);
		}
	}
}

/* A call about one start of one path. */
struct about {
	struct control *c;
	uint32_t adapter, id;
	int vios;
	uint64_t start;
};

/* In its place may be another by now, or nobody. */
static bool current(const struct about *about)
{
	return mux_state(about->c->m)->adapter[about->adapter].config.id == about->id;
}

static void on_released(
	json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct about *about = user;
	struct control *c = about->c;
	struct step s;

	if (current(about) && code) {
		c->told[about->adapter][about->vios].release = 0; /* asked again at the next step */
		if (code != RPC_CLOSED)
			log_warn("release-failed", "vios=%d start=%llu reason=\"%s\"", about->vios,
				(unsigned long long)about->start, message);
	} else if (current(about)) {
		s = mux_begin(c->m);
		adapter_released(
			&s.state->adapter[about->adapter], &s.ctx, about->vios, about->start);
		mux_commit(&s);
	}
	free(about);
}

static void on_started(
	json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct about *about = user;
	struct mux *m = about->c->m;
	const struct path *p = &mux_state(m)->adapter[about->adapter].path[about->vios];
	char why[PATH_REASON_BYTES];
	struct step s;

	if (code && code != RPC_CLOSED && current(about) && p->phase == SELECT_LIVE &&
		p->start == about->start) {
		snprintf(why, sizeof(why), "start refused: %s", message);
		s = mux_begin(m);
		/* The clock has been set back since a former life: far above all it may have used.
		 */
		s.state->adapter[about->adapter].start += UINT64_C(1) << 36;
		adapter_path_broken(&s.state->adapter[about->adapter], &s.ctx, about->vios, why);
		mux_commit(&s);
	}
	free(about);
}

static bool call_plane(struct control *c, const char *method, uint32_t adapter, int vios,
	uint64_t start, rpc_answer_fn *fn)
{
	const struct state *st = mux_state(c->m);
	struct about *about = malloc(sizeof(*about));

	if (!about)
		return false;
	*about = (struct about){c, adapter, st->adapter[adapter].config.id, vios, start};
	if (rpc_call_send(c->plane[st->adapter[adapter].plane].link[vios].conn, method,
		    json_pack("{s:s, s:I}", "adapter", state_adapter_name(st, adapter).text,
			    "start", (json_int_t)start),
		    NULL, 0, 0, fn, about) == 0)
		return true;
	free(about);
	return false;
}

void plane_tell(struct control *c, uint32_t adapter, int vios, const struct state *st)
{
	const struct path *p = &st->adapter[adapter].path[vios];
	const uint32_t plane = st->adapter[adapter].plane;
	struct told *told = &c->told[adapter][vios];

	if (!c->plane[plane].link[vios].up || p->incarnation != st->plane[plane][vios].incarnation)
		return;
	if (p->phase == SELECT_LIVE && told->start != p->start) {
		told->start = p->start;
		call_plane(c, "start", adapter, vios, p->start, on_started);
	}
	if ((p->phase == SELECT_STOPPING || p->phase == SELECT_LOST) && told->release != p->start) {
		told->release = p->start;
		call_plane(c, "release", adapter, vios, p->start, on_released);
	}
}

static void on_heard(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct about *about = user;

	service_heard(&about->c->service, about->adapter, about->start);
	free(about);
}

bool control_hint(struct mux *m, uint32_t adapter, int vios, const char *hint, uint64_t number)
{
	return mux_state(m)->adapter[adapter].plane == 0 && vios >= 0 &&
	       m->control->plane[0].link[vios].up &&
	       call_plane(m->control, hint, adapter, vios, number, on_heard);
}

void plane_watch(struct mux *m)
{
	const struct state *st = mux_state(m);

	for (uint32_t p = 0; p < ADAPTER_PLANES; p++)
		for (uint32_t v = 0; v < st->n_vios; v++)
			keep_watch_add(&m->watch, st->plane[p][v].pidfd, EPOLLET, on_pidfd, m);
}
