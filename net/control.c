/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket of vios-netd: who may ask what, and the short methods. Main thread. A
 * connection's data is its role, given by hello; the rest of the state is in struct netd.
 */
#include "net/netd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/fault.h"
#include "net/trace.h"
#include "net/worker.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/model/frame_config.h"

enum role_kind { ROLE_NONE, ROLE_VIOSD, ROLE_FRAMED, ROLE_MUX };

struct role {
	struct role *next;
	enum role_kind kind;
	char client[MODEL_NAME_MAX + 1]; /* of a mux */
};

static struct role *role_of(struct rpc_call *call)
{
	struct rpc_conn *conn = rpc_call_conn(call);

	return conn ? rpc_conn_data(conn) : NULL;
}

static enum role_kind role_parse(const char *text)
{
	if (!text)
		return ROLE_NONE;
	if (!strcmp(text, "viosd"))
		return ROLE_VIOSD;
	if (!strcmp(text, "framed"))
		return ROLE_FRAMED;
	return strcmp(text, "mux") ? ROLE_NONE : ROLE_MUX;
}

/* The first number that a new mux of this client may start with is one above the highest of these.
 */
static json_t *client_starts(struct netd *netd, const char *client)
{
	json_t *list = json_array();
	size_t len = strlen(client);
	struct adapter_status a;

	for (unsigned i = 0; i < PORT_CLIENTS; i++) {
		if (!adapters_get(netd->adapters, i, &a) || strncmp(a.config.name, client, len) ||
			a.config.name[len] != '/')
			continue;
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "adapter", a.config.name, "start",
				      (json_int_t)a.start, "released", (json_int_t)a.released));
	}
	return list;
}

static void reply_hello(struct netd *netd, struct rpc_call *call, const struct role *role)
{
	int fds[RPC_FDS_MAX] = {netd->pidfd};
	size_t n_fds = 1;
	json_t *result = json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:b}", "vios", netd->vios,
		"plane", "netd", "pid", (int)getpid(), "incarnation", netd->incarnation, "version",
		VIOS_VERSION, "workers", (int)netd->plane->n_workers, "configured",
		netd->configured);

	if (role->kind == ROLE_MUX) {
		json_object_set_new(result, "adapters", client_starts(netd, role->client));
	} else {
		fds[n_fds++] = hb_memfd(netd->plane->hb);
		for (unsigned i = 0; i < netd->plane->n_workers; i++)
			fds[n_fds++] = hb_ping_fd(netd->plane->hb, i);
	}
	rpc_reply(call, result, fds, n_fds);
}

static void on_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	const char *role_text = json_string_value(json_object_get(params, "role"));
	const char *client = json_string_value(json_object_get(params, "client"));
	enum role_kind kind = role_parse(role_text);
	struct role *role = role_of(call);

	if (kind == ROLE_NONE) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"role %s: not known; say \"viosd\", \"mux\" or \"framed\"",
			role_text ? role_text : "(none)");
		return;
	}
	if (kind == ROLE_MUX && (!client || !model_name_valid(client))) {
		rpc_fail(call, RPC_INVALID_PARAMS, "client: a mux gives its client's name");
		return;
	}
	if (!role) {
		rpc_fail(call, RPC_INTERNAL, "no memory for the connection");
		return;
	}
	role->kind = kind;
	if (kind == ROLE_MUX)
		strcpy(role->client, client); /* a valid name fits */
	reply_hello(user, call, role);
}

static void on_configure(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct role *role = role_of(call);
	char why[512] = "";
	json_t *answer;
	int code;

	if (role && role->kind == ROLE_MUX) {
		rpc_fail(call, RPC_DENIED, "configure: not for a mux");
		return;
	}
	/* Long, and a worker may want this CPU. */
	priority_take(PRIORITY_DATA_PLANE);
	code = configure_apply(user, params, &answer, why, sizeof(why));
	priority_take(PRIORITY_BRIEF);
	if (code)
		rpc_fail(call, code, "%s", why);
	else
		rpc_reply(call, answer, NULL, 0);
}

/* Takes adapter and start from params, and refuses a mux that asks for another client's. */
static bool get_start(struct rpc_call *call, json_t *params, const char **adapter, uint64_t *start)
{
	json_t *number = json_object_get(params, "start");
	const struct role *role = role_of(call);
	size_t len;

	*adapter = json_string_value(json_object_get(params, "adapter"));
	if (!*adapter || !json_is_integer(number) || json_integer_value(number) < 1) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"adapter and start: give CLIENT/ADAPTER and a number from 1 on");
		return false;
	}
	*start = (uint64_t)json_integer_value(number);
	if (!role || role->kind != ROLE_MUX)
		return true;
	len = strlen(role->client);
	if (!strncmp(*adapter, role->client, len) && (*adapter)[len] == '/')
		return true;
	rpc_fail(
		call, RPC_DENIED, "adapter %.64s: is not one of client %s", *adapter, role->client);
	return false;
}

static void on_start(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct netd *netd = user;
	const char *adapter;
	uint64_t start, released = 0;
	int rc;

	if (!get_start(call, params, &adapter, &start))
		return;
	release_starting(netd);
	rc = adapters_start(netd->adapters, adapter, start, &released);
	if (rc == -ENOENT)
		rpc_fail(call, RPC_NOT_FOUND, "adapter %.64s: not configured here", adapter);
	else if (rc)
		rpc_fail(call, RPC_FAILED,
			"adapter %.64s: start %llu is not above the released %llu", adapter,
			(unsigned long long)start, (unsigned long long)released);
	else
		rpc_reply(call,
			json_pack("{s:s, s:I}", "adapter", adapter, "start", (json_int_t)start),
			NULL, 0);
}

static void on_release(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	const char *adapter;
	uint64_t start;

	if (get_start(call, params, &adapter, &start))
		release_call(user, call, adapter, start);
}

static void on_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	priority_take(PRIORITY_DATA_PLANE); /* as above */
	rpc_reply(call, status_json(user), NULL, 0);
	priority_take(PRIORITY_BRIEF);
}

static void on_trace(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct role *role = role_of(call);

	if (role && role->kind == ROLE_VIOSD)
		trace_call(user, call, params);
	else
		rpc_fail(call, RPC_DENIED, "trace: for viosd alone");
}

static void on_shutdown(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct netd *netd = user;
	struct role *role = role_of(call);

	if (role && role->kind == ROLE_MUX) {
		rpc_fail(call, RPC_DENIED, "shutdown: not for a mux");
		return;
	}
	rpc_reply(call, NULL, NULL, 0);
	log_info("shutdown", "asked=rpc");
	sd_event_exit(netd->ev, 0);
}

static void on_trunk_dead(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	const char *incarnation = json_string_value(json_object_get(params, "incarnation"));
	struct netd *netd = user;
	struct role *role = role_of(call);

	if (role && role->kind == ROLE_MUX)
		rpc_fail(call, RPC_DENIED, "trunk_dead: not for a mux");
	else if (!incarnation)
		rpc_fail(call, RPC_INVALID_PARAMS, "incarnation: give the dead process's");
	else
		rpc_reply(call, json_pack("{s:b}", "dropped", trunk_dead(netd->trunk, incarnation)),
			NULL, 0);
}

#ifdef VIOS_FAULTS
static void on_fault(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct netd *netd = user;
	json_t *spin = json_object_get(params, "spin"), *hog = json_object_get(params, "hog");
	json_int_t worker = json_integer_value(json_is_integer(spin) ? spin : hog);
	json_int_t ms = json_integer_value(json_object_get(params, "ms"));

	if ((!json_is_integer(spin) && !json_is_integer(hog)) || worker < 0 ||
		worker >= netd->plane->n_workers) {
		rpc_fail(call, RPC_INVALID_PARAMS, "spin or hog: give a worker's number");
		return;
	}
	if (json_is_integer(spin))
		fault_spin((unsigned)worker);
	else
		fault_hog((unsigned)worker, ms > 0 ? (unsigned)ms : 1000);
	worker_wake(netd->plane->worker[worker]);
	rpc_reply(call, NULL, NULL, 0);
}
#endif

/* Ahead of a planned switch: start may be any. */
static void on_hint(struct rpc_call *call, json_t *params, struct netd *netd, hint_fn *give)
{
	const char *adapter;
	uint64_t start;

	if (get_start(call, params, &adapter, &start))
		release_hint(netd, call, adapter, give);
}

static void on_prepare(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	on_hint(call, params, user, hint_prepare);
}

static void on_expect(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	on_hint(call, params, user, hint_expect);
}

static void on_yield(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	on_hint(call, params, user, hint_yield);
}

static const struct rpc_method methods[] = {
	{"hello", on_hello},
	{"configure", on_configure},
	{"start", on_start},
	{"release", on_release},
	{"prepare", on_prepare},
	{"expect", on_expect},
	{"yield", on_yield},
	{"status", on_status},
	{"trace", on_trace},
	{"shutdown", on_shutdown},
	{"trunk_dead", on_trunk_dead},
#ifdef VIOS_FAULTS
	{"fault", on_fault},
#endif
	{NULL, NULL},
};

static void on_opened(struct rpc_conn *conn, void *user)
{
	struct netd *netd = user;
	struct role *role = calloc(1, sizeof(*role));

	rpc_conn_set_data(conn, role);
	if (!role)
		return; /* hello will say so */
	role->next = netd->roles;
	netd->roles = role;
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct netd *netd = user;
	struct role *role = rpc_conn_data(conn);
	struct role **at = &netd->roles;

	while (*at && *at != role)
		at = &(*at)->next;
	if (*at)
		*at = role->next;
	free(role);
	rpc_conn_set_data(conn, NULL);
}

static const struct rpc_service service = {
	.methods = methods,
	.opened = on_opened,
	.closed = on_closed,
};

static bool is_viosd(struct rpc_conn *conn, void *user)
{
	const struct role *role = rpc_conn_data(conn);

	return role && role->kind == ROLE_VIOSD;
}

void control_note(struct netd *netd, const char *method, json_t *params)
{
	rpc_server_notify(netd->server, method, params, is_viosd, NULL);
}

int control_start(struct netd *netd, const char *socket_path)
{
	int rc = rpc_server_new(netd->ev, socket_path, 0660, &service, netd, &netd->server);

	if (rc)
		log_refuse("%s: cannot listen: %s; check the directory and its permissions",
			socket_path, strerror(-rc));
	return rc;
}

void control_stop(struct netd *netd)
{
	release_stop(netd);
	trace_stop(netd);
	rpc_server_free(netd->server);
	netd->server = NULL;
	while (netd->roles) {
		struct role *role = netd->roles;

		netd->roles = role->next;
		free(role);
	}
}
