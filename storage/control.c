/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket of vios-scsid: hello, configure, start, release, status, shutdown, as on
 * vios-netd's. Main thread. A connection's data is its role, as a number.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "storage/fault.h"
#include "storage/paths.h"
#include "vios-core/base/log.h"

enum role { ROLE_NONE, ROLE_VIOSD, ROLE_FRAMED, ROLE_MUX };

static enum role role_of(struct rpc_call *call)
{
	struct rpc_conn *conn = rpc_call_conn(call);

	return conn ? (enum role)(uintptr_t)rpc_conn_data(conn) : ROLE_NONE;
}

bool control_is_viosd(struct rpc_conn *conn)
{
	return (enum role)(uintptr_t)rpc_conn_data(conn) == ROLE_VIOSD;
}

static enum role role_parse(const char *text)
{
	static const char *const names[] = {"", "viosd", "framed", "mux"};

	for (unsigned i = 1; i < 4; i++)
		if (text && !strcmp(text, names[i]))
			return (enum role)i;
	return ROLE_NONE;
}

static bool denied(struct rpc_call *call, const char *method)
{
	if (role_of(call) != ROLE_MUX)
		return false;
	rpc_fail(call, RPC_DENIED, "%s: not for a mux", method);
	return true;
}

static void reply_hello(struct scsid *d, struct rpc_call *call, enum role role)
{
	int fds[4] = {d->pidfd, hb_memfd(d->hb), hb_ping_fd(d->hb, 0), hb_ping_fd(d->hb, 1)};
	json_t *result = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:b, s:b}", "vios", d->vios,
		"plane", "scsid", "adapter", d->name, "pid", (int)getpid(), "incarnation",
		d->incarnation, "version", VIOS_VERSION, "workers", 2, "configured", d->configured,
		"requests_matter", true);

	if (role == ROLE_MUX)
		json_object_set_new(result, "adapters",
			json_pack("[{s:s, s:I, s:I}]", "adapter", d->name, "start",
				(json_int_t)d->gate.start, "released",
				(json_int_t)d->gate.released));
	rpc_reply(call, result, fds, role == ROLE_MUX ? 1 : 4);
}

static void on_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct scsid *d = user;
	const char *text = json_string_value(json_object_get(params, "role"));
	const char *client = json_string_value(json_object_get(params, "client"));
	enum role role = role_parse(text);
	struct rpc_conn *conn;

	if (role == ROLE_NONE) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"role %.32s: not known; say \"viosd\", \"mux\" or \"framed\"",
			text ? text : "(none)");
		return;
	}
	if (role == ROLE_MUX && (!client || strcmp(client, d->client))) {
		rpc_fail(call, RPC_DENIED, "client %.64s: this target is of client %s",
			client ? client : "(none)", d->client);
		return;
	}
	rpc_conn_set_data(rpc_call_conn(call), (void *)(uintptr_t)role);
	conn = rpc_call_conn(call);
	reply_hello(d, call, role);
	if (role == ROLE_VIOSD) {
		d->viosd = conn;
		paths_tell(d, conn);
	}
}

static void on_configure(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	if (!denied(call, "configure"))
		configure(user, call, params);
}

static void on_path_errors(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	if (!denied(call, "path_errors"))
		paths_errors(user, call, params);
}

static bool get_start(struct scsid *d, struct rpc_call *call, json_t *params, uint64_t *start)
{
	const char *adapter = json_string_value(json_object_get(params, "adapter"));
	json_t *number = json_object_get(params, "start");

	if (!adapter || !json_is_integer(number) || json_integer_value(number) < 1) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"adapter and start: give CLIENT/ADAPTER and a number from 1 on");
		return false;
	}
	if (strcmp(adapter, d->name) || !d->configured) {
		rpc_fail(call, RPC_NOT_FOUND, "adapter %.64s: not configured here", adapter);
		return false;
	}
	*start = (uint64_t)json_integer_value(number);
	return true;
}

static json_t *start_json(struct scsid *d, uint64_t start)
{
	return json_pack("{s:s, s:I}", "adapter", d->name, "start", (json_int_t)start);
}

static void on_start(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct scsid *d = user;
	uint64_t start;
	bool was_open = gate_open(&d->gate);

	if (!get_start(d, call, params, &start))
		return;
	if (!gate_start(&d->gate, start)) {
		rpc_fail(call, RPC_FAILED, "adapter %s: start %llu is not above the released %llu",
			d->name, (unsigned long long)start, (unsigned long long)d->gate.released);
		return;
	}
	d->healed = false;
	if (!was_open)
		scsid_changed(d);
	rpc_reply(call, start_json(d, start), NULL, 0);
}

static void on_release(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct scsid *d = user;
	uint64_t start;
	unsigned i = 0;

	if (!get_start(d, call, params, &start))
		return;
	while (i < SCSID_RELEASES_MAX && d->release[i].call)
		i++;
	if (i == SCSID_RELEASES_MAX) {
		rpc_fail(call, RPC_FAILED, "adapter %s: %u releases are under way already", d->name,
			i);
		return;
	}
	gate_release(&d->gate, start);
	d->release[i].call = call;
	d->release[i].start = start;
	d->release[i].number = scsid_changed(d);
}

void control_applied(struct scsid *d)
{
	for (unsigned i = 0; i < SCSID_RELEASES_MAX; i++) {
		struct rpc_call *call = d->release[i].call;

		if (!call || d->applied < d->release[i].number)
			continue;
		d->release[i].call = NULL;
		rpc_reply(call, start_json(d, d->release[i].start), NULL, 0);
	}
}

static void on_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_reply(call, status_json(user), NULL, 0);
}

static void on_shutdown(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct scsid *d = user;

	if (denied(call, "shutdown"))
		return;
	rpc_reply(call, NULL, NULL, 0);
	log_info("shutdown", "asked=rpc");
	sd_event_exit(d->ev, 0);
}

#ifdef VIOS_FAULTS
static void on_fault(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct scsid *d = user;
	enum fault_place place = fault_named(json_string_value(json_object_get(params, "place")));
	int disk = fault_disk_named(json_string_value(json_object_get(params, "disk")));
	json_int_t lun = json_integer_value(json_object_get(params, "lun"));
	json_int_t ms = json_integer_value(json_object_get(params, "ms"));
	json_int_t n = json_integer_value(json_object_get(params, "after"));

	if (disk >= 0 && lun >= 0 && lun < VS_LUNS && ms >= 0 && d->worker) {
		fault_disk((unsigned)lun, (enum fault_disk)disk, (unsigned)ms);
		worker_ping(d->worker);
		rpc_reply(call, NULL, NULL, 0);
		return;
	}
	if (place == FAULT_NONE || n < 1) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"place and after: give a place and a count, or disk, lun and ms");
		return;
	}
	fault_plant(place, (unsigned)n);
	rpc_reply(call, NULL, NULL, 0);
}
#endif

static const struct rpc_method methods[] = {
	{"hello", on_hello},
	{"configure", on_configure},
	{"start", on_start},
	{"release", on_release},
	{"path_errors", on_path_errors},
	{"status", on_status},
	{"shutdown", on_shutdown},
#ifdef VIOS_FAULTS
	{"fault", on_fault},
#endif
	{NULL, NULL},
};

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct scsid *d = user;

	if (d->viosd == conn)
		d->viosd = NULL;
}

static const struct rpc_service service = {.methods = methods, .closed = on_closed};

int control_start(struct scsid *d, const char *path)
{
	int rc = rpc_server_new(d->ev, path, 0660, &service, d, &d->server);

	if (rc)
		log_refuse("%s: cannot listen: %s; check the directory and its permissions", path,
			strerror(-rc));
	return rc;
}

void control_stop(struct scsid *d)
{
	rpc_server_free(d->server);
	d->server = NULL;
}
