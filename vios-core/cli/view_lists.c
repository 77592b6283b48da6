// SPDX-License-Identifier: BSD-3-Clause
/* view_lists.c - paths, clients, the cluster. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/view.h"

#include <stdio.h>
#include <string.h>

static json_t *or_nothing(
	json_t *records, const char *name, const char *what, char fault[VIEW_FAULT_BYTES])
{
	if (json_array_size(records) > 0 || !name)
		return records;
	json_decref(records);
	snprintf(fault, VIEW_FAULT_BYTES, "%.64s is no %s; see viosctl lsclient and lsdev", name,
		what);
	return NULL;
}

static void add_path(json_t *records, const char *status, const char *name, const char *parent,
	const char *connection)
{
	json_array_append_new(records, json_pack("{s:s, s:s, s:s, s:s}", "status", status, "name",
					       name, "parent", parent, "connection", connection));
}

/* What the targets of one side say of their paths to disks. */
static const json_t *scsids_of(const struct facts *facts, const char *side)
{
	const json_t *vios;
	size_t i;

	json_array_foreach(json_object_get(facts->status, "vios"), i, vios)
	{
		if (jx_is(vios, "name", side))
			return json_object_get(vios, "scsids");
	}
	return NULL;
}

/* {"state", "error", "luns"} of a target whose paths are not well; else NULL. */
static const json_t *fault_of(const json_t *scsid)
{
	const json_t *fault = json_object_get(scsid, "path");

	return json_is_object(fault) ? fault : NULL;
}

static const json_t *adapter_fault(const struct facts *facts, const char *side, const char *adapter)
{
	const json_t *scsid;
	size_t i;

	json_array_foreach(scsids_of(facts, side), i, scsid)
	{
		if (fault_of(scsid) && jx_is(scsid, "adapter", adapter))
			return fault_of(scsid);
	}
	return NULL;
}

static const char *fault_text(const json_t *fault)
{
	return jx_is(fault, "state", "recovering") ? "recovering" : jx_text(fault, "error");
}

static bool has_lun(const json_t *fault, json_int_t lun)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(fault, "luns"), i, one)
	{
		if (json_integer_value(one) == lun)
			return true;
	}
	return false;
}

/* Is one of the LUNs that fail this device? */
static bool maps(const struct facts *facts, const json_t *scsid, const char *backing)
{
	const json_t *vhost, *vtd;
	size_t i, j;

	json_array_foreach(json_object_get(facts->state, "vhost"), i, vhost)
	{
		if (!jx_is(scsid, "adapter", object_slot("vhost", vhost).text))
			continue;
		json_array_foreach(view_named(facts, "vtds", jx_text(vhost, "name")), j, vtd)
		{
			if (jx_is(vtd, "backing", backing) &&
				has_lun(fault_of(scsid), jx_int(vtd, "lun")))
				return true;
		}
	}
	return false;
}

static bool disk_fails(const struct facts *facts, const json_t *backing, const char *side)
{
	const json_t *scsid;
	size_t i;

	json_array_foreach(scsids_of(facts, side), i, scsid)
	{
		if (fault_of(scsid) && maps(facts, scsid, jx_text(backing, "name")))
			return true;
	}
	return false;
}

static const char *path_status(const json_t *path, const json_t *fault)
{
	const char *phase = jx_text(path, "phase"), *state = jx_text(path, "state");

	if (fault || strcmp(phase, "absent") == 0 || strcmp(phase, "refused") == 0 ||
		strcmp(state, "unavailable") == 0)
		return "Failed";
	return strcmp(phase, "live") == 0 || strcmp(phase, "ready") == 0 ? "Enabled" : "Defined";
}

static void adapter_paths(const struct facts *facts, const char *name, json_t *records)
{
	const json_t *adapter, *path;
	const char *vios;
	size_t i;

	json_array_foreach(json_object_get(facts->status, "adapters"), i, adapter)
	{
		if (name && !jx_is(adapter, "adapter", name))
			continue;
		json_object_foreach(json_object_get(adapter, "paths"), vios, path)
		{
			const json_t *fault =
				adapter_fault(facts, vios, jx_text(adapter, "adapter"));
			char connection[128];

			snprintf(connection, sizeof(connection), "%.31s,%.47s%s%.31s",
				jx_text(path, "phase"), jx_text(path, "state"), fault ? "," : "",
				fault ? fault_text(fault) : "");
			if (view_wants(facts, vios))
				add_path(records, path_status(path, fault),
					jx_text(adapter, "adapter"), vios, connection);
		}
	}
}

/* A disk that one side cannot reach is what an outage of the other would show. */
static void disk_paths(const struct facts *facts, const char *name, json_t *records)
{
	const json_t *backing, *vios;
	size_t i, j;

	json_array_foreach(json_object_get(facts->state, "backing"), i, backing)
	{
		if (name && !jx_is(backing, "name", name))
			continue;
		json_array_foreach(json_object_get(facts->state, "vios"), j, vios)
		{
			const char *side = jx_text(vios, "name");
			const char *at = jx_text(json_object_get(backing, "path"), side);
			const json_t *device = view_backing_device(facts, backing, side);
			const char *status = "Enabled";
			if (!view_wants(facts, side))
				continue;
			if (!at[0])
				status = "Missing";
			else if ((device && !jx_is(device, "status", "Available")) ||
				 disk_fails(facts, backing, side))
				status = "Failed";
			add_path(records, status, jx_text(backing, "name"), side, at);
		}
	}
}

json_t *view_lspath(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES])
{
	json_t *records = json_array();

	adapter_paths(facts, name, records);
	disk_paths(facts, name, records);
	return or_nothing(records, name, "adapter of a client, and no mapped device", fault);
}

static void add_adapter(const struct facts *facts, const json_t *client, const char *kind,
	const json_t *object, json_t *records)
{
	struct object_slot slot = object_slot(kind, object);
	const json_t *live = view_named(facts, "live", slot.text);

	json_array_append_new(
		records, json_pack("{s:s, s:I, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "client",
				 jx_text(client, "name"), "id", jx_int(client, "id"), "adapter",
				 strchr(slot.text, '/') + 1, "type",
				 strcmp(kind, "veth") == 0 ? "ethernet" : jx_text(object, "name"),
				 "slot", jx_int(object, "id"), "mac", jx_text(object, "mac"),
				 "pvid", jx_show(json_object_get(object, "pvid")).text, "vlans",
				 jx_show(json_object_get(object, "vlans")).text, "preferred",
				 jx_text(object, "preferred"), "live", jx_text(live, "live")));
}

static void add_client(const struct facts *facts, const json_t *client, json_t *records)
{
	static const char *const kinds[][2] = {{"veth", "veths"}, {"vhost", "vhosts"}};
	size_t before = json_array_size(records), i;
	const char *name = jx_text(client, "name");
	json_t *object;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(view_named(facts, kinds[k][1], name), i, object)
			add_adapter(facts, client, kinds[k][0], object, records);
	if (json_array_size(records) == before)
		json_array_append_new(records,
			json_pack("{s:s, s:I, s:s, s:s, s:n, s:s, s:s, s:s, s:s, s:s}", "client",
				jx_text(client, "name"), "id", jx_int(client, "id"), "adapter", "",
				"type", "", "slot", "mac", "", "pvid", "", "vlans", "", "preferred",
				"", "live", ""));
}

json_t *view_lsclient(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES])
{
	json_t *records = json_array(), *client;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "client"), i,
		client) if (!name || jx_is(client, "name", name))
		add_client(facts, client, records);
	return or_nothing(records, name, "client", fault);
}

static const char *node_state(const json_t *vios)
{
	if (!jx_is(vios, "state", "online"))
		return "DOWN";
	return jx_is(json_object_get(vios, "netd"), "state", "up") ? "OK" : "DEGRADED";
}

json_t *view_cluster(const struct facts *facts)
{
	json_t *nodes = json_array(), *vios;
	size_t i, good = 0, down = 0;

	json_array_foreach(json_object_get(facts->status, "vios"), i, vios)
	{
		const char *state = node_state(vios);
		good += strcmp(state, "OK") == 0;
		down += strcmp(state, "DOWN") == 0;
		json_array_append_new(nodes,
			json_pack("{s:s, s:I, s:s, s:s}", "node", jx_text(vios, "name"),
				"partition", jx_int(vios, "node_id"), "state", state, "pool", ""));
	}
	size_t n = json_array_size(nodes);
	json_t *record =
		json_pack("{s:s, s:s, s:o}", "cluster", jx_text(facts->status, "frame"), "state",
			down == n   ? "DOWN"
			: good == n ? "OK"
				    : "DEGRADED",
			"nodes", nodes);
	json_t *trip = json_object_get(json_object_get(facts->status, "cluster"), "round_trip");
	if (json_is_object(trip)) {
		json_object_set(record, "round_trip", trip);
		jx_put_text(record, "answered_by", jx_text(facts->status, "answered_by"));
	}
	return record;
}
