/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the JSON of `status` into a struct view, and says whether the pair that it shows is
 * redundant.
 *
 * No I/O; runs on the caller's thread; the JSON is borrowed, the view holds copies.
 */
#include "ha/drill/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOLD_S 60 /* of an adapter that says nothing of it */

static void copy_text(char *out, size_t size, const json_t *value)
{
	const char *text = json_string_value(value);

	out[0] = '\0';
	if (text && strlen(text) < size)
		memcpy(out, text, strlen(text) + 1);
}

static void get_text(char *out, size_t size, const json_t *object, const char *member)
{
	copy_text(out, size, json_object_get(object, member));
}

static void parse_vios(const json_t *object, struct view_vios *out)
{
	const json_t *netd = json_object_get(object, "netd");

	get_text(out->name, sizeof(out->name), object, "name");
	get_text(out->state, sizeof(out->state), object, "state");
	get_text(out->netd_state, sizeof(out->netd_state), netd, "state");
	get_text(out->incarnation, sizeof(out->incarnation), netd, "incarnation");
}

static void parse_paths(json_t *object, struct view_adapter *out)
{
	const char *name;
	json_t *path;

	json_object_foreach(object, name, path)
	{
		struct view_path *to = &out->path[out->n_paths];

		if (out->n_paths == VIEW_VIOS_MAX)
			return;
		if (strlen(name) >= sizeof(to->vios))
			continue;
		memcpy(to->vios, name, strlen(name) + 1);
		get_text(to->phase, sizeof(to->phase), path, "phase");
		get_text(to->state, sizeof(to->state), path, "state");
		out->n_paths++;
	}
}

static void parse_adapter(const json_t *object, struct view_adapter *out)
{
	json_int_t start = json_integer_value(json_object_get(object, "start"));

	get_text(out->name, sizeof(out->name), object, "adapter");
	get_text(out->live, sizeof(out->live), object, "live");
	out->start = start > 0 ? (uint64_t)start : 0;
	out->client_connected = json_is_true(json_object_get(object, "client_connected"));
	parse_paths(json_object_get(object, "paths"), out);
}

void view_parse(const json_t *status, struct view *out)
{
	const json_t *cluster = json_object_get(status, "cluster");
	const char *state = json_string_value(json_object_get(cluster, "state"));
	const json_t *list;
	json_t *item;
	size_t i;

	memset(out, 0, sizeof(*out));
	get_text(out->answered_by, sizeof(out->answered_by), status, "answered_by");
	out->cluster_joined = state && strcmp(state, "joined") == 0;
	out->n_members = json_array_size(json_object_get(cluster, "members"));
	list = json_object_get(status, "vios");
	json_array_foreach(list, i, item) if (out->n_vios < VIEW_VIOS_MAX)
		parse_vios(item, &out->vios[out->n_vios++]);
	list = json_object_get(status, "adapters");
	json_array_foreach(list, i, item) if (out->n_adapters < VIEW_ADAPTERS_MAX)
		parse_adapter(item, &out->adapter[out->n_adapters++]);
}

const struct view_vios *view_vios(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->n_vios; i++)
		if (strcmp(view->vios[i].name, name) == 0)
			return &view->vios[i];
	return NULL;
}

const struct view_adapter *view_adapter(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->n_adapters; i++)
		if (strcmp(view->adapter[i].name, name) == 0)
			return &view->adapter[i];
	return NULL;
}

bool view_path_fails(const struct view_path *path)
{
	return strcmp(path->state, "unavailable") == 0;
}

const struct view_path *view_path(const struct view_adapter *adapter, const char *vios)
{
	for (size_t i = 0; i < adapter->n_paths; i++)
		if (strcmp(adapter->path[i].vios, vios) == 0)
			return &adapter->path[i];
	return NULL;
}

static bool is_word(const json_t *value, const char *word)
{
	const char *text = json_string_value(value);

	return text && strcmp(text, word) == 0;
}

static bool is_of(const json_t *vhost, const char *adapter)
{
	const char *client = json_string_value(json_object_get(vhost, "client"));
	const char *name = json_string_value(json_object_get(vhost, "adapter"));
	size_t n = client ? strlen(client) : 0;

	return client && name && strncmp(adapter, client, n) == 0 && adapter[n] == '/' &&
	       strcmp(adapter + n + 1, name) == 0;
}

bool view_vhost_parse(const json_t *config, const char *adapter, struct view_vhost *out)
{
	json_t *list = json_object_get(json_object_get(config, "state"), "vhost"), *vhost;
	size_t i;

	json_array_foreach(list, i, vhost)
	{
		/* What is as usual may not be written out. */
		json_t *failback = json_object_get(vhost, "failback");
		json_t *hold = json_object_get(vhost, "hold_time");

		if (!is_of(vhost, adapter))
			continue;
		get_text(out->preferred, sizeof(out->preferred), vhost, "preferred");
		out->failback = !failback || is_word(failback, "auto");
		out->hold_s = hold ? (unsigned)json_integer_value(hold) : HOLD_S;
		return true;
	}
	return false;
}

int view_switched(const json_t *answer, char why[VIEW_WHY_BYTES])
{
	const json_t *failed = json_array_get(json_object_get(answer, "failed"), 0);
	const char *reason = json_string_value(json_object_get(failed, "reason"));

	why[0] = '\0';
	if (json_array_size(json_object_get(answer, "switched")) == 1 ||
		json_array_size(json_object_get(answer, "unchanged")) == 1)
		return 0;
	snprintf(why, VIEW_WHY_BYTES, "%.*s", VIEW_WHY_BYTES - 1,
		reason ? reason : "'switched' names no adapter");
	return -EPROTO;
}

static bool vios_whole(const struct view_vios *vios, char why[VIEW_WHY_BYTES])
{
	if (strcmp(vios->state, "online") != 0) {
		snprintf(why, VIEW_WHY_BYTES, "%s is %s", vios->name,
			vios->state[0] ? vios->state : "unknown");
		return false;
	}
	if (strcmp(vios->netd_state, "up") != 0) {
		snprintf(why, VIEW_WHY_BYTES, "vios-netd of %s is %s", vios->name,
			vios->netd_state[0] ? vios->netd_state : "unknown");
		return false;
	}
	return true;
}

static bool path_whole(
	const struct view_adapter *adapter, const struct view_path *path, char why[VIEW_WHY_BYTES])
{
	const char *want = strcmp(path->vios, adapter->live) == 0 ? "live" : "ready";

	if (view_path_fails(path)) {
		snprintf(why, VIEW_WHY_BYTES, "path %s of %.40s is unavailable", path->vios,
			adapter->name);
		return false;
	}
	if (strcmp(path->phase, want) == 0)
		return true;
	snprintf(why, VIEW_WHY_BYTES, "path %s of %.40s is %s, not %s", path->vios, adapter->name,
		path->phase[0] ? path->phase : "unknown", want);
	return false;
}

bool view_adapter_whole(const struct view_adapter *adapter, char why[VIEW_WHY_BYTES])
{
	if (!adapter->client_connected || adapter->live[0] == '\0') {
		snprintf(why, VIEW_WHY_BYTES, "%s has no %s", adapter->name,
			adapter->live[0] ? "client" : "live path");
		return false;
	}
	if (adapter->n_paths != VIEW_VIOS_MAX) {
		snprintf(why, VIEW_WHY_BYTES, "%s has %zu paths", adapter->name, adapter->n_paths);
		return false;
	}
	for (size_t i = 0; i < adapter->n_paths; i++)
		if (!path_whole(adapter, &adapter->path[i], why))
			return false;
	return true;
}

bool view_redundant(const struct view *view, const char *const *adapters, size_t n_adapters,
	char why[VIEW_WHY_BYTES])
{
	why[0] = '\0';
	if (view->n_vios != VIEW_VIOS_MAX || !view->cluster_joined ||
		view->n_members != VIEW_VIOS_MAX) {
		snprintf(why, VIEW_WHY_BYTES, "the cluster of %.40s has %zu members",
			view->answered_by, view->cluster_joined ? view->n_members : 0);
		return false;
	}
	for (size_t i = 0; i < view->n_vios; i++)
		if (!vios_whole(&view->vios[i], why))
			return false;
	for (size_t i = 0; i < n_adapters; i++) {
		const struct view_adapter *adapter = view_adapter(view, adapters[i]);

		if (!adapter) {
			snprintf(why, VIEW_WHY_BYTES, "%.60s is not known to %.40s", adapters[i],
				view->answered_by);
			return false;
		}
		if (!view_adapter_whole(adapter, why))
			return false;
	}
	return true;
}
