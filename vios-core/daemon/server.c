// SPDX-License-Identifier: BSD-3-Clause
/*
 * server.c - the methods of viosd.sock. Runs on viosd's one thread; owns the listener and one slot
 * a client for the connection of its mux.
 *
 * A mux that says hello before viosd knows whether a data plane runs (it may have outlived the
 * viosd before) is answered when that is known: an early "unavailable" would move its adapters for
 * nothing.
 */
#include "vios-core/daemon/server.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/daemon/status.h"
#include "vios-core/daemon/switch_op.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdlib.h>

struct mux {
	struct rpc_conn *conn; /* NULL: not connected */
	struct rpc_call *held; /* its hello, when that waits for an answer */
	int64_t pid;
};

struct server {
	struct viosd *v;
	struct rpc_server *rpc;
	struct mux *muxes; /* one a client, as in frame->clients */
};

static json_t *paths_json(struct viosd *v, size_t client)
{
	size_t n;
	const struct inventory_adapter *first = inventory_of_client(&v->inventory, client, &n);
	json_t *paths = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			paths, json_pack("{s:s, s:s, s:I}", "adapter", first[i].name, "state",
				       path_state_name(first[i].path.state), "generation",
				       (json_int_t)first[i].path.generation));
	return paths;
}

static void answer_hello(struct server *server, size_t client, struct rpc_call *call)
{
	struct viosd *v = server->v;

	rpc_reply(call,
		json_pack("{s:s, s:o}", "vios", v->frame->vios[v->self].name, "paths",
			paths_json(v, client)),
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

/* The mux of a client that connected before is a leftover of its predecessor: the newest wins. */
static void replace_mux(struct server *server, size_t client, struct rpc_conn *conn, int64_t pid)
{
	struct mux *mux = &server->muxes[client];
	struct rpc_conn *old = mux->conn;

	release_mux(mux);
	if (old && old != conn) {
		log_warn("mux-replaced", "client=%s old_pid=%lld new_pid=%lld",
			server->v->frame->clients[client].name, (long long)mux->pid,
			(long long)pid);
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
	long client = inventory_client(&server->v->inventory, name);

	if (client < 0) {
		rpc_fail(call, RPC_NOT_FOUND,
			"client %.64s is not in the frame; give one of frame.json's clients",
			name ? name : "(none)");
		return;
	}
	struct mux *mux = &server->muxes[client];
	if (rpc_conn_data(conn) && rpc_conn_data(conn) != mux) {
		rpc_fail(call, RPC_DENIED, "this connection is another client's mux");
		return;
	}
	replace_mux(
		server, (size_t)client, conn, json_integer_value(json_object_get(params, "pid")));
	log_info("mux-connected", "client=%s pid=%lld", name, (long long)mux->pid);
	if (plane_decided(server->v->plane))
		answer_hello(server, (size_t)client, call);
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
	struct mux_report report;
	const char *fault;

	if (!mux || !adapter || adapter->client != (size_t)(mux - server->muxes)) {
		rpc_fail(call, RPC_DENIED,
			"a mux reports its own client's adapters, after mux_hello");
		return;
	}
	fault = mux_report_parse(v->frame, params, &report);
	if (fault) {
		log_warn("mux-report-refused", "adapter=%s reason=\"%s\"", adapter->name, fault);
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", fault);
		return;
	}
	if (report.live != adapter->report.live)
		log_info("adapter-live", "adapter=%s vios=%s start=%llu", adapter->name,
			report.live < 0 ? "none" : v->frame->vios[report.live].name,
			(unsigned long long)report.start);
	adapter->report = report;
	rpc_reply(call, NULL, NULL, 0);
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
		.framed_connected = framed_link_connected(v->framed),
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
	const char *name = json_string_value(json_object_get(params, "adapter"));

	if (!inventory_find(&server->v->inventory, name)) {
		rpc_fail(call, RPC_NOT_FOUND,
			"adapter %.64s is not in the frame; see viosctl status",
			name ? name : "(none)");
		return;
	}
	framed_link_forward(
		server->v->framed, call, "quarantine_release", json_pack("{s:s}", "adapter", name));
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct server *server = user;
	struct mux *mux = rpc_conn_data(conn);

	if (!mux || mux->conn != conn)
		return;
	log_info("mux-gone", "client=%s pid=%lld",
		server->v->frame->clients[mux - server->muxes].name, (long long)mux->pid);
	release_mux(mux);
}

static const struct rpc_method methods[] = {
	{"mux_hello", on_mux_hello},
	{"adapter_status", on_adapter_status},
	{"status", on_status},
	{"devices", on_devices},
	{"switch", on_switch},
	{"shutdown", on_shutdown},
	{"quarantine_list", on_quarantine_list},
	{"quarantine_release", on_quarantine_release},
	{NULL, NULL},
};

static const struct rpc_service service = {.methods = methods, .closed = on_closed};

int server_new(struct viosd *v, struct server **out)
{
	struct server *server = calloc(1, sizeof(*server));
	struct runpath path;
	int r;

	if (!server)
		return -ENOMEM;
	server->v = v;
	server->muxes = calloc(v->frame->n_clients + 1, sizeof(*server->muxes));
	r = server->muxes ? runpath_viosd(&path, v->options->run, v->options->vios) : -ENOMEM;
	if (r == 0)
		r = rpc_server_new(v->ev, path.text, 0660, &service, server, &server->rpc);
	if (r < 0) {
		free(server->muxes);
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
	for (size_t i = 0; i < server->v->frame->n_clients; i++)
		release_mux(&server->muxes[i]);
	rpc_server_free(server->rpc);
	free(server->muxes);
	free(server);
}

struct rpc_conn *server_mux(const struct server *server, size_t client)
{
	return server->muxes[client].conn;
}

void server_tell_paths(struct server *server, size_t client)
{
	struct mux *mux = &server->muxes[client];

	if (!mux->conn || mux->held)
		return;
	json_t *params = json_pack("{s:o}", "paths", paths_json(server->v, client));
	if (rpc_notify(mux->conn, "paths", params, NULL, 0) < 0)
		log_warn("mux-not-told", "client=%s", server->v->frame->clients[client].name);
}

void server_answer_held(struct server *server)
{
	for (size_t i = 0; i < server->v->frame->n_clients; i++) {
		struct rpc_call *held = server->muxes[i].held;
		server->muxes[i].held = NULL;
		if (held)
			answer_hello(server, i, held);
	}
}
