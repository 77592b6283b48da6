/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control.c - what the mux says to and hears from viosd of each VIOS and framed. The mux's thread;
 * owns the connections, also those of plane.c. All of them may be missing at any time.
 *
 * What is said follows from the state after each step (adapter.h), and is said again on a new
 * connection: it is safe to repeat, and so nothing is lost with a connection or with this process.
 */
#include "ha/mux/control_priv.h"
#include "vios-core/base/dirwatch.h"
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/model/plane_note.h"
#include "vios-core/model/quarantine_note.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_US 1000000

/* ---- framed ---- */

static struct control *control_of(struct rpc_link *l)
{
	return l->user;
}

json_t *control_who(struct control *c)
{
	return json_pack(
		"{s:s, s:s, s:I}", "role", "mux", "client", c->client, "pid", (json_int_t)getpid());
}

static json_t *hello(struct rpc_link *l)
{
	return control_who(control_of(l));
}

static void on_dead(json_t *dead, void *user)
{
	struct control *c = control_of(user);
	const struct state *st = mux_state(c->m);
	struct plane_note note;
	struct step s;
	int vios, plane;

	if (plane_note_parse(dead, &note) < 0)
		return;
	vios = state_find_vios(st, note.vios);
	plane = state_find_plane(st, note.adapter);
	if (vios < 0 || plane < 0 || !plane_owns(st, (uint32_t)plane, vios, note.incarnation))
		return;
	s = mux_begin(c->m);
	plane_died(&s, (uint32_t)plane, vios, note.incarnation);
	mux_commit(&s);
}

void control_ban(struct step *s)
{
	const json_t *q = s->mux->control->quarantine;

	for (uint32_t i = 0; q && i < s->state->n_adapters; i++) {
		struct adapter *a = &s->state->adapter[i];
		const bool banned = quarantine_note_stops(q, a->config.id);

		if (banned != a->banned)
			log_warn("quarantine", "adapter=%s/%s banned=%d", s->state->client,
				a->config.name, banned);
		adapter_ban(a, &s->ctx, banned);
	}
}

/* Comes before the death that caused it, so that the other VIOS never gets these rings. */
static void on_quarantine(json_t *params, void *user)
{
	struct control *c = control_of(user);
	struct step s = mux_begin(c->m);

	json_decref(c->quarantine);
	c->quarantine = json_incref(params);
	control_ban(&s);
	mux_commit(&s);
}

static int framed_greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	struct control *c = control_of(l);
	const struct state *st = mux_state(c->m);
	json_t *dead;
	size_t i;

	l->up = true;
	on_quarantine(result, l);
	json_array_foreach(json_object_get(result, "dead"), i, dead) on_dead(dead, l);
	for (uint32_t a = 0; a < st->n_adapters; a++) {
		for (uint32_t v = 0; v < st->n_vios; v++)
			c->told[a][v].evictions = 0;
		if (!st->adapter[a].used)
			continue;
		rpc_notify(
			l->conn, "live", adapter_live_json(&c->m->frame, &c->status[a]), NULL, 0);
	}
	control_tell(c->m);
	return 0;
}

static const struct rpc_method framed_methods[] = {
	{"dead", .note = on_dead}, {"quarantine", .note = on_quarantine}, {0}};

static const struct rpc_link_kind framed_kind = {
	.name = "framed",
	.service = {.methods = framed_methods, .closed = rpc_link_closed},
	.hello = "mux_hello",
	.hello_params = hello,
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
	const struct state_name name = state_adapter_name(st, adapter);
	const struct plane_note note = {.vios = st->vios[vios].name,
		.adapter = st->adapter[adapter].plane ? name.text : NULL,
		.incarnation = p->incarnation};

	if (p->phase != SELECT_LOST || p->incarnation == 0 || !c->framed.up ||
		p->evictions == told->evictions)
		return;
	told->evictions = p->evictions;
	rpc_call_send(c->framed.conn, "evict", plane_note_json(&note, p->reason), NULL, 0, 0,
		on_evicted, c);
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
		log_warn("waiting", "client=%s reason=\"not in frame.json, no viosd answers\"",
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

/* value: hostile; NULL: a viosd that says nothing of it. */
static void on_client(json_t *value, void *user)
{
	struct control *c = control_of(user);
	struct model_faults faults;
	struct client_note note;
	struct step s;
	int err;

	if (!value)
		return;
	err = client_note_parse(value, &c->m->frame, mux_state(c->m)->client, &note, &faults);
	if (err) {
		log_warn("client-note-refused", "faults=%zu first=\"%s\"", faults.n,
			faults.n ? faults.text[0] : strerror(-err));
		return;
	}
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

static void take_path_state(struct mux *m, int vios, const json_t *entry)
{
	const struct state *st = mux_state(m);
	const struct path *p;
	struct path_note note;
	struct step s;
	const int i = path_note_parse(entry, &note) < 0 ? -1 : state_find_adapter(st, note.adapter);

	if (i < 0)
		return;
	p = &st->adapter[i].path[vios];
	if (p->state == note.state && p->generation == note.generation)
		return;
	s = mux_begin(m);
	adapter_path_state(&s.state->adapter[i], &s.ctx, vios, note.state, note.generation);
	mux_commit(&s);
}

static void on_paths(json_t *params, void *user)
{
	struct rpc_link *l = user;
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(params, "paths"), i, entry)
		take_path_state(control_of(l)->m, l->vios, entry);
}

static void on_switch(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	service_switch(&control_of(user)->service, call, params);
}

static int viosd_greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	struct control *c = control_of(l);
	const struct state *st;

	l->up = true;
	on_client(json_object_get(result, "client"), l);
	st = mux_state(c->m);
	for (uint32_t i = 0; i < st->n_adapters; i++)
		if (st->adapter[i].used)
			rpc_notify(l->conn, "adapter_status",
				adapter_status_json(&c->m->frame, &c->status[i]), NULL, 0);
	on_paths(result, l);
	return 0;
}

static const struct rpc_method viosd_methods[] = {
	{"client", .note = on_client}, {"paths", .note = on_paths}, {"switch", on_switch}, {0}};

static const struct rpc_link_kind viosd_kind = {
	.name = "viosd",
	.service = {.methods = viosd_methods, .closed = rpc_link_closed},
	.hello = "mux_hello",
	.hello_params = hello,
	.greeted = viosd_greeted,
};

static void tell_status(struct control *c, uint32_t i, const struct state *st)
{
	struct adapter_status now;

	state_status(st, i, &now);
	if (memcmp(&now, &c->status[i], sizeof(now)) == 0)
		return;
	if (c->framed.up &&
		(now.live != c->status[i].live || now.incarnation != c->status[i].incarnation))
		rpc_notify(c->framed.conn, "live", adapter_live_json(&c->m->frame, &now), NULL, 0);
	c->status[i] = now;
	for (uint32_t v = 0; v < st->n_vios; v++)
		if (c->viosd[v].up)
			rpc_notify(c->viosd[v].conn, "adapter_status",
				adapter_status_json(&c->m->frame, &now), NULL, 0);
}

void control_refresh(struct mux *m)
{
	struct control *c = m->control;
	const struct state *st = mux_state(m);

	for (uint32_t i = 0; i < st->n_adapters; i++)
		if (st->adapter[i].used)
			tell_status(c, i, st);
	plane_watch(m);
	service_refresh(&c->service);
}

void control_forget(struct mux *m, uint32_t adapter)
{
	struct control *c = m->control;

	service_forget(&c->service, adapter);
	if (mux_state(m)->adapter[adapter].plane)
		plane_init(c, mux_state(m)->adapter[adapter].plane);
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
	plane_try(c);
	for (uint32_t v = 0; v < st->n_vios; v++) {
		if (!runpath_vios_dir(&dir, c->m->run, st->vios[v].name))
			dirwatch_add(c->dirs, dir.text);
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
	for (uint32_t p = 0; p < ADAPTER_PLANES; p++)
		plane_init(c, p);
	for (int v = 0; v < SELECT_PATHS; v++)
		rpc_link_init(&c->viosd[v], &viosd_kind, m->watch.ev, v, c);
	c->service.m = m;
	return dirwatch_new(m->watch.ev, look_around, c, &c->dirs);
}

static int paths_of(struct control *c)
{
	const struct state *st = mux_state(c->m);
	int err = runpath_framed(&c->framed.path, c->m->run);

	for (uint32_t v = 0; !err && v < st->n_vios; v++) {
		err = runpath_netd(&c->plane[0].link[v].path, c->m->run, st->vios[v].name);
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
	err = service_open(&c->service);
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
	for (uint32_t p = 0; p < ADAPTER_PLANES; p++)
		plane_fini(&c->plane[p]);
	for (int v = 0; v < SELECT_PATHS; v++)
		rpc_link_fini(&c->viosd[v]);
	service_close(&c->service); /* the links' calls end in it */
	dirwatch_free(c->dirs);
	free(c);
	m->control = NULL;
}
