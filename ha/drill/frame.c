/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks the frame's control sockets what it is doing and which processes serve it.
 *
 * Main thread only; every call has a timeout. A VIOS is asked about itself, the mux about the live
 * path.
 */
#include "ha/drill/frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ha/drill/proc.h"
#include "ha/drill/stop.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"

#define CALL_TIMEOUT_MS 10000 /* viosd gives a mux 5 s for a switch */
#define POLL_MS 150

int frame_vios_index(const struct env *env, const char *name)
{
	for (size_t i = 0; i < env->n_vios; i++)
		if (strcmp(env->vios[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int scsid_path(struct runpath *out, const struct env *env, int vios)
{
	char client[VIEW_NAME_BYTES];
	size_t n = strcspn(env->storage.adapter, "/");

	if (env->storage.adapter[n] == '\0')
		return -EINVAL;
	snprintf(client, sizeof(client), "%.*s", (int)n, env->storage.adapter);
	return runpath_scsid(
		out, env->run_dir, env->vios[vios].name, client, env->storage.adapter + n + 1);
}

int frame_socket(const struct env *env, int vios, enum frame_service service, char path[108])
{
	struct runpath p = {""};
	int rc = -EINVAL;

	if (service == FRAME_FRAMED)
		rc = runpath_framed(&p, env->run_dir);
	else if (service == FRAME_VIOSD)
		rc = runpath_viosd(&p, env->run_dir, env->vios[vios].name);
	else if (service == FRAME_SCSID)
		rc = scsid_path(&p, env, vios);
	else
		rc = runpath_netd(&p, env->run_dir, env->vios[vios].name);
	memcpy(path, p.text, sizeof(p.text));
	return rc;
}

int frame_mux_socket(const struct env *env, const char *adapter, char path[108])
{
	struct runpath p = {""};
	char client[VIEW_NAME_BYTES];
	int rc;

	snprintf(client, sizeof(client), "%.*s", (int)strcspn(adapter, "/"), adapter);
	rc = runpath_mux(&p, env->run_dir, client);
	memcpy(path, p.text, sizeof(p.text));
	return rc;
}

static int call_path(const char *path, const char *method, json_t *params, json_t **result,
	char why[VIEW_WHY_BYTES])
{
	int rc;

	why[0] = '\0';
	*result = NULL;
	rc = rpc_sync_call(path, method, params, CALL_TIMEOUT_MS, result, why, VIEW_WHY_BYTES);
	if (rc != 0 && why[0] == '\0')
		snprintf(why, VIEW_WHY_BYTES, "%.80s: %s", path,
			rc > -4096 ? strerror(-rc) : "refused");
	return rc;
}

int frame_call(const struct env *env, int vios, enum frame_service service, const char *method,
	json_t *params, json_t **result, char why[VIEW_WHY_BYTES])
{
	char path[108];
	int rc = frame_socket(env, vios, service, path);

	if (rc < 0) {
		snprintf(why, VIEW_WHY_BYTES, "%.80s: %s", path, strerror(-rc));
		json_decref(params);
		return rc;
	}
	return call_path(path, method, params, result, why);
}

int frame_viosd_status(const struct env *env, int vios, struct view *out, char why[VIEW_WHY_BYTES])
{
	json_t *result;
	int rc = frame_call(env, vios, FRAME_VIOSD, "status", NULL, &result, why);

	memset(out, 0, sizeof(*out));
	if (rc == 0)
		view_parse(result, out);
	json_decref(result);
	return rc;
}

int frame_mux_status(
	const struct env *env, const char *adapter, struct view *out, char why[VIEW_WHY_BYTES])
{
	json_t *result = NULL;
	char path[108];
	int rc = frame_mux_socket(env, adapter, path);

	memset(out, 0, sizeof(*out));
	if (rc == 0)
		rc = call_path(path, "status", NULL, &result, why);
	if (rc == 0)
		view_parse(result, out);
	json_decref(result);
	return rc;
}

void frame_live(const struct env *env, const char *adapter, struct frame_path *out)
{
	const struct view_adapter *found;
	char why[VIEW_WHY_BYTES];
	struct view view;

	*out = (struct frame_path){.live = ""};
	if (frame_mux_status(env, adapter, &view, why) != 0)
		return;
	found = view_adapter(&view, adapter);
	if (!found)
		return;
	memcpy(out->live, found->live, VIEW_NAME_BYTES);
	out->start = found->start;
}

bool frame_path_fails(const struct env *env, int vios, const char *adapter)
{
	const struct view_adapter *found;
	const struct view_path *path;
	char why[VIEW_WHY_BYTES];
	struct view view;

	if (frame_viosd_status(env, vios, &view, why) != 0)
		return false;
	found = view_adapter(&view, adapter);
	path = found ? view_path(found, env->vios[vios].name) : NULL;
	return path && view_path_fails(path);
}

int frame_vhost(const struct env *env, struct view_vhost *out, char why[VIEW_WHY_BYTES])
{
	json_t *result;
	int rc = frame_call(env, 0, FRAME_VIOSD, "config_get", NULL, &result, why);

	if (rc == 0 && !view_vhost_parse(result, env->storage.adapter, out)) {
		snprintf(why, VIEW_WHY_BYTES, "the state has no adapter %.60s",
			env->storage.adapter);
		rc = -ENOENT;
	}
	json_decref(result);
	return rc;
}

int frame_switch(
	const struct env *env, const char *adapter, const char *to, char why[VIEW_WHY_BYTES])
{
	json_t *result;
	int vios = frame_vios_index(env, to);
	int rc = frame_call(env, vios < 0 ? 0 : vios, FRAME_VIOSD, "switch",
		json_pack("{s:s, s:s}", "adapter", adapter, "to", to), &result, why);

	if (rc == 0)
		rc = view_switched(result, why);
	json_decref(result);
	return rc;
}

static pid_t socket_pid(const char *path)
{
	struct proc proc;
	pid_t pid;

	if (proc_of_socket(path, &proc) < 0)
		return 0;
	pid = proc.pid;
	proc_close(&proc);
	return pid;
}

static pid_t service_pid(const struct env *env, int vios, enum frame_service service)
{
	char path[108];

	return frame_socket(env, vios, service, path) == 0 ? socket_pid(path) : 0;
}

static void look_at_vios(const struct env *env, int i, struct frame_vios *out)
{
	struct proc init, corosync;
	const struct view_vios *own;
	char why[VIEW_WHY_BYTES];

	out->answered = frame_viosd_status(env, i, &out->view, why) == 0;
	own = view_vios(&out->view, env->vios[i].name);
	if (own)
		memcpy(out->incarnation, own->incarnation, sizeof(out->incarnation));
	out->viosd_pid = service_pid(env, i, FRAME_VIOSD);
	out->netd_pid = service_pid(env, i, FRAME_NETD);
	out->scsid_pid = env_has_storage(env) ? service_pid(env, i, FRAME_SCSID) : 0;
	if (proc_of_file(env->vios[i].init_pid_file, &init) < 0)
		return;
	out->init_pid = init.pid;
	if (proc_in_node(&init, "corosync", &corosync) == 0) {
		out->corosync_pid = corosync.pid;
		proc_close(&corosync);
	}
	proc_close(&init);
}

void frame_snapshot(const struct env *env, struct frame_snapshot *out)
{
	struct frame_path path_of_first;
	char path[108];

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < (int)env->n_vios; i++)
		look_at_vios(env, i, &out->vios[i]);
	frame_live(env, env->traffic[0].adapter, &path_of_first);
	memcpy(out->live, path_of_first.live, sizeof(out->live));
	out->start = path_of_first.start;
	if (env_has_storage(env))
		frame_live(env, env->storage.adapter, &out->storage);
	if (frame_mux_socket(env, env->traffic[0].adapter, path) == 0)
		out->mux_pid = socket_pid(path);
	out->framed_pid = service_pid(env, -1, FRAME_FRAMED);
}

/* Every one that has traffic or a storage client. */
static size_t adapters_of(const struct env *env, const char *adapters[ENV_TRAFFIC_MAX + 1])
{
	size_t n = 0;

	for (; n < env->n_traffic; n++)
		adapters[n] = env->traffic[n].adapter;
	if (env_has_storage(env))
		adapters[n++] = env->storage.adapter;
	return n;
}

static bool agree(
	const char *const *adapters, size_t n, const struct view views[], char why[VIEW_WHY_BYTES])
{
	for (size_t i = 0; i < n; i++) {
		const char *name = adapters[i];
		const struct view_adapter *a = view_adapter(&views[0], name);
		const struct view_adapter *b = view_adapter(&views[1], name);

		if (a && b && strcmp(a->live, b->live) == 0)
			continue;
		snprintf(why, VIEW_WHY_BYTES, "the two viosd do not agree where %.40s is live",
			name);
		return false;
	}
	return true;
}

bool frame_redundant(const struct env *env, char why[VIEW_WHY_BYTES])
{
	const char *adapters[ENV_TRAFFIC_MAX + 1];
	const size_t n = adapters_of(env, adapters);
	struct view views[VIEW_VIOS_MAX];

	for (int i = 0; i < (int)env->n_vios; i++)
		if (frame_viosd_status(env, i, &views[i], why) != 0 ||
			!view_redundant(&views[i], adapters, n, why))
			return false;
	return agree(adapters, n, views, why);
}

int frame_wait_redundant(const struct env *env, unsigned timeout_ms, char why[VIEW_WHY_BYTES])
{
	int64_t until_ms = stop_now_ms() + timeout_ms;
	int in_a_row = 0;

	for (;;) {
		in_a_row = frame_redundant(env, why) ? in_a_row + 1 : 0;
		if (in_a_row == 2)
			return 0;
		if (stop_now_ms() > until_ms)
			return -ETIMEDOUT;
		if (stop_sleep_ms(POLL_MS) < 0)
			return -EINTR;
	}
}

static json_t *vios_json(const struct frame_vios *vios)
{
	return json_pack("{s:b, s:s, s:i, s:i, s:i, s:i, s:i}", "answered", vios->answered,
		"incarnation", vios->incarnation, "init_pid", (int)vios->init_pid, "viosd_pid",
		(int)vios->viosd_pid, "netd_pid", (int)vios->netd_pid, "corosync_pid",
		(int)vios->corosync_pid, "scsid_pid", (int)vios->scsid_pid);
}

json_t *frame_snapshot_json(const struct env *env, const struct frame_snapshot *snapshot)
{
	json_t *out = json_pack("{s:s, s:I, s:i, s:i}", "live", snapshot->live, "start",
		(json_int_t)snapshot->start, "mux_pid", (int)snapshot->mux_pid, "framed_pid",
		(int)snapshot->framed_pid);

	for (size_t i = 0; i < env->n_vios; i++)
		json_object_set_new(out, env->vios[i].name, vios_json(&snapshot->vios[i]));
	if (env_has_storage(env)) {
		json_object_set_new(out, "storage_live", json_string(snapshot->storage.live));
		json_object_set_new(
			out, "storage_start", json_integer((json_int_t)snapshot->storage.start));
	}
	return out;
}
