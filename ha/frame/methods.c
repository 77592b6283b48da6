/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * methods.c - the methods of framed.sock. Main thread. A connection's data is its struct peer from
 * mux_hello or register on; notes go to those only. Parameters are checked in params.c before
 * anything is done.
 */
#include "ha/frame/framed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ha/frame/params.h"
#include "ha/frame/witness.h"
#include "vios-core/base/log.h"

struct peer {
	char client[JUDGE_NAME]; /* "": a viosd */
};

bool framed_is_mux(struct rpc_conn *conn)
{
	const struct peer *peer = rpc_conn_data(conn);

	return peer && peer->client[0] != '\0';
}

/* The first method of a connection gives it its role; a viosd's stays a viosd's. */
static struct peer *peer_of(struct rpc_conn *conn)
{
	struct peer *peer = conn ? rpc_conn_data(conn) : NULL;

	if (peer || !conn)
		return peer;
	peer = calloc(1, sizeof(*peer));
	rpc_conn_set_data(conn, peer);
	return peer;
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	free(rpc_conn_data(conn));
	rpc_conn_set_data(conn, NULL);
}

static bool drop_peer(struct rpc_conn *conn, void *user)
{
	on_closed(conn, user);
	return false; /* and it gets no note */
}

void methods_end(struct framed *f)
{
	if (f->server) /* which frees its connections without a word */
		rpc_server_notify(f->server, "end", NULL, drop_peer, NULL);
	for (size_t i = 0; i < FRAMED_REQUESTS; i++)
		if (f->request[i].id != 0)
			rpc_fail(f->request[i].call, RPC_UNAVAILABLE,
				"vios-framed stops; ask again when it is back");
}

/* A cross-check only: what counts is the pidfd. */
static bool may_command(struct rpc_call *call)
{
	struct rpc_conn *conn = rpc_call_conn(call);
	struct ucred peer;

	if (!conn)
		return false;
	peer = rpc_conn_peer(conn);
	return peer.uid == 0 || peer.uid == geteuid();
}

static bool refused(struct rpc_call *call, int fault, const char *why)
{
	if (fault < 0)
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", why);
	else if (!may_command(call))
		rpc_fail(call, RPC_DENIED, "only root or vios-framed's own user may ask this");
	else
		return false;
	return true;
}

static void send_quarantine(struct framed *f, struct rpc_conn *conn)
{
	rpc_notify(conn, "quarantine", notes_quarantine(f), NULL, 0);
}

static void register_failed(
	struct framed *f, struct registry_plane *p, struct rpc_call *call, int r, const char *why)
{
	log_warn("register-refused", "vios=%s plane=%s incarnation=%016" PRIx64 " reason=\"%s\"",
		p->vios, p->plane, p->incarnation, why);
	rpc_fail(call, RPC_FAILED, "%s %s cannot be watched: %s", p->vios, p->plane, why);
	if (r == -ESRCH)
		framed_remember_dead(f, p->vios, p->plane, p->incarnation);
	if (!p->pid_io) /* new: nothing else knows it */
		registry_drop(p);
}

static void watch_registered(struct framed *f, struct registry_plane *p, struct rpc_call *call)
{
	int r = framed_watch(f, p);

	if (r < 0) {
		p->pid_io = sd_event_source_disable_unref(p->pid_io);
		register_failed(f, p, call, r, strerror(-r));
		return;
	}
	log_info("registered", "vios=%s plane=%s incarnation=%016" PRIx64 " pid=%d workers=%u",
		p->vios, p->plane, p->incarnation, (int)p->pid, p->page.workers);
	framed_save(f); /* first: who has our word is not forgotten, whenever we die */
	send_quarantine(f, rpc_call_conn(call));
	rpc_reply(call, NULL, NULL, 0);
}

static void on_register(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	struct params_plane head;
	char why[PARAMS_WHY];
	const char *fault;
	struct registry_plane *p;
	int r;

	if (refused(call, params_plane(params, &head, why), why))
		return;
	if (!peer_of(rpc_call_conn(call))) {
		rpc_fail(call, RPC_INTERNAL, "no memory");
		return;
	}
	p = registry_find(&f->registry, head.incarnation);
	if (p && p->page.map) { /* watched already */
		send_quarantine(f, rpc_call_conn(call));
		rpc_reply(call, NULL, NULL, 0);
		return;
	}
	if (!p)
		p = registry_new(&f->registry, head.vios, head.plane, head.incarnation);
	if (!p) {
		rpc_fail(call, RPC_FAILED,
			"%d data planes are watched already, and that is the limit: this one's "
			"hangs "
			"are not seen; remove server adapters, or spread them over more frames",
			JUDGE_SLOTS);
		return;
	}
	r = registry_take(p, fds, &fault);
	if (r < 0)
		register_failed(f, p, call, r, fault);
	else
		watch_registered(f, p, call);
}

static void on_mux_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	char why[PARAMS_WHY];
	const char *client;
	struct peer *peer;
	json_t *answer;

	if (refused(call, params_client(params, &client, why), why))
		return;
	peer = peer_of(rpc_call_conn(call));
	if (!peer) {
		rpc_fail(call, RPC_INTERNAL, "no memory");
		return;
	}
	snprintf(peer->client, sizeof(peer->client), "%s", client);
	send_quarantine(f, rpc_call_conn(call)); /* before the deaths: see framed_death.c */
	answer = notes_quarantine(f);
	json_object_set_new(answer, "dead", notes_dead_list(f));
	log_info("mux-connected", "client=%s pid=%d", client,
		(int)rpc_conn_peer(rpc_call_conn(call)).pid);
	rpc_reply(call, answer, NULL, 0);
}

static bool speaks_for(const struct peer *peer, const struct params_live *live)
{
	return peer && strlen(peer->client) == live->client_len &&
	       memcmp(peer->client, live->adapter, live->client_len) == 0;
}

static void on_live(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	struct params_live live;
	char why[PARAMS_WHY];
	struct rpc_conn *conn = rpc_call_conn(call);
	int r = params_live(params, &live, why);

	if (refused(call, r, why))
		return;
	if (!speaks_for(conn ? rpc_conn_data(conn) : NULL, &live)) {
		rpc_fail(call, RPC_DENIED,
			"only the mux of its client speaks for %s; say mux_hello", live.adapter);
		return;
	}
	if (names_learn(&f->names, live.id, live.adapter) == -EEXIST) {
		rpc_fail(call, RPC_INVALID_PARAMS, "id %u is adapter %s, not %s", live.id,
			names_text(&f->names, live.id), live.adapter);
		return;
	}
	if (judge_live(f->judge, live.id, live.incarnation) < 0)
		rpc_fail(call, RPC_FAILED, "too many live adapters (%d)", JUDGE_LIVE);
	else
		rpc_reply(call, NULL, NULL, 0);
}

/* A viosd knows the adapters of all clients, so that a quarantine has a name even when no mux has
 * spoken yet. */
static void on_adapters(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	struct rpc_conn *conn = rpc_call_conn(call);
	const struct peer *peer = conn ? rpc_conn_data(conn) : NULL;
	char why[PARAMS_WHY];
	const char *adapter;
	uint32_t id;
	size_t n;

	if (refused(call, params_adapters(params, &n, why), why))
		return;
	if (peer && peer->client[0]) {
		rpc_fail(call, RPC_DENIED, "a mux speaks for its own client's adapters only");
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (params_adapter_id(json_array_get(json_object_get(params, "adapters"), i),
			    &adapter, &id, why) == 0)
			names_set(&f->names, id, adapter);
	rpc_reply(call, NULL, NULL, 0);
}

/* Keeps the call until the judge answers. 0: no room, and the call is answered. */
static uint64_t defer(struct framed *f, struct rpc_call *call, const char *vios, const char *plane,
	unsigned power)
{
	for (size_t i = 0; i < FRAMED_REQUESTS; i++) {
		struct framed_request *r = &f->request[i];

		if (r->id != 0)
			continue;
		memset(r, 0, sizeof(*r));
		r->id = ++f->last_request;
		r->call = call;
		snprintf(r->vios, sizeof(r->vios), "%s", vios);
		snprintf(r->plane, sizeof(r->plane), "%s", plane);
		r->power = power;
		return r->id;
	}
	rpc_fail(call, RPC_FAILED, "%d requests wait already; ask again", FRAMED_REQUESTS);
	return 0;
}

static void on_evict(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	struct params_plane head;
	char why[PARAMS_WHY], reason[128];
	uint64_t id;

	if (refused(call, params_plane(params, &head, why), why))
		return;
	params_reason(params, reason, sizeof(reason));
	log_warn("evict-asked", "vios=%s plane=%s incarnation=%016" PRIx64 " reason=\"%s\"",
		head.vios, head.plane, head.incarnation, reason);
	id = defer(f, call, head.vios, head.plane, 0);
	if (id == 0)
		return;
	judge_evict(f->judge, head.incarnation, id, framed_now_ns(), &f->actions);
	framed_carry_out(f, &f->actions);
	framed_arm(f);
}

/* What needs no death. */
static void ask_power(struct framed *f, struct rpc_call *call, const struct params_fence *fence)
{
	if (f->power.program)
		power_start(&f->power, call, fence->vios, fence->start ? POWER_ON : POWER_STATUS);
	else if (fence->start)
		rpc_fail(call, RPC_FAILED,
			"%s cannot be powered on: vios-framed was started without --power",
			fence->vios);
	else
		rpc_reply(call, json_pack("{s:b}", "on", registry_any(&f->registry, fence->vios)),
			NULL, 0);
}

static void on_fence(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	struct params_fence fence;
	char why[PARAMS_WHY];
	unsigned steps = 0;
	uint64_t id;

	if (refused(call, params_fence(params, &fence, why), why))
		return;
	if (!power_knows(&f->power, fence.vios)) {
		rpc_fail(call, RPC_NOT_FOUND, "%s is no VIOS of this frame", fence.vios);
		return;
	}
	if (!fence.kill) {
		ask_power(f, call, &fence);
		return;
	}
	log_warn("fence-asked", "vios=%s", fence.vios);
	if (f->power.program)
		steps = POWER_OFF | (fence.start ? POWER_ON : 0);
	if (power_join(&f->power, call, fence.vios, steps))
		return;
	if (power_busy(&f->power)) {
		rpc_fail(call, RPC_FAILED,
			"%s is left alone: a fencing of %s is under way; ask again when it is over",
			fence.vios, f->power.vios);
		return;
	}
	id = defer(f, call, fence.vios, "(all data planes)", steps);
	if (id == 0)
		return;
	judge_fence(f->judge, fence.vios, id, framed_now_ns(), &f->actions);
	framed_carry_out(f, &f->actions);
	framed_arm(f);
}

static json_t *witness_json(const struct witness *w)
{
	json_t *changed = w->changed.all ? json_string("all") : json_array();

	for (uint32_t i = 0; i < w->changed.n; i++)
		json_array_append_new(changed, json_integer(w->changed.id[i]));
	return json_pack("{s:I, s:I, s:s, s:s?, s:o}", "epoch", (json_int_t)w->mark.epoch,
		"version", (json_int_t)w->mark.version, "digest", w->mark.digest, "holder",
		w->holder[0] ? w->holder : NULL, "changed", changed);
}

static void on_witness_get(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	char why[WITNESS_WHY];
	struct witness w;

	if (witness_load(f->witness_dir, &w, why) < 0)
		rpc_fail(call, RPC_FAILED, "%s", why);
	else
		rpc_reply(call, witness_json(&w), NULL, 0);
}

static void on_witness_raise(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	struct params_raise raise;
	char why[WITNESS_WHY];
	struct witness w;

	if (refused(call, params_raise(params, &raise, why), why))
		return;
	if (witness_commit(f->witness_dir, raise.vios, &raise.expect, &raise.wanted, &raise.changed,
		    raise.in_step, &w, why) < 0) {
		log_warn("witness-refused",
			"vios=%s epoch=%" PRIu64 " version=%" PRIu64 " reason=\"%s\"", raise.vios,
			raise.wanted.epoch, raise.wanted.version, why);
		rpc_fail(call, RPC_FAILED, "%s", why);
		return;
	}
	log_info("witness-raised", "vios=%s epoch=%" PRIu64 " version=%" PRIu64 " in_step=%d",
		raise.vios, w.mark.epoch, w.mark.version, raise.in_step);
	rpc_reply(call, witness_json(&w), NULL, 0);
}

static void on_quarantine_list(
	struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_reply(call, notes_quarantine(user), NULL, 0);
}

/* All that have the name: its former bearers may still be in the list. How many. */
static size_t release_named(struct framed *f, const char *adapter)
{
	size_t n = 0;

	for (size_t i = 0; i < POISON_MAX; i++) {
		const uint32_t id = f->poison.adapter[i].id;
		const char *name = id ? names_text(&f->names, id) : NULL;

		if (name && strcmp(name, adapter) == 0)
			n += poison_release(&f->poison, id) == 0;
	}
	return n;
}

static void on_quarantine_release(
	struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct framed *f = user;
	char why[PARAMS_WHY], unnamed[NOTES_UNNAMED];
	const char *adapter;
	uint32_t id;
	bool released;

	if (refused(call, params_release(params, &adapter, &id, why), why))
		return;
	released = adapter ? release_named(f, adapter) > 0 : poison_release(&f->poison, id) == 0;
	if (!adapter)
		adapter = notes_adapter(f, id, unnamed);
	if (!released) {
		rpc_fail(call, RPC_NOT_FOUND,
			"%s is neither held nor in quarantine; see viosctl quarantine", adapter);
		return;
	}
	log_info("quarantine-released", "adapter=%s", adapter);
	notes_send(f, "quarantine", notes_quarantine(f));
	rpc_reply(call, json_pack("{s:s}", "adapter", adapter), NULL, 0);
	framed_save(f);
}

static void on_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_reply(call, notes_status(user), NULL, 0);
}

static const struct rpc_method methods[] = {
	{"register", on_register},
	{"mux_hello", on_mux_hello},
	{"live", on_live},
	{"adapters", on_adapters},
	{"evict", on_evict},
	{"fence", on_fence},
	{"witness_get", on_witness_get},
	{"witness_raise", on_witness_raise},
	{"quarantine_list", on_quarantine_list},
	{"quarantine_release", on_quarantine_release},
	{"status", on_status},
	{NULL, NULL},
};

const struct rpc_service framed_service = {.methods = methods, .closed = on_closed};
