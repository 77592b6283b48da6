/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nb_control.c - the fake VIOS's control sockets: netd.sock (hello, start, release, status as
 * vios-netd's; fault for tests) and viosd.sock (mux_hello, paths, adapter_status as viosd's;
 * set_path, last_status for tests). One thread; owns the two servers.
 */
#include "tests/lib/nback/nback.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct nb_device *nb_control_device(struct nback *nb, const char *name)
{
	for (size_t i = 0; name && name[0] && i < nb->n_devices; i++)
		if (strcmp(nb->device[i].name, name) == 0)
			return &nb->device[i];
	return NULL;
}

static struct nb_device *find(struct nback *nb, struct rpc_call *call, json_t *params)
{
	const char *name = json_string_value(json_object_get(params, "adapter"));
	struct nb_device *d = nb_control_device(nb, name);

	if (!d)
		rpc_fail(call, RPC_NOT_FOUND, "no adapter %s", name ? name : "(none named)");
	return d;
}

static uint64_t number(json_t *params, const char *key, uint64_t otherwise)
{
	json_t *v = json_object_get(params, key);

	return json_is_integer(v) ? (uint64_t)json_integer_value(v) : otherwise;
}

/* ---- netd.sock ---- */

static void on_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	json_t *list = json_array();

	for (size_t i = 0; i < nb->n_devices; i++) {
		const struct nb_device *d = &nb->device[i];

		if (!d->name[0])
			continue;
		json_array_append_new(list,
			json_pack("{s:s, s:I, s:I}", "adapter", d->name, "start",
				(json_int_t)d->start_told, "released", (json_int_t)d->released));
	}
	rpc_reply(call,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:b, s:o}", "vios", nb->vios, "plane",
			"netd", "pid", (int)getpid(), "incarnation", nb->incarnation, "version",
			"test", "workers", 1, "configured", 1, "adapters", list),
		&pidfd, pidfd >= 0);
	if (pidfd >= 0)
		close(pidfd);
}

static void reply_start(struct rpc_call *call, const struct nb_device *d, uint64_t start)
{
	rpc_reply(call, json_pack("{s:s, s:I}", "adapter", d->name, "start", (json_int_t)start),
		NULL, 0);
}

static void on_start(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nb_device *d = find(user, call, params);
	uint64_t start = number(params, "start", 0);

	if (!d)
		return;
	if (start <= d->released) {
		rpc_fail(call, RPC_FAILED, "start %llu is released", (unsigned long long)start);
		return;
	}
	if (start > d->start_told)
		d->start_told = start;
	reply_start(call, d, start);
	nb_device_run(d);
}

static void on_release(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;
	const char *name = json_string_value(json_object_get(params, "adapter"));
	struct nb_device *d = nb_control_device(nb, name);
	uint64_t start = number(params, "start", 0);

	if (nb->release_mute) /* the call is never answered: it leaks, as the fault wants it */
		return;
	if (d && start > d->released)
		d->released = start;
	/* An adapter that is not configured is nobody's. */
	rpc_reply(call, json_pack("{s:s*, s:I}", "adapter", name, "start", (json_int_t)start), NULL,
		0);
}

/* Ahead of a switch: counted only. */
static void on_hint(struct rpc_call *call, json_t *params, struct nback *nb, bool yields)
{
	struct nb_device *d = find(nb, call, params);

	if (!d)
		return;
	d->hints[yields]++;
	if (!nb->release_mute)
		reply_start(call, d, number(params, "start", 0));
}

static void on_yield(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	on_hint(call, params, user, true);
}

static void on_expect(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	on_hint(call, params, user, false);
}

static json_t *device_status(const struct nb_device *d)
{
	return json_pack("{s:s, s:b, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "adapter",
		d->name, "connected", d->sock.fd >= 0, "started",
		(json_int_t)(d->start_told > d->released ? d->start_told : 0), "released",
		(json_int_t)d->released, "ready", d->ready, "connections",
		(json_int_t)d->connections, "messages", (json_int_t)d->messages, "frames",
		(json_int_t)d->frames, "no_buffer", (json_int_t)d->no_buffer, "expects",
		(json_int_t)d->hints[0], "yields", (json_int_t)d->hints[1]);
}

static void on_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;
	json_t *list = json_array();

	for (size_t i = 0; i < nb->n_devices; i++)
		if (nb->device[i].name[0])
			json_array_append_new(list, device_status(&nb->device[i]));
	rpc_reply(call, json_pack("{s:o}", "adapters", list), NULL, 0);
}

/* {adapter, kind, request, at, times, ms, n}; or {kind: "release_mute"} for the control socket
 * itself. */
static void on_fault(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;
	const char *name = json_string_value(json_object_get(params, "kind"));
	struct nb_device *d;
	struct nb_fault f;
	int kind;

	if (name && strcmp(name, "release_mute") == 0) {
		nb->release_mute = number(params, "n", 1);
		rpc_reply(call, NULL, NULL, 0);
		return;
	}
	kind = name ? nb_fault_kind(name) : -EINVAL;
	if (kind < 0) {
		rpc_fail(call, RPC_INVALID_PARAMS, "no fault %s", name ? name : "(none)");
		return;
	}
	d = find(nb, call, params);
	if (!d)
		return;
	f = (struct nb_fault){.kind = (enum nb_fault_kind)kind,
		.request = (uint32_t)number(params, "request", 0),
		.at = (uint32_t)number(params, "at", 0),
		.times = (uint32_t)number(params, "times", UINT32_MAX),
		.ms = (uint32_t)number(params, "ms", 0),
		.n = number(params, "n", 0)};
	rpc_reply(call, NULL, NULL, 0);
	nb_device_set_fault(d, &f);
}

/* What the back end offers from now on, less the bits named. */
static void on_lacks(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nb_device *d = find(user, call, params);

	if (!d)
		return;
	d->features_offered &= ~number(params, "virtio", 0);
	d->protocol_offered &= ~number(params, "protocol", 0);
	nb_device_hang_up(d);
	rpc_reply(call, NULL, NULL, 0);
}

static void on_hang_up(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nb_device *d = find(user, call, params);

	if (!d)
		return;
	nb_device_hang_up(d);
	rpc_reply(call, NULL, NULL, 0);
}

static const struct rpc_method netd_methods[] = {
	{"hello", on_hello},
	{"start", on_start},
	{"release", on_release},
	{"yield", on_yield},
	{"expect", on_expect},
	{"status", on_status},
	{"fault", on_fault},
	{"lacks", on_lacks},
	{"hang_up", on_hang_up},
	{"add", nb_set_on_add},
	{"remove", nb_set_on_remove},
	{NULL, NULL},
};
static const struct rpc_service netd_service = {.methods = netd_methods};

/* ---- viosd.sock ---- */

json_t *nb_paths(const struct nback *nb)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nb->n_devices; i++) {
		const struct nb_device *d = &nb->device[i];

		if (!d->name[0])
			continue;
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:I}", "adapter", d->name, "state", d->state,
				      "generation", (json_int_t)d->generation));
	}
	return list;
}

static void on_mux_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;

	rpc_reply(call,
		json_pack("{s:s, s:o, s:O*}", "vios", nb->vios, "paths", nb_paths(nb), "client",
			nb->client),
		NULL, 0);
}

static void on_adapter_status(
	struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;
	const char *name = json_string_value(json_object_get(params, "adapter"));

	if (name)
		json_object_set(nb->last_status, name, params);
	rpc_reply(call, NULL, NULL, 0);
}

static void on_last_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;

	rpc_reply(call, json_deep_copy(nb->last_status), NULL, 0);
}

static void on_set_path(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;
	struct nb_device *d = find(nb, call, params);
	const char *state = json_string_value(json_object_get(params, "state"));

	if (!d)
		return;
	snprintf(d->state, sizeof(d->state), "%s", state ? state : "standby");
	d->generation = number(params, "generation", d->generation + 1);
	rpc_server_notify(
		nb->viosd, "paths", json_pack("{s:o}", "paths", nb_paths(nb)), NULL, NULL);
	rpc_reply(call, NULL, NULL, 0);
}

static const struct rpc_method viosd_methods[] = {
	{"mux_hello", on_mux_hello},
	{"adapter_status", on_adapter_status},
	{"last_status", on_last_status},
	{"set_path", on_set_path},
	{"set_client", nb_set_on_client},
	{NULL, NULL},
};
static const struct rpc_service viosd_service = {.methods = viosd_methods};

int nb_control_open(struct nback *nb)
{
	struct runpath p;
	int err;

	nb->last_status = json_object();
	err = runpath_netd(&p, nb->run, nb->vios);
	if (!err)
		err = rpc_server_new(nb->ev, p.text, 0600, &netd_service, nb, &nb->netd);
	if (err || nb->no_viosd)
		return err;
	err = runpath_viosd(&p, nb->run, nb->vios);
	return err ? err : rpc_server_new(nb->ev, p.text, 0600, &viosd_service, nb, &nb->viosd);
}
