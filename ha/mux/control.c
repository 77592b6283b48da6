/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control.c - what the mux says to and hears from netd and viosd of each VIOS and framed. The mux's
 * thread; owns the connections. All of them may be missing at any time.
 *
 * What is said follows from the state after each step (adapter.h), and is said again on a new
 * connection: it is safe to repeat, and so nothing is lost with a connection or with this process.
 */
#include "ha/mux/control_priv.h"
#include "vios-core/base/dirwatch.h"
#include "vios-core/base/log.h"
#include "vios-core/model/incarnation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- framed ---- */

json_t *control_hello(struct rpc_link *l)
{
	return json_pack("{s:s, s:s, s:I}", "role", "mux", "client",
		((struct control *)l->user)->client, "pid", (json_int_t)getpid());
}

static void note_dead(struct control *c, const json_t *dead)
{
	const struct state *st = mux_state(c->m);
	const int vios = state_find_vios(st, json_string_value(json_object_get(dead, "vios")));
	const char *plane = json_string_value(json_object_get(dead, "plane"));
	uint64_t incarnation;
	struct step s;

	if (vios < 0 || !plane || strcmp(plane, "netd") != 0 ||
		incarnation_parse(json_string_value(json_object_get(dead, "incarnation")),
			&incarnation) < 0 ||
		!plane_owns(st, vios, incarnation))
		return;
	s = mux_begin(c->m);
	plane_died(&s, vios, incarnation);
	mux_commit(&s);
}

static void on_dead(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct rpc_link *l = user;

	note_dead(l->user, params);
	rpc_reply(call, NULL, NULL, 0);
}

static void mark_listed(const struct state *st, const json_t *names, bool marks[])
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const int a = service_adapter(st, json_string_value(name));

		if (a >= 0)
			marks[a] = true;
	}
}

/* Comes before the death that caused it, so that the other VIOS never gets these rings. */
static void note_quarantine(struct control *c, const json_t *params)
{
	struct step s = mux_begin(c->m);
	bool banned[MODEL_ADAPTERS_MAX] = {false};

	mark_listed(s.state, json_object_get(params, "adapters"), banned);
	mark_listed(s.state, json_object_get(params, "held"), banned);
	for (uint32_t i = 0; i < s.state->n_adapters; i++) {
		struct adapter *a = &s.state->adapter[i];

		if (banned[i] != a->banned)
			log_warn("quarantine", "adapter=%s/%s banned=%d", s.state->client,
				a->config.name, banned[i]);
		adapter_ban(a, &s.ctx, banned[i]);
	}
	mux_commit(&s);
}

static void on_quarantine(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	note_quarantine(((struct rpc_link *)user)->user, params);
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

static const struct rpc_method framed_methods[] = {
	{"dead", on_dead}, {"quarantine", on_quarantine}, {0}};

static const struct rpc_link_kind framed_kind = {
	.name = "framed",
	.service = {.methods = framed_methods, .closed = rpc_link_closed},
	.hello = "mux_hello",
	.hello_params = control_hello,
	.greeted = framed_greeted,
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
	char incarnation[INCARNATION_BYTES];

	if (p->phase != SELECT_LOST || p->incarnation == 0 || !c->framed.up ||
		p->evictions == told->evictions)
		return;
	told->evictions = p->evictions;
	incarnation_text(p->incarnation, incarnation);
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
			plane_tell(m->control, i, v, st);
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
	enum model_path_state state;
	struct step s;
	int i = service_adapter(st, name);

	if (i < 0 || !text || model_path_state_parse(text, &state) < 0 || generation < 0)
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
	.hello_params = control_hello,
	.greeted = viosd_greeted,
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
	plane_watch(m);
	service_refresh(c->service);
}

/* ---- life ---- */

/* Something appeared in a VIOS's directory, or the directory itself. */
static void look_around(void *user)
{
	struct control *c = user;
	const struct state *st = mux_state(c->m);
	struct runpath dir;

	dirwatch_add(c->dirs, c->m->run);
	if (snprintf(dir.text, sizeof(dir.text), "%s/frame", c->m->run) < (int)sizeof(dir.text))
		dirwatch_add(c->dirs, dir.text);
	rpc_link_try(&c->framed);
	for (uint32_t v = 0; v < st->n_vios; v++) {
		if (!runpath_vios_dir(&dir, c->m->run, st->vios[v].name))
			dirwatch_add(c->dirs, dir.text);
		rpc_link_try(&c->netd[v]);
		rpc_link_try(&c->viosd[v]);
		reach_kick(c->m, (int)v);
	}
}

int control_new(struct mux *m)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	m->control = c;
	c->m = m;
	rpc_link_init(&c->framed, &framed_kind, m->ev, -1, c);
	for (int v = 0; v < SELECT_PATHS; v++) {
		rpc_link_init(&c->netd[v], &plane_kind, m->ev, v, c);
		rpc_link_init(&c->viosd[v], &viosd_kind, m->ev, v, c);
	}
	c->service = service_new(m);
	return c->service ? dirwatch_new(m->ev, look_around, c, &c->dirs) : -ENOMEM;
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

	rpc_link_fini(&c->framed);
	for (int v = 0; v < SELECT_PATHS; v++) {
		sd_event_source_disable_unref(c->untold[v].timer);
		rpc_link_fini(&c->netd[v]);
		rpc_link_fini(&c->viosd[v]);
	}
	service_free(c->service); /* the links' calls end in it */
	dirwatch_free(c->dirs);
	free(c);
	m->control = NULL;
}
