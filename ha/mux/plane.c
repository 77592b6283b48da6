/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plane.c - what the mux says to and hears from each VIOS's network data plane, and what proves
 * that one is dead. The mux's thread; pidfds are in slots.
 */
#include "ha/mux/control_priv.h"
#include "ha/mux/mux.h"
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/model/incarnation.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* It takes well under 1 ms when it runs; stopped, it costs that much. */
#define FRAMED_SAYS_US 50000

/* ---- proofs of death ---- */

void plane_died(struct step *s, int vios, uint64_t incarnation)
{
	for (uint32_t i = 0; i < s->state->n_adapters; i++)
		adapter_died(&s->state->adapter[i], &s->ctx, vios, incarnation);
}

static bool pidfd_dead(const struct state_vios *v)
{
	struct pollfd p = {.fd = v->pidfd < 0 ? -1 : keep_fd(v->pidfd), .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

static void check_deaths(struct mux *m)
{
	struct step s = mux_begin(m);

	for (uint32_t v = 0; v < s.state->n_vios; v++)
		control_check_death(&s, (int)v);
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
static bool story_awaited(struct step *s, int vios, uint64_t incarnation)
{
	struct control *c = s->mux->control;

	if (!c->framed.up || !plane_owns(s->state, vios, incarnation))
		return false;
	if (c->untold[vios].incarnation != incarnation) {
		c->untold[vios].incarnation = incarnation;
		return retimer_set(c->m->watch.ev, &c->untold[vios].timer, FRAMED_SAYS_US,
			       on_untold, c->m) >= 0;
	}
	return sd_event_source_get_enabled(c->untold[vios].timer, NULL) > 0;
}

void control_check_death(struct step *s, int vios)
{
	const struct state_vios *v = &s->state->vios[vios];

	if (pidfd_dead(v) && !story_awaited(s, vios, v->incarnation))
		plane_died(s, vios, v->incarnation);
}

bool plane_owns(const struct state *st, int vios, uint64_t incarnation)
{
	for (uint32_t i = 0; i < st->n_adapters; i++)
		if (select_owns(st->adapter[i].path[vios].phase) &&
			st->adapter[i].path[vios].incarnation == incarnation)
			return true;
	return false;
}

/* Another process says hello from there. Not believed while the one before lives and owns rings. */
static int change_plane(struct step *s, int vios, uint64_t incarnation, struct rpc_fds *fds)
{
	struct state_vios *v = &s->state->vios[vios];
	int slot;

	control_check_death(s, vios);
	if (plane_owns(s->state, vios, v->incarnation) && v->incarnation != 0)
		return -EBUSY;
	if (fds->n != 1 || fds->fd[0] < 0)
		return -EBADMSG;
	slot = mux_store(s, fds->fd[0]);
	fds->fd[0] = -1;
	if (slot < 0)
		return slot;
	keep_drop(s->ctx.ops, s->ctx.slots, &v->pidfd);
	v->pidfd = slot;
	v->incarnation = incarnation;
	return 0;
}

static int netd_greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	struct control *c = l->user;
	struct mux *m = c->m;
	const char *text = json_string_value(json_object_get(result, "incarnation"));
	const char *name = json_string_value(json_object_get(result, "vios"));
	uint64_t incarnation;
	struct step s;
	int err = 0;

	if (incarnation_parse(text, &incarnation) < 0 ||
		state_find_vios(mux_state(m), name) != l->vios)
		return -EBADMSG;
	s = mux_begin(m);
	if (s.state->vios[l->vios].incarnation != incarnation)
		err = change_plane(&s, l->vios, incarnation, fds);
	if (!err) {
		l->up = m->control_up[l->vios] = s.ctx.control_up[l->vios] = true;
		m->control_pid[l->vios] = rpc_conn_peer(l->conn).pid;
		s.ctx.incarnation[l->vios] = incarnation;
		for (uint32_t i = 0; i < s.state->n_adapters; i++) {
			c->told[i][l->vios].start = c->told[i][l->vios].release = 0;
			adapter_control_up(&s.state->adapter[i], &s.ctx, l->vios);
		}
	}
	mux_commit(&s);
	return err;
}

static void netd_lost(struct rpc_link *l)
{
	struct control *c = l->user;
	struct step s;

	c->m->control_up[l->vios] = false;
	s = mux_begin(c->m);
	control_check_death(&s, l->vios);
	for (uint32_t i = 0; i < s.state->n_adapters; i++)
		adapter_control_lost(&s.state->adapter[i], &s.ctx, l->vios);
	mux_commit(&s);
}

static void netd_nobody(struct rpc_link *l)
{
	struct control *c = l->user;
	struct step s = mux_begin(c->m);

	for (uint32_t i = 0; i < s.state->n_adapters; i++)
		adapter_nobody(&s.state->adapter[i], &s.ctx, l->vios);
	mux_commit(&s);
}

const struct rpc_link_kind plane_kind = {
	.name = "netd",
	.service = {.closed = rpc_link_closed},
	.hello = "hello",
	.hello_params = control_hello,
	.greeted = netd_greeted,
	.lost = netd_lost,
	.nobody = netd_nobody,
};

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

static bool call_netd(struct control *c, const char *method, uint32_t adapter, int vios,
	uint64_t start, rpc_answer_fn *fn)
{
	const struct state *st = mux_state(c->m);
	struct about *about = malloc(sizeof(*about));

	if (!about)
		return false;
	*about = (struct about){c, adapter, st->adapter[adapter].config.id, vios, start};
	if (rpc_call_send(c->netd[vios].conn, method,
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
	struct told *told = &c->told[adapter][vios];

	if (!c->netd[vios].up || p->incarnation != st->vios[vios].incarnation)
		return;
	if (p->phase == SELECT_LIVE && told->start != p->start) {
		told->start = p->start;
		call_netd(c, "start", adapter, vios, p->start, on_started);
	}
	if ((p->phase == SELECT_STOPPING || p->phase == SELECT_LOST) && told->release != p->start) {
		told->release = p->start;
		call_netd(c, "release", adapter, vios, p->start, on_released);
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
	return vios >= 0 && m->control->netd[vios].up &&
	       call_netd(m->control, hint, adapter, vios, number, on_heard);
}

void plane_watch(struct mux *m)
{
	const struct state *st = mux_state(m);

	for (uint32_t v = 0; v < st->n_vios; v++)
		keep_watch_add(&m->watch, st->vios[v].pidfd, EPOLLET, on_pidfd, m);
}
