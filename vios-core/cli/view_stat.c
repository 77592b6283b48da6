// SPDX-License-Identifier: BSD-3-Clause
/* view_stat.c - counters of adapters and SEAs, as the data planes tell them. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/view.h"
#include "vios-core/cli/view_uplink.h"

#include <stdio.h>
#include <string.h>

static const json_t *netd_of(const struct facts *facts, const char *vios)
{
	const json_t *all = json_object_get(facts->running, "vios");

	return json_object_get(json_object_get(all, vios), "netd");
}

static const json_t *adapter_of(const struct facts *facts, const char *vios, const char *adapter)
{
	return jx_find(json_object_get(netd_of(facts, vios), "adapters"), "adapter", adapter);
}

/* Only the numbers, each as 0 if it is not told; "reasons": of the drops, what there is. */
static json_t *counters(const json_t *from)
{
	static const char *const names[] = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes",
		"pruned", "macs", "send_kbit_s", "recv_kbit_s", "uplink_weight", "held_times",
		"held_us", "shared"};
	const json_t *in = json_object_get(from, "rx_flooded"),
		     *out = json_object_get(from, "tx_flooded");
	json_t *all = json_object(), *reasons = json_object(), *drop;
	json_int_t drops = 0;
	const char *reason;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		jx_put(all, names[i], json_integer(jx_int(from, names[i])));
	jx_put(all, "rx_broadcast", json_integer(jx_int(in, "broadcast")));
	jx_put(all, "rx_multicast", json_integer(jx_int(in, "multicast")));
	jx_put(all, "tx_broadcast", json_integer(jx_int(out, "broadcast")));
	jx_put(all, "tx_multicast", json_integer(jx_int(out, "multicast")));
	if (json_object_get(from, "multicast"))
		json_object_set(all, "multicast_groups", json_object_get(from, "multicast"));
	json_object_foreach(json_object_get(from, "drops"), reason, drop)
	{
		drops += json_integer_value(drop);
		jx_put(reasons, reason, json_integer(json_integer_value(drop)));
	}
	jx_put(all, "drops", json_integer(drops));
	jx_put(all, "reasons", reasons);
	return all;
}

/* All VLANs that are counted together: the one of untagged frames first. */
static struct jx_value vlans_of(const json_t *veth)
{
	const struct jx_value tagged = jx_show(json_object_get(veth, "vlans"));
	struct jx_value all;

	snprintf(all.text, sizeof(all.text), "%lld%s%.*s", (long long)jx_int(veth, "pvid"),
		tagged.text[0] ? "," : "", (int)sizeof(all.text) - 32, tagged.text);
	return all;
}

static const json_t *uplink_of(const struct facts *facts, const char *vios, const char *real)
{
	return view_uplink(netd_of(facts, vios), real);
}

/* Of the only SEA of a VIOS all are clients, of one of several those that share a VLAN with it. */
static bool is_behind(
	const struct facts *facts, const char *vios, const json_t *sea, const json_t *veth)
{
	size_t n = 0, i;
	json_t *one;

	json_array_foreach(json_object_get(facts->state, "sea"), i, one) n +=
		json_object_get(json_object_get(one, "sides"), vios) != NULL;
	return n <= 1 || view_shares_vlan(sea, veth);
}

/* What is behind the SEA's virtual side: the client adapters that this VIOS serves. */
static json_t *bridged(const struct facts *facts, const char *vios, const json_t *sea)
{
	json_t *list = json_array(), *veth;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "veth"), i, veth)
	{
		struct object_slot slot = object_slot("veth", veth);
		const json_t *running = adapter_of(facts, vios, slot.text);
		if (!is_behind(facts, vios, sea, veth))
			continue;
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o}", "adapter", slot.text, "pvid",
				      jx_show(json_object_get(veth, "pvid")).text, "vlans",
				      jx_show(json_object_get(veth, "vlans")).text, "counters",
				      counters(running)));
	}
	return list;
}

/* The link to the other VIOS's switch; null: it is not told of. */
static json_t *trunk_of(const struct facts *facts, const char *vios)
{
	const json_t *trunk = json_object_get(netd_of(facts, vios), "trunk");

	if (!json_is_object(trunk))
		return json_null();
	return json_pack("{s:s, s:I, s:o}", "state", jx_text(trunk, "state"), "primary_vlans",
		jx_int(trunk, "primary_vlans"), "counters", counters(trunk));
}

static json_t *sea_member(const struct facts *facts, const json_t *sea, const char *vios)
{
	const json_t *side = json_object_get(json_object_get(sea, "sides"), vios);
	json_t *role =
		json_object_get(json_object_get(netd_of(facts, vios), "sea"), jx_text(sea, "name"));

	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:O?, s:o, s:o, s:O?}", "name",
		jx_text(sea, "name"), "real_adapter", jx_text(side, "real_adapter"), "ha_mode",
		jx_text(side, "ha_mode"), "priority", jx_int(side, "priority"), "state",
		jx_text(role, "state"), "role", role, "virtual", bridged(facts, vios, sea), "trunk",
		trunk_of(facts, vios), "netaddr",
		json_object_get(uplink_of(facts, vios, jx_text(side, "real_adapter")), "netaddr"));
}

static void add(const struct facts *facts, json_t *records, const char *vios, const char *name,
	const char *type, const char *mac, const json_t *from, json_t *sea)
{
	json_array_append_new(
		records, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "adapter",
				 view_name(facts, vios, name).text, "vios", vios, "type", type,
				 "mac", mac, "link", jx_text(from, "link"), "counters",
				 counters(from), "sea", sea ? sea : json_null()));
	if (json_object_get(from, "aggregation"))
		json_object_set(json_array_get(records, json_array_size(records) - 1),
			"aggregation", json_object_get(from, "aggregation"));
}

static void sea_records(const struct facts *facts, const struct object *object, json_t *records)
{
	const json_t *side;
	const char *vios;

	json_object_foreach(json_object_get(object->json, "sides"), vios, side)
	{
		if ((object->vios && strcmp(object->vios, vios) != 0) || !view_wants(facts, vios))
			continue;
		add(facts, records, vios, jx_text(side, "ent"), "Shared Ethernet Adapter", "",
			uplink_of(facts, vios, jx_text(side, "real_adapter")),
			sea_member(facts, object->json, vios));
	}
}

static void veth_records(const struct facts *facts, const struct object *object, json_t *records)
{
	json_t *vios;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "vios"), i, vios)
	{
		const char *name = jx_text(vios, "name");
		if (view_wants(facts, name))
			json_array_append_new(records,
				json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:n}", "adapter",
					object->name, "vios", name, "type",
					"Virtual I/O Ethernet Adapter", "mac",
					jx_text(object->json, "mac"), "link", "", "counters",
					counters(adapter_of(facts, name, object->name)), "sea"));
	}
}

static const char *mac_of(const struct facts *facts, const char *vios, const char *name)
{
	const json_t *device = view_adapter_device(facts, vios, name);

	return jx_text(json_object_get(device, "attrs"), "mac");
}

json_t *view_entstat(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES])
{
	struct object object;
	json_t *records;

	if (object_find(facts->state, name, facts->vios, &object, fault) < 0)
		return NULL;
	records = json_array();
	if (strcmp(object.kind, "sea") == 0) {
		sea_records(facts, &object, records);
	} else if (strcmp(object.kind, "veth") == 0) {
		veth_records(facts, &object, records);
	} else if (strcmp(object.kind, "physical") == 0) {
		const char *bare = jx_text(object.json, "name");
		add(facts, records, object.vios, bare,
			jx_is(object.json, "type", "aggregation") ? OBJECT_AGGREGATION
								  : "Physical Ethernet Adapter",
			mac_of(facts, object.vios, bare), uplink_of(facts, object.vios, bare),
			NULL);
	}
	if (json_array_size(records) > 0)
		return records;
	json_decref(records);
	snprintf(fault, VIEW_FAULT_BYTES, "%.64s is no Ethernet adapter%s%.32s", name,
		facts->vios ? " of " : "", facts->vios ? facts->vios : "");
	return NULL;
}

static void add_seastat(
	const struct facts *facts, const char *vios, const json_t *veth, json_t *records)
{
	struct object_slot slot = object_slot("veth", veth);
	json_t *c = counters(adapter_of(facts, vios, slot.text));

	json_array_append_new(records,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "vios", vios,
			"lpar_name", jx_text(veth, "client"), "mac", jx_text(veth, "mac"), "vlan",
			vlans_of(veth).text, "prio", "", "ip", "", "in_pkts",
			jx_int(c, "rx_packets"), "in_bytes", jx_int(c, "rx_bytes"), "out_pkts",
			jx_int(c, "tx_packets"), "out_bytes", jx_int(c, "tx_bytes")));
	json_decref(c);
}

json_t *view_seastat(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES])
{
	json_t *records, *side, *veth;
	struct object object;
	const char *vios;
	size_t i;

	if (object_find(facts->state, name, facts->vios, &object, fault) < 0)
		return NULL;
	if (strcmp(object.kind, "sea") != 0) {
		snprintf(fault, VIEW_FAULT_BYTES, "%.64s is no Shared Ethernet Adapter", name);
		return NULL;
	}
	if (!json_is_true(json_object_get(object.json, "accounting"))) {
		snprintf(fault, VIEW_FAULT_BYTES,
			"accounting is disabled on %.64s; viosctl chdev -dev %.64s -attr "
			"accounting=enabled",
			name, name);
		return NULL;
	}
	records = json_array();
	json_object_foreach(json_object_get(object.json, "sides"), vios, side)
	{
		if ((object.vios && strcmp(object.vios, vios) != 0) || !view_wants(facts, vios))
			continue;
		json_array_foreach(json_object_get(facts->state, "veth"), i, veth)
		{
			if (is_behind(facts, vios, object.json, veth))
				add_seastat(facts, vios, veth, records);
		}
	}
	return records;
}
