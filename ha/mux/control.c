/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control.c - what the mux says to and hears from netd and viosd of each VIOS and framed. The mux's
 * thread; owns the connections. All of them may be missing at any time.
 *
 * What is said follows from the state after each step (adapter.h), and is said again on a new
 * connection: it is safe to repeat, and so nothing is lost with a connection or with this process.
 */
#include "ha/mux/control.h"

#include "vios-core/base/rpc_link.h"
#include "ha/mux/mux.h"
#include "ha/mux/reach.h"
#include "ha/mux/service.h"
#include "ha/mux/status.h"
#include "vios-core/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* What a path's data plane has been told on the present connection. */
struct told {
	uint64_t start, release; /* start numbers */
	uint32_t evictions;
};

struct control {
	struct mux *m;
	const char *client;
	struct rpc_link netd[SELECT_PATHS], viosd[SELECT_PATHS], framed;
	struct told told[MODEL_ADAPTERS_MAX][SELECT_PATHS];
	struct status status[MODEL_ADAPTERS_MAX]; /* last told to others */
	struct service *service;
	int inotify;
	sd_event_source *inotify_source;
};

/* ---- proofs of death ---- */

static void tell_death(struct step *s, int vios, uint64_t incarnation)
{
	for (uint32_t i = 0; i < s->state->n_adapters; i++)
		adapter_died(&s->state->adapter[i], &s->ctx, vios, incarnation);
}

static bool pidfd_dead(const struct state_vios *v)
{
	struct pollfd p = {.fd = v->pidfd < 0 ? -1 : keep_fd(v->pidfd), .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

void control_check_death(struct step *s, int vios)
{
	const struct state_vios *v = &s->state->vios[vios];

	if (pidfd_dead(v))
		tell_death(s, vios, v->incarnation);
}

static int on_pidfd(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct mux *m = user;
	struct step s = mux_begin(m);

	for (uint32_t v = 0; v < s.state->n_vios; v++)
		if (s.state->vios[v].pidfd >= 0 && keep_fd(s.state->vios[v].pidfd) == fd)
			control_check_death(&s, (int)v);
	mux_commit(&s);
	return 0;
}

static bool parse_incarnation(const char *text, uint64_t *out)
{
	char *end;

	if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*out = strtoull(text, &end, 16);
	return *out != 0;
}

static int vios_index(const struct state *st, const char *name)
{
	for (uint32_t i = 0; name && i < st->n_vios; i++)
		if (strcmp(st->vios[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* ---- netd ---- */

static json_t *netd_params(struct rpc_link *l)
{
	return json_pack(
		"{s:s, s:s}", "role", "mux", "client", ((struct control *)l->user)->client);
}

static bool owns_rings(const struct state *st, int vios, uint64_t incarnation)
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
	if (owns_rings(s->state, vios, v->incarnation) && v->incarnation != 0)
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

	if (!parse_incarnation(text, &incarnation) || vios_index(mux_state(m), name) != l->vios)
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
	const struct state *st = mux_state(c->m);
	bool unknown = false;
	struct step s;

	for (uint32_t i = 0; i < st->n_adapters; i++)
		unknown |= st->adapter[i].path[l->vios].phase == SELECT_LOST;
	if (!unknown)
		return;
	s = mux_begin(c->m);
	for (uint32_t i = 0; i < s.state->n_adapters; i++)
		adapter_nobody(&s.state->adapter[i], &s.ctx, l->vios);
	mux_commit(&s);
}

static const struct rpc_method no_methods[] = {{0}};

static const struct rpc_link_kind netd_kind = {
	.name = "netd",
	.service = {.methods = no_methods, .closed = rpc_link_closed},
	.hello = "hello",
	.hello_params = netd_params,
	.greeted = netd_greeted,
	.lost = netd_lost,
	.nobody = netd_nobody,
};

/* A call about one start of one path. */
struct about {
	struct control *c;
	uint32_t adapter;
	int vios;
	uint64_t start;
};

static void on_released(
	json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct about *about = user;
	struct control *c = about->c;
	struct step s;

	if (code) {
		c->told[about->adapter][about->vios].release = 0; /* asked again at the next step */
		log_warn("release-failed", "vios=%d start=%llu reason=\"%s\"", about->vios,
			(unsigned long long)about->start, message);
	} else {
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

	if (code && code != RPC_CLOSED && p->phase == SELECT_LIVE && p->start == about->start) {
		snprintf(why, sizeof(why), "start refused: %s", message);
		s = mux_begin(m);
		adapter_path_broken(&s.state->adapter[about->adapter], &s.ctx, about->vios, why);
		mux_commit(&s);
	}
	free(about);
}

static void call_netd(struct control *c, const char *method, uint32_t adapter, int vios,
	uint64_t start, rpc_answer_fn *fn)
{
	const struct state *st = mux_state(c->m);
	struct about *about = malloc(sizeof(*about));
	char name[2 * MODEL_NAME_MAX + 2];

	if (!about)
		return;
	*about = (struct about){c, adapter, vios, start};
	snprintf(name, sizeof(name), "%s/%s", st->client, st->adapter[adapter].config.name);
	if (rpc_call_send(c->netd[vios].conn, method,
		    json_pack("{s:s, s:I}", "adapter", name, "start", (json_int_t)start), NULL, 0,
		    0, fn, about) < 0)
		free(about);
}

static void tell_netd(struct control *c, uint32_t adapter, int vios, const struct state *st)
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

/* ---- framed ---- */

static json_t *framed_params(struct rpc_link *l)
{
	return json_pack("{s:s, s:I}", "client", ((struct control *)l->user)->client, "pid",
		(json_int_t)getpid());
}

static void note_dead(struct control *c, const json_t *dead)
{
	const struct state *st = mux_state(c->m);
	const int vios = vios_index(st, json_string_value(json_object_get(dead, "vios")));
	const char *plane = json_string_value(json_object_get(dead, "plane"));
	uint64_t incarnation;
	struct step s;

	if (vios < 0 || !plane || strcmp(plane, "netd") != 0 ||
		!parse_incarnation(
			json_string_value(json_object_get(dead, "incarnation")), &incarnation) ||
		!owns_rings(st, vios, incarnation))
		return;
	s = mux_begin(c->m);
	tell_death(&s, vios, incarnation);
	mux_commit(&s);
}

static void on_dead(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct rpc_link *l = user;

	note_dead(l->user, params);
	rpc_reply(call, NULL, NULL, 0);
}

static bool lists(const json_t *params, const char *list, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(params, list), i, entry)
	{
		const char *text = json_string_value(entry);
		if (text && strcmp(text, name) == 0)
			return true;
	}
	return false;
}

/* Comes before the death that caused it, so that the other VIOS never gets these rings. */
static void note_quarantine(struct control *c, const json_t *params)
{
	const struct state *st = mux_state(c->m);
	char name[2 * MODEL_NAME_MAX + 2];

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		snprintf(name, sizeof(name), "%s/%s", st->client, st->adapter[i].config.name);
		const bool banned = lists(params, "adapters", name) || lists(params, "held", name);
		if (banned == st->adapter[i].banned)
			continue;
		log_warn("quarantine", "adapter=%s banned=%s", name, banned ? "yes" : "no");
		struct step s = mux_begin(c->m);
		adapter_ban(&s.state->adapter[i], &s.ctx, banned);
		mux_commit(&s);
	}
}

static void on_quarantine(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct rpc_link *l = user;

	note_quarantine(l->user, params);
	rpc_reply(call, NULL, NULL, 0);
}

static int framed_greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	struct control *c = l->user;
	const struct state *st = mux_state(c->m);
	json_t *dead;
	size_t i;

	l->up = true;
	note_quarantine(c, result);
	json_array_foreach(json_object_get(result, "dead"), i, dead) note_dead(c, dead);
	for (uint32_t a = 0; a < st->n_adapters; a++) {
		for (uint32_t v = 0; v < st->n_vios; v++)
			c->told[a][v].evictions = 0;
		rpc_notify(l->conn, "live", status_live_json(&c->status[a], st, a), NULL, 0);
	}
	control_tell(c->m);
	return 0;
}

static void nothing_lost(struct rpc_link *l)
{
}

static const struct rpc_method framed_methods[] = {
	{"dead", on_dead}, {"quarantine", on_quarantine}, {0}};

static const struct rpc_link_kind framed_kind = {
	.name = "framed",
	.service = {.methods = framed_methods, .closed = rpc_link_closed},
	.hello = "mux_hello",
	.hello_params = framed_params,
	.greeted = framed_greeted,
	.lost = nothing_lost,
};

static void on_evicted(
	json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	if (code)
		log_warn("evict-refused", "reason=\"%s\"", message);
}

static void tell_framed(struct control *c, uint32_t adapter, int vios, const struct state *st)
{
	const struct path *p = &st->adapter[adapter].path[vios];
	struct told *told = &c->told[adapter][vios];
	char incarnation[17];

	if (p->phase != SELECT_LOST || p->incarnation == 0 || !c->framed.up ||
		p->evictions == told->evictions)
		return;
	told->evictions = p->evictions;
	snprintf(incarnation, sizeof(incarnation), "%016llx", (unsigned long long)p->incarnation);
	rpc_call_send(c->framed.conn, "evict",
		json_pack("{s:s, s:s, s:s, s:s}", "vios", st->vios[vios].name, "plane", "netd",
			"incarnation", incarnation, "reason", p->reason),
		NULL, 0, 0, on_evicted, c);
}

void control_tell(struct mux *m)
{
	const struct state *st = mux_state(m);

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		for (int v = 0; v < (int)st->n_vios; v++) {
			tell_netd(m->control, i, v, st);
			tell_framed(m->control, i, v, st);
		}
	}
}

/* ---- viosd ---- */

static void take_path_state(struct control *c, int vios, const json_t *entry)
{
	const struct state *st = mux_state(c->m);
	const char *name = json_string_value(json_object_get(entry, "adapter"));
	const char *text = json_string_value(json_object_get(entry, "state"));
	const json_int_t generation = json_integer_value(json_object_get(entry, "generation"));
	enum select_state state;
	struct step s;
	int i = service_adapter(st, name);

	if (i < 0 || !text || select_state_parse(text, &state) < 0 || generation < 0)
		return;
	if (st->adapter[i].path[vios].state == state &&
		st->adapter[i].path[vios].generation == (uint64_t)generation)
		return;
	s = mux_begin(c->m);
	adapter_path_state(&s.state->adapter[i], &s.ctx, vios, state, (uint64_t)generation);
	mux_commit(&s);
}

static void take_paths(struct rpc_link *l, const json_t *params)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(params, "paths"), i, entry)
		take_path_state(l->user, l->vios, entry);
}

static void on_paths(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	take_paths(user, params);
	rpc_reply(call, NULL, NULL, 0);
}

static void on_switch(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct rpc_link *l = user;
	struct control *c = l->user;

	service_switch(c->service, call, params);
}

static int viosd_greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	struct control *c = l->user;
	const struct state *st = mux_state(c->m);

	l->up = true;
	for (uint32_t i = 0; i < st->n_adapters; i++)
		rpc_notify(l->conn, "adapter_status", status_json(&c->status[i], st, i), NULL, 0);
	take_paths(l, result);
	return 0;
}

static const struct rpc_method viosd_methods[] = {{"paths", on_paths}, {"switch", on_switch}, {0}};

static const struct rpc_link_kind viosd_kind = {
	.name = "viosd",
	.service = {.methods = viosd_methods, .closed = rpc_link_closed},
	.hello = "mux_hello",
	.hello_params = framed_params,
	.greeted = viosd_greeted,
	.lost = nothing_lost,
};

static void tell_status(struct control *c, uint32_t i, const struct state *st)
{
	struct status now;

	status_take(&now, st, i);
	if (memcmp(&now, &c->status[i], sizeof(now)) == 0)
		return;
	if (c->framed.up &&
		(now.live != c->status[i].live || now.incarnation != c->status[i].incarnation))
		rpc_notify(c->framed.conn, "live", status_live_json(&now, st, i), NULL, 0);
	c->status[i] = now;
	for (uint32_t v = 0; v < st->n_vios; v++)
		if (c->viosd[v].up)
			rpc_notify(c->viosd[v].conn, "adapter_status", status_json(&now, st, i),
				NULL, 0);
}

void control_refresh(struct mux *m)
{
	struct control *c = m->control;
	const struct state *st = mux_state(m);

	for (uint32_t i = 0; i < st->n_adapters; i++)
		tell_status(c, i, st);
	for (uint32_t v = 0; v < st->n_vios; v++)
		if (st->vios[v].pidfd >= 0)
			mux_watch(m, st->vios[v].pidfd, EPOLLET, on_pidfd);
	service_refresh(c->service);
}

/* ---- life ---- */

/* Something appeared in a VIOS's directory, or the directory itself. */
static void look_around(struct control *c)
{
	const struct state *st = mux_state(c->m);
	struct runpath dir;

	inotify_add_watch(c->inotify, c->m->run, IN_CREATE | IN_ONLYDIR);
	if (snprintf(dir.text, sizeof(dir.text), "%s/frame", c->m->run) < (int)sizeof(dir.text))
		inotify_add_watch(c->inotify, dir.text, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	rpc_link_try(&c->framed);
	for (uint32_t v = 0; v < st->n_vios; v++) {
		if (!runpath_vios_dir(&dir, c->m->run, st->vios[v].name))
			inotify_add_watch(
				c->inotify, dir.text, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
		rpc_link_try(&c->netd[v]);
		rpc_link_try(&c->viosd[v]);
		reach_kick(c->m, (int)v);
	}
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		; /* which it was does not matter: whatever is down is tried */
	look_around(user);
	return 0;
}

int control_new(struct mux *m)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	m->control = c;
	c->m = m;
	c->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	rpc_link_init(&c->framed, &framed_kind, m->ev, -1, c);
	for (int v = 0; v < SELECT_PATHS; v++) {
		rpc_link_init(&c->netd[v], &netd_kind, m->ev, v, c);
		rpc_link_init(&c->viosd[v], &viosd_kind, m->ev, v, c);
	}
	c->service = service_new(m);
	if (!c->service || c->inotify < 0)
		return c->service ? -errno : -ENOMEM;
	return sd_event_add_io(m->ev, &c->inotify_source, c->inotify, EPOLLIN, on_inotify, c);
}

static int paths_of(struct control *c)
{
	const struct state *st = mux_state(c->m);
	int err = runpath_framed(&c->framed.path, c->m->run);

	for (uint32_t v = 0; !err && v < st->n_vios; v++) {
		err = runpath_netd(&c->netd[v].path, c->m->run, st->vios[v].name);
		if (!err)
			err = runpath_viosd(&c->viosd[v].path, c->m->run, st->vios[v].name);
	}
	return err;
}

int control_open(struct mux *m, const char *client)
{
	struct control *c = m->control;
	int err = paths_of(c);

	c->client = client;
	if (err) {
		log_refuse("%s: the sockets below it would have paths longer than %d bytes; choose "
			   "a shorter --run",
			m->run, RUNPATH_SOCKET_MAX);
		return err;
	}
	err = service_open(c->service);
	if (err)
		return err;
	look_around(c);
	return 0;
}

void control_free(struct mux *m)
{
	struct control *c = m->control;

	service_free(c->service);
	rpc_link_fini(&c->framed);
	for (int v = 0; v < SELECT_PATHS; v++) {
		rpc_link_fini(&c->netd[v]);
		rpc_link_fini(&c->viosd[v]);
	}
	sd_event_source_disable_unref(c->inotify_source);
	close(c->inotify);
	free(c);
	m->control = NULL;
}
