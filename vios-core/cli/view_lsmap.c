// SPDX-License-Identifier: BSD-3-Clause
/* view_lsmap.c - who is served which device through which server adapter, or which SEA. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/view.h"
#include "vios-core/cli/view_uplink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct loc {
	char text[128];
};

bool view_wants(const struct facts *facts, const char *vios)
{
	return !facts->vios || strcmp(facts->vios, vios) == 0;
}

struct view_name view_name(const struct facts *facts, const char *vios, const char *name)
{
	struct view_name full;

	snprintf(full.text, sizeof(full.text), "%.31s%s%.31s", facts->vios ? "" : vios,
		facts->vios ? "" : "/", name);
	return full;
}

const json_t *view_adapter_device(const struct facts *facts, const char *vios, const char *name)
{
	const json_t *list = json_object_get(facts->devices, vios), *device;
	size_t i;

	json_array_foreach(list, i,
		device) if (jx_is(json_object_get(device, "attrs"), "uplink", name)) return device;
	return jx_find(list, "name", name);
}

/* Where the adapter is plugged: FRAME-V<partition>-C<slot>; without -V for one of the pair. */
static struct loc location(const struct facts *facts, json_int_t partition, json_int_t slot)
{
	const char *frame = jx_text(json_object_get(facts->state, "frame"), "name");
	struct loc loc;

	if (partition)
		snprintf(loc.text, sizeof(loc.text), "%.64s-V%lld-C%lld", frame,
			(long long)partition, (long long)slot);
	else
		snprintf(loc.text, sizeof(loc.text), "%.64s-C%lld", frame, (long long)slot);
	return loc;
}

static json_int_t side_number(const struct facts *facts)
{
	const json_t *vios =
		facts->vios ? jx_find(json_object_get(facts->state, "vios"), "name", facts->vios)
			    : NULL;

	return jx_int(vios, "node_id");
}

/* A VTD is there when its device is, on every side that is asked for. */
static const char *vtd_status(const struct facts *facts, const json_t *backing)
{
	const json_t *paths = json_object_get(backing, "path"), *path;
	const char *vios;

	if (facts->vios && backing && !json_object_get(paths, facts->vios))
		return "Defined";
	json_object_foreach((json_t *)paths, vios, path)
	{
		const json_t *device =
			view_wants(facts, vios) ? view_backing_device(facts, backing, vios) : NULL;
		if (device && !jx_is(device, "status", "Available"))
			return "Defined";
	}
	return "Available";
}

/* The paths, once if they are the same. */
static struct jx_value backing_location(const struct facts *facts, const json_t *backing)
{
	struct jx_value loc = {""};
	const json_t *path;
	const char *vios;

	json_object_foreach(json_object_get(backing, "path"), vios, path)
	{
		const char *text = json_string_value(path);
		size_t length = strlen(loc.text);
		if (!text || !view_wants(facts, vios) || strcmp(loc.text, text) == 0)
			continue;
		snprintf(loc.text + length, sizeof(loc.text) - length, "%s%s", length ? "," : "",
			text);
	}
	return loc;
}

/* SAM-5 4.7: target 0 to 63 of a bus in the first byte, as the original shows LUNs. */
static uint64_t lun_field(json_int_t lun)
{
	uint64_t n = (uint64_t)lun & 0xff;

	return (0x80 | (n & 0x3f)) << 56 | (n >> 6) << 53;
}

static json_t *vtd_record(const struct facts *facts, const json_t *vtd)
{
	const char *name = jx_text(vtd, "backing");
	const json_t *backing = view_named(facts, "backing", name);
	const char *type = backing ? jx_text(backing, "type") : jx_text(vtd, "type");
	bool disk = strcmp(type, "disk") == 0;
	char lun[24], size[24] = "";

	if (jx_int(backing, "size_bytes") > 0)
		snprintf(size, sizeof(size), "%lld", (long long)jx_int(backing, "size_bytes"));
	snprintf(lun, sizeof(lun), "0x%016llx", (unsigned long long)lun_field(jx_int(vtd, "lun")));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "vtd", jx_text(vtd, "name"),
		"status", vtd_status(facts, backing), "lun", lun, "backing", name, "bdphysloc",
		backing_location(facts, backing).text, "mirrored", disk ? "false" : "N/A", "type",
		type, "size", size);
}

static json_t *vtds_of(const struct facts *facts, const struct lsmap_ask *ask, const json_t *vhost)
{
	json_t *records = json_array(), *vtd;
	size_t i;

	json_array_foreach(view_named(facts, "vtds", jx_text(vhost, "name")), i, vtd)
	{
		json_t *record = vtd_record(facts, vtd);
		if (!ask->type || jx_is(record, "type", ask->type))
			json_array_append(records, record);
		json_decref(record);
	}
	return records;
}

static json_int_t client_number(const struct facts *facts, const char *client)
{
	return jx_int(view_named(facts, "client", client), "id");
}

/* "vios1 up, vios2 down"; "" when nobody says. */
static struct jx_value targets(const struct facts *facts, const json_t *vhost)
{
	struct jx_value text = {""};
	const json_t *vios;
	char adapter[72];
	size_t i;

	snprintf(adapter, sizeof(adapter), "%.31s/%.31s", jx_text(vhost, "client"),
		jx_text(vhost, "adapter"));
	json_array_foreach(json_object_get(facts->status, "vios"), i, vios)
	{
		const json_t *target = view_target(facts, jx_text(vios, "name"), adapter);
		size_t length = strlen(text.text);
		if (!view_wants(facts, jx_text(vios, "name")))
			continue;
		snprintf(text.text + length, sizeof(text.text) - length, "%s%.31s %.15s",
			length ? ", " : "", jx_text(vios, "name"),
			target ? jx_text(target, "state") : "none");
	}
	return text;
}

static void add_vhost(const struct facts *facts, const struct lsmap_ask *ask, const json_t *vhost,
	json_t *records)
{
	json_int_t number = client_number(facts, jx_text(vhost, "client"));
	char id[16];

	if (ask->client_id && number != ask->client_id)
		return;
	json_t *vtds = vtds_of(facts, ask, vhost);
	if (ask->type && json_array_size(vtds) == 0) {
		json_decref(vtds);
		return;
	}
	snprintf(id, sizeof(id), "0x%08x", (unsigned)number);
	json_array_append_new(records,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "svsa", jx_text(vhost, "name"),
			"physloc", location(facts, side_number(facts), jx_int(vhost, "id")).text,
			"clientid", id, "client", jx_text(vhost, "client"), "target",
			targets(facts, vhost).text, "vtds", vtds));
}

json_t *view_lsmap(
	const struct facts *facts, const struct lsmap_ask *ask, char fault[VIEW_FAULT_BYTES])
{
	json_t *records, *vhost;
	struct object object;
	size_t i;

	if (ask->vadapter && object_of_kind(facts->state, "vhost", "virtual SCSI server adapter",
				     ask->vadapter, &object, fault) < 0)
		return NULL;
	records = json_array();
	json_array_foreach(json_object_get(facts->state, "vhost"), i, vhost)
	{
		if (!ask->vadapter || jx_is(vhost, "name", object.name))
			add_vhost(facts, ask, vhost, records);
	}
	return records;
}

bool view_shares_vlan(const json_t *sea, const json_t *veth)
{
	const json_t *vlans = json_object_get(sea, "vlans"), *vlan;
	size_t i;

	if (jx_int(veth, "pvid") == jx_int(sea, "pvid") ||
		jx_list_has(vlans, json_object_get(veth, "pvid")))
		return true;
	json_array_foreach(json_object_get(veth, "vlans"), i,
		vlan) if (jx_list_has(vlans, vlan) ||
			  json_integer_value(vlan) == jx_int(sea, "pvid")) return true;
	return false;
}

/* Whether it is one of its virtual adapters, if it names them; else by the VLANs. */
static bool bridges(const json_t *sea, const json_t *veth)
{
	const json_t *names = json_object_get(sea, "virt_adapters");
	struct object_slot slot = object_slot("veth", veth);
	json_t *own = json_string(slot.text);
	bool named = jx_list_has(names, own);

	json_decref(own);
	return json_array_size(names) > 0 ? named : view_shares_vlan(sea, veth);
}

static void add_sides(
	const struct facts *facts, const json_t *sea, const json_t *veth, json_t *records)
{
	const json_t *side;
	const char *vios;

	if (!bridges(sea, veth))
		return;
	json_object_foreach(json_object_get(sea, "sides"), vios, side)
	{
		const char *real = jx_text(side, "real_adapter"), *devargs = "";
		struct jx_value members;
		const char *ent = jx_text(side, "ent");
		json_t *physical;
		size_t i;
		if (!view_wants(facts, vios))
			continue;
		json_array_foreach(json_object_get(facts->state, "physical"), i, physical)
		{
			if (!jx_is(physical, "vios", vios) || !jx_is(physical, "name", real))
				continue;
			members = jx_show(json_object_get(physical, "members"));
			devargs = jx_is(physical, "type", "aggregation")
					  ? members.text
					  : jx_text(physical, "devargs");
		}
		const json_t *device = jx_find(json_object_get(facts->devices, vios), "name", real);
		json_array_append_new(records,
			json_pack("{s:s, s:s, s:s, s:s}", "sea",
				view_name(facts, vios, ent[0] ? ent : jx_text(sea, "name")).text,
				"backing", view_name(facts, vios, real).text, "status",
				device && !jx_is(device, "status", "Available") ? "Defined"
										: "Available",
				"bdphysloc", devargs));
	}
}

json_t *view_lsmap_net(
	const struct facts *facts, const struct lsmap_ask *ask, char fault[VIEW_FAULT_BYTES])
{
	json_t *records = json_array(), *veth, *sea;
	size_t i, j;

	json_array_foreach(json_object_get(facts->state, "veth"), i, veth)
	{
		struct object_slot slot = object_slot("veth", veth);
		json_int_t number = client_number(facts, jx_text(veth, "client"));
		char physloc[160];
		if ((ask->vadapter && strcmp(ask->vadapter, slot.text) != 0) ||
			(ask->client_id && number != ask->client_id))
			continue;
		json_t *seas = json_array();
		json_array_foreach(json_object_get(facts->state, "sea"), j, sea)
			add_sides(facts, sea, veth, seas);
		snprintf(physloc, sizeof(physloc), "%s-T1",
			location(facts, number, jx_int(veth, "id")).text);
		json_array_append_new(records, json_pack("{s:s, s:s, s:o}", "svea", slot.text,
						       "physloc", physloc, "seas", seas));
	}
	if (json_array_size(records) > 0 || !ask->vadapter)
		return records;
	json_decref(records);
	snprintf(fault, VIEW_FAULT_BYTES,
		"%.64s is no client's Ethernet adapter; see viosctl lsclient", ask->vadapter);
	return NULL;
}
