// SPDX-License-Identifier: BSD-3-Clause
/* lay_stat.c - entstat's pages. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/out.h"

#include <string.h>

#define RULE "--------------------------------------------------------------------------------\n"

static long long count(const json_t *record, const char *key)
{
	return jx_int(json_object_get(record, "counters"), key);
}

/* Each reason for which something was dropped, "    not_live: 3" with the adapter's name before. */
static void reasons(struct out *out, const char *adapter, const json_t *counters)
{
	json_t *drops = json_object_get(counters, "reasons"), *n;
	const char *reason;

	json_object_foreach(drops, reason, n) out_add(out, "    %s%s%.32s: %lld\n", adapter,
		adapter[0] ? " " : "", reason, (long long)json_integer_value(n));
	if (jx_int(counters, "pruned"))
		out_add(out, "    %s%snot flooded, sent out: %lld\n", adapter,
			adapter[0] ? " " : "", (long long)jx_int(counters, "pruned"));
}

/* Nothing where the data plane does not tell. */
static void groups(struct out *out, const json_t *record)
{
	const json_t *m = json_object_get(json_object_get(record, "counters"), "multicast_groups");

	if (m)
		out_add(out,
			"Multicast Groups: %-27lld Reports: %lld, Queries: %lld, Not kept: "
			"%lld%s\n",
			(long long)jx_int(m, "groups"), (long long)jx_int(m, "reports"),
			(long long)jx_int(m, "queries"), (long long)jx_int(m, "refused"),
			json_is_true(json_object_get(m, "gets_all")) ? " (gets all)" : "");
}

/* Only what there is: an adapter without limits has no lines of them. */
static void rates(struct out *out, const json_t *record)
{
	if (count(record, "send_kbit_s"))
		out_add(out, "Send Rate: %lld kbit/s\n", count(record, "send_kbit_s"));
	if (count(record, "recv_kbit_s"))
		out_add(out, "Receive Rate: %lld kbit/s\n", count(record, "recv_kbit_s"));
	if (count(record, "held_times"))
		out_add(out, "Held for its Send Rate: %lld times, %lld ms\n",
			count(record, "held_times"), count(record, "held_us") / 1000);
	if (count(record, "shared"))
		out_add(out, "Waited for a Full Uplink: %lld (weight %lld)\n",
			count(record, "shared"), count(record, "uplink_weight"));
}

/* What was sent is what the data plane has given to the wire, or to the client. */
static void page(struct out *out, const json_t *record)
{
	const char *mac = jx_text(record, "mac"), *link = jx_text(record, "link");

	out_add(out, RULE "ETHERNET STATISTICS (%s) :\nDevice Type: %s\n",
		jx_text(record, "adapter"), jx_text(record, "type"));
	out_add(out, "VIOS: %s\n", jx_text(record, "vios"));
	if (mac[0])
		out_add(out, "Hardware Address: %s\n", mac);
	out_add(out,
		"\nTransmit Statistics:                          Receive Statistics:\n"
		"--------------------                          -------------------\n"
		"Packets: %-36lld Packets: %lld\nBytes: %-38lld Bytes: %lld\n"
		"Broadcast Packets: %-26lld Broadcast Packets: %lld\n"
		"Multicast Packets: %-26lld Multicast Packets: %lld\n"
		"Packets Dropped: %lld\n",
		count(record, "tx_packets"), count(record, "rx_packets"), count(record, "tx_bytes"),
		count(record, "rx_bytes"), count(record, "tx_broadcast"),
		count(record, "rx_broadcast"), count(record, "tx_multicast"),
		count(record, "rx_multicast"), count(record, "drops"));
	groups(out, record);
	rates(out, record);
	if (link[0])
		out_add(out, "\nLink Status: %s\n", link);
}

/* Its members, where the real adapter is one. */
static void aggregation(struct out *out, const json_t *record)
{
	const json_t *all = json_object_get(record, "aggregation"), *member;
	const json_t *list = json_object_get(all, "members");
	size_t i;

	if (!all)
		return;
	out_add(out,
		"\nStatistics for every adapter in the Link Aggregation:\n"
		"Number of adapters: %zu\nOperating mode: %s\n",
		json_array_size(list), jx_text(all, "mode"));
	json_array_foreach(list, i, member) out_add(out,
		"    %s: link %s, %s, packets sent %lld, received %lld\n", jx_text(member, "name"),
		jx_text(member, "link"), jx_text(member, "state"),
		(long long)jx_int(member, "tx_packets"), (long long)jx_int(member, "rx_packets"));
}

static void vlan_ids(struct out *out, const json_t *list)
{
	json_t *adapter;
	size_t i;

	out_add(out, "VLAN Ids :\n");
	json_array_foreach(list, i, adapter)
	{
		const char *vlans = jx_text(adapter, "vlans");
		out_add(out, "    %s: %s", jx_text(adapter, "adapter"), jx_text(adapter, "pvid"));
		for (; *vlans; vlans += strspn(vlans, ",")) {
			size_t length = strcspn(vlans, ",");
			out_add(out, " %.*s", (int)length, vlans);
			vlans += length;
		}
		out_add(out, "\n");
	}
}

static void side(struct out *out, const char *name, long long in, long long sent, long long lost)
{
	out_add(out,
		"%s Side Statistics:\n    Packets received: %lld\n    Packets sent: %lld\n"
		"    Packets dropped: %lld\n",
		name, in, sent, lost);
}

static void numbers(struct out *out, const json_t *from, const char *const names[][2])
{
	for (; (*names)[0]; names++)
		out_add(out, "    %s: %lld\n", (*names)[0], (long long)jx_int(from, (*names)[1]));
}

/* The control channel is the pair's own group: it has no PVID. */
static void role_of(struct out *out, const json_t *role)
{
	static const char *const control[][2] = {{"Control Packets in", "control_in"},
		{"Control Packets out", "control_out"}, {NULL, NULL}};
	static const char *const types[][2] = {{"Keep-Alive Packets", "keep_alive"},
		{"Recovery Packets", "recovery"}, {"Notify Packets", "notify"},
		{"Limbo Packets", "limbo"}, {NULL, NULL}};
	static const char *const times[][2] = {
		{"Number of Times Server became Backup", "became_backup"},
		{"Number of Times Server became Primary", "became_primary"}, {NULL, NULL}};

	numbers(out, role, control);
	out_add(out, "Type of Packets Received:\n");
	numbers(out, role, types);
	out_add(out, "    State: %s\n    Bridge Mode: %s\n", jx_text(role, "state"),
		jx_text(role, "bridge_mode"));
	if (strcmp(jx_text(role, "bridge_mode"), "Partial") == 0)
		out_add(out, "    Bridged VLANs: %s\n", jx_text(role, "primary"));
	numbers(out, role, times);
}

/* The link between the two VIOS's switches. */
static void trunk_side(struct out *out, const json_t *trunk)
{
	if (!json_is_object(trunk))
		return;
	side(out, "Trunk", count(trunk, "rx_packets"), count(trunk, "tx_packets"),
		count(trunk, "drops"));
	out_add(out, "    Trunk Link Status: %s\n    VLANs with the uplink here: %lld\n",
		jx_text(trunk, "state"), (long long)jx_int(trunk, "primary_vlans"));
}

/* Whom it asks whether the network outside is there. */
static void netaddr_of(struct out *out, const json_t *netaddr)
{
	json_t *target;
	size_t i;

	if (!json_is_object(netaddr))
		return;
	out_add(out, "    Netaddr: %s\n", jx_text(netaddr, "state"));
	json_array_foreach(json_object_get(netaddr, "targets"), i, target) out_add(out,
		"    Netaddr %s: %s (probes %lld, answers %lld, missed %lld, lost %lld)\n",
		jx_text(target, "address"), jx_text(target, "state"),
		(long long)jx_int(target, "probes"), (long long)jx_int(target, "answers"),
		(long long)jx_int(target, "missed"), (long long)jx_int(target, "lost"));
}

/* ha_mode as the original writes it: "Auto". */
static void availability(struct out *out, const json_t *sea)
{
	const char *mode = jx_text(sea, "ha_mode");
	const json_t *role = json_object_get(sea, "role");

	out_add(out, "High Availability Statistics:\n");
	if (json_is_object(role))
		role_of(out, role);
	out_add(out, "    High Availability Mode: %c%s\n    Priority: %lld\n",
		mode[0] >= 'a' && mode[0] <= 'z' ? mode[0] - 'a' + 'A' : '-',
		mode[0] ? mode + 1 : "", (long long)jx_int(sea, "priority"));
	netaddr_of(out, json_object_get(sea, "netaddr"));
}

static void sea_tail(struct out *out, const json_t *record)
{
	const json_t *sea = json_object_get(record, "sea"), *adapter;
	const json_t *list = json_object_get(sea, "virtual");
	const json_t *trunk = json_object_get(sea, "trunk");
	long long in = 0, sent = 0, lost = 0;
	size_t i;

	json_array_foreach(list, i, adapter)
	{
		in += count(adapter, "rx_packets");
		sent += count(adapter, "tx_packets");
		lost += count(adapter, "drops");
	}
	out_add(out,
		RULE "Statistics for adapters in the Shared Ethernet Adapter %s\n" RULE
		     "Number of adapters: %zu\nReal Adapter: %s\n",
		jx_text(record, "adapter"), json_array_size(list) + 1,
		jx_text(sea, "real_adapter"));
	vlan_ids(out, list);
	side(out, "Real", count(record, "rx_packets"), count(record, "tx_packets"),
		count(record, "drops"));
	side(out, "Virtual", in, sent, lost);
	trunk_side(out, trunk);
	out_add(out, "Packets Dropped by Reason:\n");
	reasons(out, "", json_object_get(record, "counters"));
	reasons(out, "trunk", json_object_get(trunk, "counters"));
	json_array_foreach(list, i, adapter)
		reasons(out, jx_text(adapter, "adapter"), json_object_get(adapter, "counters"));
	availability(out, sea);
}

char *lay_entstat(const json_t *records, bool all)
{
	struct out out = {0};
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		page(&out, record);
		aggregation(&out, record);
		if (all && json_is_object(json_object_get(record, "sea"))) {
			sea_tail(&out, record);
		} else if (all) {
			out_add(&out, "\nPackets Dropped by Reason:\n");
			reasons(&out, "", json_object_get(record, "counters"));
		}
	}
	return out_take(&out);
}
