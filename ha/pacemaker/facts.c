/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * facts.c - takes from a viosd's `status` what an agent decides by. Pure; the answer is borrowed
 * and nothing of it is kept. What is missing or of another type counts as not so: an agent never
 * thinks better of a VIOS than it was told.
 */
#include "ha/pacemaker/facts.h"

#include <errno.h>
#include <string.h>

static bool is(const json_t *object, const char *member, const char *word)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text && strcmp(text, word) == 0;
}

/* Of any of its SEAs. */
static bool link_down(const json_t *vios)
{
	const json_t *more = json_object_get(vios, "more"), *one;
	bool down = is(json_object_get(vios, "uplink"), "link", "down");
	size_t i;

	json_array_foreach(more, i, one) down |= is(json_object_get(one, "uplink"), "link", "down");
	return down;
}

static void read_vios(const json_t *vios, const char *name, struct facts_vios *out)
{
	const json_t *scsids = json_object_get(vios, "scsids"), *one;
	size_t i;

	memcpy(out->name, name, strlen(name) + 1);
	out->online = is(vios, "state", "online");
	out->netd_up = is(json_object_get(vios, "netd"), "state", "up");
	out->link_down = link_down(vios);
	json_array_foreach(scsids, i, one)
	{
		out->scsids_down += !is(one, "state", "up");
		out->disks_failing += json_is_object(json_object_get(one, "path"));
	}
}

/* Its rings are at this VIOS, or could be. */
static bool has_path(const json_t *path)
{
	static const char *const usable[] = {"active/optimized", "active/non-optimized", "standby"};

	if (!is(path, "phase", "ready") && !is(path, "phase", "live"))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (is(path, "state", usable[i]))
			return true;
	return false;
}

static void read_adapter(const json_t *adapter, struct facts *out)
{
	const json_t *paths = json_object_get(adapter, "paths");

	if (!json_is_true(json_object_get(adapter, "client_connected")))
		return;
	out->adapters++;
	out->live_here += is(adapter, "live", out->own.name);
	out->ready_here += has_path(json_object_get(paths, out->own.name));
	if (!out->peer.name[0])
		return;
	out->live_peer += is(adapter, "live", out->peer.name);
	out->ready_peer += has_path(json_object_get(paths, out->peer.name));
}

int facts_read(const json_t *status, const char *self, struct facts *out)
{
	const json_t *vios = json_object_get(status, "vios"), *one;
	const json_t *adapters = json_object_get(status, "adapters");
	size_t i;

	memset(out, 0, sizeof(*out));
	json_array_foreach(vios, i, one)
	{
		const char *name = json_string_value(json_object_get(one, "name"));

		if (!name || !model_name_valid(name))
			continue;
		if (strcmp(name, self) == 0 && !out->own.name[0])
			read_vios(one, name, &out->own);
		else if (strcmp(name, self) != 0 && !out->peer.name[0])
			read_vios(one, name, &out->peer);
	}
	if (!out->own.name[0])
		return -EINVAL;
	out->framed = is(status, "framed", "connected");
	out->in_step = !is(json_object_get(status, "config"), "role", "waiting");
	json_array_foreach(adapters, i, one) read_adapter(one, out);
	return 0;
}
