// SPDX-License-Identifier: BSD-3-Clause
/*
 * server.c - the methods of viosd.sock. Runs on viosd's one thread; owns the listener and a list of
 * the muxes that are connected, by their client's name: a mux is there before its client is made
 * and after it was removed.
 *
 * A mux that says hello before viosd knows whether a data plane runs (it may have outlived the
 * viosd before) is answered when that is known: an early "unavailable" would move its adapters for
 * nothing.
 */
#include "vios-core/daemon/server.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/client_note.h"
#include "vios-core/daemon/api.h"
#include "vios-core/daemon/gate.h"
#include "vios-core/daemon/status.h"
#include "vios-core/daemon/subscribers.h"
#include "vios-core/daemon/switch_op.h"
#include "vios-core/daemon/viosd.h"
#include "vios-core/daemon/viosd_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mux {
	struct mux *next;
	char client[MODEL_NAME_MAX + 1];
	struct rpc_conn *conn;
	struct rpc_call *held; /* its hello, when that waits for an answer */
	int64_t pid;
};

struct server {
	struct viosd *v;
	struct rpc_server *rpc;
	struct access access;
	struct mux *muxes; /* at most one a client */
	struct subscribers subscribers;
	unsigned topic; /* of what is being published */
};

static struct mux *find_mux(const struct server *server, const char *client)
{
	struct mux *mux = server->muxes;

	while (mux && strcmp(mux->client, client) != 0)
		mux = mux->next;
	return mux;
}

/* A client that is not there has no paths. */
static json_t *paths_json(struct viosd *v, const char *name)
{
	const long client = inventory_client(&v->inventory, name);
	const struct inventory_adapter *first = NULL;
	json_t *paths = json_array();
	size_t n = 0;

	if (client >= 0)
		first = inventory_of_client(&v->inventory, (size_t)client, &n);

	for (size_t i = 0; i < n; i++) {
		const struct path_note note = {
			first[i].name, first[i].path.state, first[i].path.generation};

		if (note.generation > 0) /* else nothing is known of it yet */
			json_array_append_new(paths, path_note_json(&note));
	}
	return paths;
}

/* NULL: we do not know what clients there are. */
static json_t *client_json(const struct viosd *v, const char *name)
{
	if (!v->clients_known)
		return NULL;
	return client_note_json(v->epoch, v->version, model_frame_client(v->frame, name));
}

static void answer_hello(struct server *server, const struct mux *mux, struct rpc_call *call)
{
	struct viosd *v = server->v;

	rpc_reply(call,
		json_pack("{s:s, s:o, s:o*}", "vios", v->frame->vios[v->self].name, "paths",
			paths_json(v, mux->client), "client", client_json(v, mux->client)),
		NULL, 0);
}

static void release_mux(struct mux *mux)
{
	struct rpc_call *held = mux->held;

	mux->held = NULL;
	mux->conn = NULL;
	if (held)
		rpc_fail(held, RPC_CLOSED, "replaced or gone");
}

static struct mux *new_mux(struct server *server, const char *client)
{
	struct mux *mux = calloc(1, sizeof(*mux));

	if (!mux)
		return NULL;
	strcpy(mux->client, client); /* a valid name */
	mux->next = server->muxes;
	server->muxes = mux;
	return mux;
}

static void free_mux(struct server *server, struct mux *mux)
{
	struct mux **at = &server->muxes;

	while (*at != mux)
		at = &(*at)->next;
	*at = mux->next;
	release_mux(mux);
	free(mux);
}

/* The mux of a client that connected before is a leftover of its predecessor: the newest wins. */
static void replace_mux(struct mux *mux, struct rpc_conn *conn, int64_t pid)
{
	struct rpc_conn *old = mux->conn;

	release_mux(mux);
	if (old && old != conn) {
		log_warn("mux-replaced", "client=%s old_pid=%lld new_pid=%lld", mux->client,
			(long long)mux->pid, (long long)pid);
		rpc_conn_free(old);
	}
	mux->conn = conn;
	mux->pid = pid;
	rpc_conn_set_data(conn, mux);
}

static void on_mux_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;
	struct rpc_conn *conn = rpc_call_conn(call);
	const char *name = json_string_value(json_object_get(params, "client"));
	struct mux *mux = name && model_name_valid(name) ? find_mux(server, name) : NULL;

	if (!name || !model_name_valid(name)) {
		rpc_fail(call, RPC_INVALID_PARAMS, "client: %.64s is no client's name",
			name ? name : "(none)");
		return;
	}
	if (rpc_conn_data(conn) && rpc_conn_data(conn) != mux) {
		rpc_fail(call, RPC_DENIED, "this connection is another client's mux");
		return;
	}
	if (!mux)
		mux = new_mux(server, name);
	if (!mux) {
		rpc_fail(call, RPC_INTERNAL, "out of memory");
		return;
	}
	replace_mux(mux, conn, json_integer_value(json_object_get(params, "pid")));
	log_info("mux-connected", "client=%s pid=%lld", name, (long long)mux->pid);
	if (viosd_decided_for(server->v, mux->client))
		answer_hello(server, mux, call);
	else
		mux->held = call;
}

static void on_adapter_status(
	struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;
	struct viosd *v = server->v;
	const struct mux *mux = rpc_conn_data(rpc_call_conn(call));
	struct inventory_adapter *adapter = inventory_find(
		&v->inventory, json_string_value(json_object_get(params, "adapter")));
	struct adapter_status report;
	const char *fault;

	if (!mux || !adapter || strcmp(v->frame->clients[adapter->client].name, mux->client) != 0) {
		rpc_fail(call, RPC_DENIED,
			"a mux reports its own client's adapters, after mux_hello");
		return;
	}
	fault = adapter_status_parse(v->frame, params, &report);
	if (fault) {
		log_warn("mux-report-refused", "adapter=%s reason=\"%s\"", adapter->name, fault);
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", fault);
		return;
	}
	if (report.id != 0 && report.id != adapter->model->id) {
		rpc_reply(call, NULL, NULL, 0); /* of the name's former or next bearer */
		return;
	}
	if (report.live != adapter->report.live)
		log_info("adapter-live", "adapter=%s vios=%s start=%llu", adapter->name,
			report.live < 0 ? "none" : v->frame->vios[report.live].name,
			(unsigned long long)report.start);
	adapter->report = report;
	rpc_reply(call, NULL, NULL, 0);
	scsids_settle(v->scsids);
	viosd_paths_reported(v, adapter);
}

static bool mux_connected(const void *user, size_t client)
{
	return server_mux(user, client) != NULL;
}

static void on_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	const struct server *server = user;
	const struct viosd *v = server->v;
	struct summary own = viosd_summary(v);
	struct status_facts facts = {
		.inventory = &v->inventory,
		.self = v->self,
		.members = v->cluster ? cluster_members(v->cluster) : NULL,
		.round_trip =
			v->cluster ? cluster_round_trip(v->cluster) : (struct roundtrip_figures){0},
		.framed_connected = framed_link_connected(v->framed),
		.no_adapters = json_is_false(json_object_get(params, "adapters")),
		.config = v->pair ? pair_standing(v->pair) : NULL,
		.mux_connected = mux_connected,
		.user = server,
	};

	for (size_t i = 0; i < v->frame->n_vios; i++)
		facts.summaries[i] = v->seen[i].known ? &v->seen[i].summary : NULL;
	facts.summaries[v->self] = &own;
	rpc_reply(call, status_assemble(&facts), NULL, 0);
}

static void on_devices(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	devices_answer(server->v->devices, call);
}

static void on_switch(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	switch_op_start(server->v, call, params);
}

static void on_shutdown(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;
	bool data_planes = json_is_true(json_object_get(params, "data_planes"));

	log_info("shutdown", "asked_by_pid=%d data_planes=%s",
		(int)rpc_conn_peer(rpc_call_conn(call)).pid, data_planes ? "yes" : "no");
	rpc_reply(call, NULL, NULL, 0);
	viosd_shutdown(server->v, data_planes);
}

static void on_quarantine_list(
	struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	framed_link_forward(server->v->framed, call, "quarantine_list", NULL);
}

static void on_quarantine_release(
	struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	/* Not only those of the state: one that was removed stays in vios-framed's list. */
	framed_link_forward(server->v->framed, call, "quarantine_release",
		json_pack("{s:O*, s:O*}", "adapter", json_object_get(params, "adapter"), "id",
			json_object_get(params, "id")));
}

static void on_config_get(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	api_config_get(server->v, call);
}

static void on_config_change(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	api_config_change(server->v, call, params);
}

static void on_running(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	api_running(server->v, call);
}

static void on_file(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	api_file(server->v, call, params);
}

static void on_trace(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	api_trace(server->v, call, params,
		access_is_root(&server->access, rpc_conn_peer(rpc_call_conn(call)).uid));
}

static void on_errlog(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;

	api_errlog(server->v, call, params);
}

static void on_subscribe(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct server *server = user;
	const char *fault = subscribers_set(
		&server->subscribers, rpc_call_conn(call), json_object_get(params, "topics"));

	if (fault)
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", fault);
	else
		rpc_reply(call, NULL, NULL, 0);
}

static bool wants(struct rpc_conn *conn, void *user)
{
	const struct server *server = user;

	return subscribers_want(&server->subscribers, conn, server->topic);
}

void server_publish(struct server *server, const char *topic, json_t *event)
{
	server->topic = subscribers_topic(topic);
	json_object_set_new(event, "topic", json_string(topic));
	rpc_server_notify(server->rpc, "event", event, wants, server);
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct server *server = user;
	struct mux *mux = rpc_conn_data(conn);

	subscribers_drop(&server->subscribers, conn);
	if (!mux || mux->conn != conn)
		return;
	log_info("mux-gone", "client=%s pid=%lld", mux->client, (long long)mux->pid);
	free_mux(server, mux);
	scsids_settle(server->v->scsids);
}

/* What does not say ACCESS_READ is for those who may change. */
static const struct rpc_method methods[] = {
	{"mux_hello", on_mux_hello},
	{"adapter_status", on_adapter_status},
	{"status", on_status, ACCESS_READ},
	{"devices", on_devices, ACCESS_READ},
	{"switch", on_switch},
	{"shutdown", on_shutdown},
	{"config_get", on_config_get, ACCESS_READ},
	{"config_change", on_config_change},
	{"running", on_running, ACCESS_READ},
	{"file", on_file},
	{"errlog", on_errlog, ACCESS_READ},
	{"subscribe", on_subscribe, ACCESS_READ},
	{"trace", on_trace},
	{"quarantine_list", on_quarantine_list, ACCESS_READ},
	{"quarantine_release", on_quarantine_release},
	{NULL, NULL},
};

static struct rpc_standing standing(const struct rpc_peer *peer, void *user)
{
	const struct server *server = user;

	return gate_standing(peer, &server->access);
}

static void denied(const struct rpc_method *method, const struct ucred *peer, char why[RPC_REFUSAL],
	void *user)
{
	const struct server *server = user;

	gate_denied(&server->access, method, peer, why);
}

static const struct rpc_guard guard = {.standing = standing, .denied = denied, .pools = GATE_POOLS};

static const struct rpc_service service = {
	.methods = methods, .closed = on_closed, .guard = &guard};

int server_new(struct viosd *v, struct server **out)
{
	struct server *server = calloc(1, sizeof(*server));
	struct runpath path;
	int r;

	if (!server)
		return -ENOMEM;
	server->v = v;
	gate_groups(&server->access);
	r = runpath_viosd(&path, v->options->run, v->options->vios);
	if (r == 0)
		r = rpc_server_new(v->ev, path.text,
			gate_mode(&server->access, v->options->run, v->options->vios), &service,
			server, &server->rpc);
	if (r < 0) {
		free(server);
		return r;
	}
	*out = server;
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	for (struct mux *mux = server->muxes; mux; mux = mux->next)
		release_mux(mux);
	rpc_server_free(server->rpc);
	while (server->muxes)
		free_mux(server, server->muxes);
	free(server);
}

struct rpc_conn *server_mux(const struct server *server, size_t client)
{
	const struct mux *mux = find_mux(server, server->v->frame->clients[client].name);

	return mux ? mux->conn : NULL;
}

/* params: ownership moves. One whose hello is not answered yet hears it all with that. */
static void tell(const struct mux *mux, const char *method, json_t *params)
{
	if (mux->held)
		json_decref(params);
	else if (rpc_notify(mux->conn, method, params, NULL, 0) < 0)
		log_warn("mux-not-told", "client=%s", mux->client);
}

void server_tell_paths(struct server *server, size_t client)
{
	const char *name = server->v->frame->clients[client].name;
	const struct mux *mux = find_mux(server, name);

	if (mux)
		tell(mux, "paths", json_pack("{s:o}", "paths", paths_json(server->v, name)));
}

static bool same_client(const struct model_client *a, const struct model_client *b)
{
	return a && b ? memcmp(a, b, sizeof(*a)) == 0 : a == b;
}

void server_tell_client(struct server *server, const struct model_frame *before)
{
	for (const struct mux *mux = server->muxes; mux; mux = mux->next)
		if (!same_client(model_frame_client(before, mux->client),
			    model_frame_client(server->v->frame, mux->client)))
			tell(mux, "client", client_json(server->v, mux->client));
}

void server_answer_held(struct server *server)
{
	for (struct mux *mux = server->muxes; mux; mux = mux->next) {
		struct rpc_call *held = mux->held;
		if (!held || !viosd_decided_for(server->v, mux->client))
			continue;
		mux->held = NULL;
		answer_hello(server, mux, held);
	}
}
