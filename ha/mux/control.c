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
#include "vios-core/base/retimer.h"
#include "vios-core/model/incarnation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_US 1000000

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

static bool lists(const json_t *quarantine, const char *list, uint32_t id)
{
	const json_t *ids = json_object_get(quarantine, list);

	for (size_t i = 0; i < json_array_size(ids); i++)
		if (json_integer_value(json_array_get(ids, i)) == id)
			return true;
	return false;
}

void control_ban(struct step *s)
{
	const json_t *q = s->mux->control->quarantine;

	for (uint32_t i = 0; q && i < s->state->n_adapters; i++) {
		struct adapter *a = &s->state->adapter[i];
		const bool banned =
			lists(q, "adapter_ids", a->config.id) || lists(q, "held_ids", a->config.id);

		if (banned != a->banned)
			log_warn("quarantine", "adapter=%s/%s banned=%d", s->state->client,
				a->config.name, banned);
		adapter_ban(a, &s->ctx, banned);
	}
}

/* Comes before the death that caused it, so that the other VIOS never gets these rings. */
static void note_quarantine(struct control *c, json_t *params)
{
	struct step s = mux_begin(c->m);

	json_decref(c->quarantine);
	c->quarantine = json_incref(params);
	control_ban(&s);
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
		if (!st->adapter[a].used)
			continue;
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

static void look_around(void *user);

/* Whoever knows more has had its time to say so. */
static int on_patience(sd_event_source *source, uint64_t usec, void *user)
{
	struct control *c = user;

	if (!mux_state(c->m)->waiting)
		return 0;
	if (!c->unknown) {
		log_warn("waiting",
			"client=%s reason=\"not in frame.json, and no viosd has answered\"",
			c->client);
		return 0;
	}
	log_refuse("client %s is in neither frame.json nor the configuration of the VIOS that "
		   "answer; give the name of one that is, or make it first (viosctl mkclient)",
		c->client);
	return sd_event_exit(c->m->watch.ev, 1);
}

static void be_patient(struct control *c)
{
	retimer_set(c->m->watch.ev, &c->patience, PATIENCE_US, on_patience, c);
}

static int parse_client(struct control *c, json_t *value, struct client_note *out)
{
	const struct state *st = mux_state(c->m);
	struct model_frame frame = {.n_vios = st->n_vios};
	struct model_faults faults;
	int err;

	for (uint32_t v = 0; v < st->n_vios; v++)
		memcpy(frame.vios[v].name, st->vios[v].name, sizeof(frame.vios[v].name));
	err = client_note_parse(value, &frame, st->client, out, &faults);
	if (err)
		log_warn("client-note-refused", "faults=%zu first=\"%s\"", faults.n,
			faults.n ? faults.text[0] : strerror(-err));
	return err;
}

/* value: hostile; NULL: a viosd that says nothing of it. */
static void take_client(struct control *c, json_t *value)
{
	struct client_note note;
	struct step s;

	if (!value || parse_client(c, value, &note) < 0)
		return;
	if (mux_state(c->m)->waiting && !note.present) {
		c->unknown = true;
		be_patient(c);
		return;
	}
	s = mux_begin(c->m);
	if (state_take(s.state, &note)) {
		log_info("client", "epoch=%llu version=%llu adapters=%zu",
			(unsigned long long)note.epoch, (unsigned long long)note.version,
			note.client.n_adapters);
		mux_follow(&s);
	}
	mux_commit(&s);
	look_around(c); /* a new adapter's owner may be a VIOS that is not there */
}

static void on_client(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	take_client(((struct rpc_link *)user)->user, params);
	rpc_reply(call, NULL, NULL, 0);
}

static void take_path_state(struct control *c, int vios, const json_t *entry)
{
	const struct state *st = mux_state(c->m);
	const char *name = json_string_value(json_object_get(entry, "adapter"));
	const char *text = json_string_value(json_object_get(entry, "state"));
	const json_int_t generation = json_integer_value(json_object_get(entry, "generation"));
	enum model_path_state state;
	struct step s;
	int i = state_find_adapter(st, name);

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
	const struct state *st;

	l->up = true;
	take_client(c, json_object_get(result, "client"));
	st = mux_state(c->m);
	for (uint32_t i = 0; i < st->n_adapters; i++)
		if (st->adapter[i].used)
			rpc_notify(l->conn, "adapter_status", status_json(&c->status[i], st, i),
				NULL, 0);
	take_paths(l, result);
	return 0;
}

static const struct rpc_method viosd_methods[] = {
	{"client", on_client}, {"paths", on_paths}, {"switch", on_switch}, {0}};

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
		if (st->adapter[i].used)
			tell_status(c, i, st);
	plane_watch(m);
	service_refresh(c->service);
}

void control_forget(struct mux *m, uint32_t adapter)
{
	struct control *c = m->control;

	service_forget(c->service, adapter);
	memset(c->told[adapter], 0, sizeof(c->told[adapter]));
	memset(&c->status[adapter], 0, sizeof(c->status[adapter]));
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
	rpc_link_init(&c->framed, &framed_kind, m->watch.ev, -1, c);
	for (int v = 0; v < SELECT_PATHS; v++) {
		rpc_link_init(&c->netd[v], &plane_kind, m->watch.ev, v, c);
		rpc_link_init(&c->viosd[v], &viosd_kind, m->watch.ev, v, c);
	}
	c->service = service_new(m);
	return c->service ? dirwatch_new(m->watch.ev, look_around, c, &c->dirs) : -ENOMEM;
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
	if (mux_state(m)->waiting)
		be_patient(c);
	return 0;
}

void control_free(struct mux *m)
{
	struct control *c = m->control;

	json_decref(c->quarantine);
	sd_event_source_disable_unref(c->patience);
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
