// SPDX-License-Identifier: BSD-3-Clause
/* attr.c - the table of attributes, and their way from an operator's words into the state and back.
 * Pure; results belong to the caller. */
#include "vios-core/cli/attr.h"
#include "vios-core/cli/args.h"
#include "vios-core/cli/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 32

/* clang-format off */
static const struct attr table[] = {
	{"sea", "accounting", NULL, ATTR_ENABLED, ATTR_HERE, true, "Count packets and bytes of each client"},
	{"sea", "ent", NULL, ATTR_TEXT, ATTR_SIDE, false, "Name of the adapter in the VIOS"},
	{"sea", "fb_delay", NULL, ATTR_NUMBER, ATTR_HERE, true, "Seconds of being well before a side is primary again", "0"},
	{"sea", "ha_mode", NULL, ATTR_TEXT, ATTR_SIDE, true, "High availability mode (auto, sharing, standby, disabled)"},
	{"sea", "health_time", NULL, ATTR_NUMBER, ATTR_HERE, true, "Seconds of good health before a side serves again"},
	{"sea", "large_receive", NULL, ATTR_YES, ATTR_HERE, true, "TCP frames from outside are joined into long ones", "no"},
	{"sea", "link_time", NULL, ATTR_NUMBER, ATTR_HERE, true, "Seconds of a link that is up before it counts"},
	{"sea", "mtu", NULL, ATTR_NUMBER, ATTR_HERE, true, "Largest packet"},
	{"sea", "multicast_snooping", NULL, ATTR_YES, ATTR_HERE, true, "Multicast goes only to who has asked for it", "yes"},
	{"sea", "netaddr", NULL, ATTR_TEXT, ATTR_SIDE, true, "Addresses to probe, at most 8, with commas between them"},
	{"sea", "netaddr_interval", NULL, ATTR_NUMBER, ATTR_SIDE, true, "Milliseconds; times netaddr_misses an address is silent", "1000"},
	{"sea", "netaddr_misses", NULL, ATTR_NUMBER, ATTR_SIDE, true, "Probes without an answer until then", "3"},
	{"sea", "noauto_failback", NULL, ATTR_YES, ATTR_HERE, true, "A side that is well again waits to be made primary", "no"},
	{"sea", "priority", NULL, ATTR_NUMBER, ATTR_SIDE, true, "Trunk priority; the lower one serves"},
	{"sea", "pvid", NULL, ATTR_NUMBER, ATTR_HERE, true, "VLAN of frames without a tag"},
	{"sea", "real_adapter", NULL, ATTR_TEXT, ATTR_SIDE, true, "Physical adapter of the VIOS"},
	{"sea", "send_burst_kib", NULL, ATTR_NUMBER, ATTR_HERE, true, "KiB that may go out at once; 0: as much as in 10 ms", "0"},
	{"sea", "send_kbit_s", NULL, ATTR_NUMBER, ATTR_HERE, true, "kbit/s that all may send out together; 0: no limit", "0"},
	{"sea", "storm_per_s", NULL, ATTR_NUMBER, ATTR_HERE, true, "Broadcasts that it takes from outside a second; 0: no limit", "0"},
	{"sea", "trunk", NULL, ATTR_YES, ATTR_HERE, true, "The switches of both VIOS are one", "no"},
	{"sea", "virt_adapters", NULL, ATTR_NAMES, ATTR_HERE, true, "Virtual adapters that it bridges"},
	{"sea", "vlans", NULL, ATTR_NUMBERS, ATTR_HERE, true, "VLANs of frames with a tag"},
	{"veth", "allowed_ips", NULL, ATTR_NAMES, ATTR_HERE, true, "Addresses that it may send from; none: any"},
	{"veth", "features", NULL, ATTR_NAMES, ATTR_PROFILE, true, "What the client is offered, by virtio's names; offloads are asked for here"},
	{"veth", "mac", NULL, ATTR_TEXT, ATTR_HERE, true, "MAC address"},
	{"veth", "mtu", NULL, ATTR_NUMBER, ATTR_PROFILE, true, "Largest packet that the client is told"},
	{"veth", "own_mac_only", NULL, ATTR_YES, ATTR_HERE, true, "It may send from its own MAC address only", "no"},
	{"veth", "preferred", NULL, ATTR_TEXT, ATTR_HERE, true, "VIOS that serves it when both can"},
	{"veth", "pvid", NULL, ATTR_NUMBER, ATTR_HERE, true, "VLAN of frames without a tag"},
	{"veth", "queue_pairs", NULL, ATTR_NUMBER, ATTR_PROFILE, true, "Pairs of queues that the client is offered"},
	{"veth", "recv_burst_kib", NULL, ATTR_NUMBER, ATTR_HERE, true, "KiB that it may be given at once; 0: as much as in 10 ms", "0"},
	{"veth", "recv_kbit_s", NULL, ATTR_NUMBER, ATTR_HERE, true, "kbit/s that it may be given; 0: no limit", "0"},
	{"veth", "ring_size", NULL, ATTR_NUMBER, ATTR_PROFILE, true, "Entries of the largest ring"},
	{"veth", "send_burst_kib", NULL, ATTR_NUMBER, ATTR_HERE, true, "KiB that it may send at once; 0: as much as in 10 ms", "0"},
	{"veth", "send_kbit_s", NULL, ATTR_NUMBER, ATTR_HERE, true, "kbit/s that it may send; 0: no limit", "0"},
	{"veth", "slot", "id", ATTR_NUMBER, ATTR_HERE, false, "Number of the adapter in the frame"},
	{"veth", "storm_per_s", NULL, ATTR_NUMBER, ATTR_HERE, true, "Broadcasts that it may send a second; 0: no limit", "10000"},
	{"veth", "uplink_weight", NULL, ATTR_NUMBER, ATTR_HERE, true, "Its part of an uplink that is full", "10"},
	{"veth", "vlans", NULL, ATTR_NUMBERS, ATTR_HERE, true, "VLANs of frames with a tag"},
	{"vhost", "adapter", NULL, ATTR_TEXT, ATTR_HERE, false, "Name of the client's adapter"},
	{"vhost", "client", NULL, ATTR_TEXT, ATTR_HERE, false, "Client partition"},
	{"vhost", "explicit_alua", NULL, ATTR_YES, ATTR_HERE, true, "The client may choose its best way to a disk", "no"},
	{"vhost", "failback", NULL, ATTR_TEXT, ATTR_HERE, true, "Goes back to its preferred VIOS by itself (auto, manual)", "auto"},
	{"vhost", "hold_time", NULL, ATTR_NUMBER, ATTR_HERE, true, "Seconds of a path that is well before it is used again", "60"},
	{"vhost", "path_error_ms", NULL, ATTR_NUMBER, ATTR_HERE, true, "How long an error of a path is kept from the client", "2000"},
	{"vhost", "path_priority", NULL, ATTR_NUMBER, ATTR_HERE, true, "Of a client's ways to a disk the lowest is the best", "1"},
	{"vhost", "preferred", NULL, ATTR_TEXT, ATTR_HERE, true, "VIOS that serves it when both can"},
	{"vhost", "slot", "id", ATTR_NUMBER, ATTR_HERE, false, "Number of the adapter in the frame"},
	{"vtd", "aix_tdev", "backing", ATTR_TEXT, ATTR_HERE, false, "Target device name"},
	{"vtd", "LogicalUnitAddr", "lun", ATTR_NUMBER, ATTR_HERE, false, "LUN that the client sees"},
	{"vtd", "type", NULL, ATTR_TEXT, ATTR_HERE, false, "Kind of device that the client sees"},
	{"vtd", "vhost", NULL, ATTR_TEXT, ATTR_HERE, false, "Virtual SCSI server adapter"},
	{"backing", "block_bytes", NULL, ATTR_NUMBER, ATTR_HERE, false, "Bytes of a block"},
	{"backing", "read_only", NULL, ATTR_YES, ATTR_HERE, true, "Clients cannot write"},
	{"backing", "repository", NULL, ATTR_TEXT, ATTR_HERE, false, "Media repository that it is a medium of"},
	{"backing", "size_bytes", NULL, ATTR_NUMBER, ATTR_HERE, true, "Size; 0: not known"},
	{"backing", "type", NULL, ATTR_TEXT, ATTR_HERE, false, "disk, lv, file or optical"},
	{"backing", "unique_id", NULL, ATTR_TEXT, ATTR_HERE, true, "Identity stated by the operator"},
	{"backing", "wwid", NULL, ATTR_TEXT, ATTR_HERE, false, "World wide identity"},
	{"repository", "size_bytes", NULL, ATTR_NUMBER, ATTR_HERE, false, "Bytes that its media may have; see chrep"},
	{"physical", "devargs", NULL, ATTR_TEXT, ATTR_HERE, true, "How the data plane opens it"},
	{"physical", "members", NULL, ATTR_NAMES, ATTR_HERE, true, "Adapters of a link aggregation"},
	{"physical", "mode", NULL, ATTR_TEXT, ATTR_HERE, true, "Of a link aggregation: 8023ad, active-backup, balance-xor", "active-backup"},
	{"physical", "type", NULL, ATTR_TEXT, ATTR_HERE, false, "Kind of adapter"},
	{"client", "allow_unsealed", NULL, ATTR_YES, ATTR_HERE, true, "Memory that could be truncated is taken"},
	{"client", "id", NULL, ATTR_NUMBER, ATTR_HERE, false, "Partition number"},
	{"client", "memory_mb", NULL, ATTR_NUMBER, ATTR_HERE, true, "Memory; 0: not managed"},
	{"client", "vcpus", NULL, ATTR_NUMBER, ATTR_HERE, true, "Virtual processors; 0: not managed"},
	{"vios", "hugepages", NULL, ATTR_YES, ATTR_HERE, true, "The data plane uses huge pages"},
	{"vios", "memory_mb", NULL, ATTR_NUMBER, ATTR_HERE, true, "Memory of the data plane"},
	{"vios", "node_id", NULL, ATTR_NUMBER, ATTR_HERE, false, "Number in the cluster"},
	{"vios", "workers", NULL, ATTR_NUMBER, ATTR_HERE, true, "Switching threads"},
	{"frame", "hang_ms", NULL, ATTR_NUMBER, ATTR_HERE, true, "Silence after which a data plane hangs"},
	{"frame", "kill_holdoff_ms", NULL, ATTR_NUMBER, ATTR_HERE, true, "Shortest time between two kills"},
	{"frame", "last_resort_ms", NULL, ATTR_NUMBER, ATTR_HERE, true, "Silence after which the last one is killed"},
};

/* What operators of the original set, and why it is not taken. */
static const struct {
	const char *kind, *name, *why;
} not_taken[] = {
	{"sea", "ctl_chan", "the two VIOS need no control channel; leave it out"},
	{"sea", "pvid_adapter", "a VLAN belongs to the SEA; give pvid"},
	{"sea", "thread", "each VIOS has its workers: chdev -dev VIOS -attr workers=N"},
	{"sea", "jumbo_frames", "give mtu=9000"},
	{"sea", "largesend", "long frames of clients are always taken; leave it out"},
	{"sea", "adapter_reset", "is not built yet"},
	{"sea", "qos_mode", "shares are by client: chdev -dev lpar1/eth0 -attr uplink_weight=N"},
	{"sea", "lldpsvc", "is not built yet"},
	{"backing", "reserve_policy", "disks are never reserved here; both VIOS can always write"},
	{"backing", "queue_depth", "is not built yet"},
	{"backing", "hcheck_interval", "paths are watched without it"},
};
/* clang-format on */

#define ROWS (sizeof(table) / sizeof(table[0]))

static const char *member_of(const struct attr *attr)
{
	return attr->member ? attr->member : attr->name;
}

const struct attr *attr_find(const char *kind, const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(table[i].kind, kind) == 0 && strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static json_t *read_truth(const char *text)
{
	static const char *const yes[] = {"yes", "true", "enabled", "1"};
	static const char *const no[] = {"no", "false", "disabled", "0"};

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(text, yes[i]) == 0)
			return json_true();
		if (strcmp(text, no[i]) == 0)
			return json_false();
	}
	return NULL;
}

/* "none" and "" are the empty list. */
static json_t *read_list(const char *text, bool numbers)
{
	json_t *list = json_array();
	uint32_t number = 0;

	if (strcmp(text, "none") == 0)
		return list;
	while (*text) {
		size_t length = strcspn(text, ",");
		if (length == 0 || (text[length] == ',' && !text[length + 1]) ||
			(numbers && args_to_number(text, length, &number) < 0)) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(
			list, numbers ? json_integer(number) : json_stringn(text, length));
		text += length + (text[length] == ',');
	}
	return list;
}

json_t *attr_read(const struct attr *attr, const char *text)
{
	uint32_t number;

	switch (attr->type) {
	case ATTR_NUMBER:
		return args_to_number(text, strlen(text), &number) < 0 ? NULL
								       : json_integer(number);
	case ATTR_YES:
	case ATTR_ENABLED:
		return read_truth(text);
	case ATTR_NUMBERS:
	case ATTR_NAMES:
		return read_list(text, attr->type == ATTR_NUMBERS);
	default:
		return json_string(text);
	}
}

struct jx_value attr_show(const struct attr *attr, const json_t *object, const char *side)
{
	const json_t *holder = object, *value;
	struct jx_value shown;

	if (attr->where == ATTR_SIDE)
		holder = json_object_get(json_object_get(object, "sides"), side ? side : "");
	else if (attr->where == ATTR_PROFILE)
		holder = json_object_get(object, "profile");
	value = json_object_get(holder, member_of(attr));
	shown = jx_show(value);
	if (!value && attr->otherwise)
		snprintf(shown.text, sizeof(shown.text), "%s", attr->otherwise);
	if (json_is_boolean(value))
		snprintf(shown.text, sizeof(shown.text), "%s",
			attr->type == ATTR_ENABLED ? (json_is_true(value) ? "enabled" : "disabled")
						   : (json_is_true(value) ? "yes" : "no"));
	return shown;
}

static void add_record(
	json_t *records, const struct attr *attr, const json_t *object, const char *side, bool both)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%s%s", both ? side : "", both ? "." : "", attr->name);
	json_array_append_new(records, json_pack("{s:s, s:s, s:s, s:b}", "attribute", name, "value",
					       attr_show(attr, object, side).text, "description",
					       attr->help, "user_settable", attr->settable));
}

json_t *attr_records(const char *kind, const json_t *object, const char *side, const char *name)
{
	json_t *records = json_array(), *unused;
	const char *vios;

	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(table[i].kind, kind) != 0 || (name && strcmp(table[i].name, name) != 0))
			continue;
		if (table[i].where != ATTR_SIDE || side) {
			add_record(records, &table[i], object, side, false);
			continue;
		}
		json_object_foreach(json_object_get(object, "sides"), vios, unused)
			add_record(records, &table[i], object, vios, true);
	}
	if (!name || json_array_size(records) > 0)
		return records;
	json_decref(records);
	return NULL;
}

static int not_known(const char *kind, const char *name, char fault[ATTR_FAULT_BYTES])
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(not_taken) / sizeof(not_taken[0]); i++) {
		if (strcmp(not_taken[i].kind, kind) == 0 && strcmp(not_taken[i].name, name) == 0) {
			snprintf(fault, ATTR_FAULT_BYTES, "%s: %s", name, not_taken[i].why);
			return -ENOENT;
		}
	}
	for (size_t i = 0; i < ROWS && n < NAMES_MAX; i++)
		if (strcmp(table[i].kind, kind) == 0)
			names[n++] = table[i].name;
	const char *nearest = suggest_nearest(name, names, n);
	snprintf(fault, ATTR_FAULT_BYTES, "%.64s is no attribute of this device; %s%s%s", name,
		nearest ? "did you mean " : "see viosctl lsdev -dev NAME -attr",
		nearest ? nearest : "", nearest ? "?" : "");
	return -ENOENT;
}

static const char *type_name(enum attr_type type)
{
	static const char *const names[] = {
		[ATTR_TEXT] = "a word",
		[ATTR_NUMBER] = "a number",
		[ATTR_YES] = "yes or no",
		[ATTR_ENABLED] = "enabled or disabled",
		[ATTR_NUMBERS] = "numbers with commas between them, or none",
		[ATTR_NAMES] = "names with commas between them, or none",
	};

	return names[type];
}

static json_t *below(json_t *object, const char *key)
{
	json_t *inner = json_object_get(object, key);

	if (!inner) {
		inner = json_object();
		json_object_set_new(object, key, inner);
	}
	return json_object_get(object, key);
}

/* value: ownership moves. What is sent is merged into what is there: only what changes. */
static void put(const struct attr *attr, const char *const *sides, size_t n_sides, json_t *attrs,
	json_t *value)
{
	if (attr->where == ATTR_HERE)
		json_object_set(attrs, member_of(attr), value);
	for (size_t i = 0; attr->where == ATTR_SIDE && i < n_sides; i++)
		json_object_set(below(below(attrs, "sides"), sides[i]), member_of(attr), value);
	if (attr->where == ATTR_PROFILE)
		json_object_set(below(attrs, "profile"), member_of(attr), value);
	json_decref(value);
}

int attr_set(const char *kind, const char *pair, const char *const *sides, size_t n_sides,
	json_t *attrs, char fault[ATTR_FAULT_BYTES])
{
	size_t length = strcspn(pair, "=");
	char name[48];

	snprintf(name, sizeof(name), "%.*s", (int)(length < 47 ? length : 47), pair);
	const struct attr *attr = length < sizeof(name) ? attr_find(kind, name) : NULL;
	if (!attr)
		return not_known(kind, name, fault);
	if (!attr->settable) {
		snprintf(fault, ATTR_FAULT_BYTES, "%s cannot be set", name);
		return -ENOENT;
	}
	json_t *value = attr_read(attr, pair + length + (pair[length] == '='));
	if (!value) {
		snprintf(fault, ATTR_FAULT_BYTES, "%s takes %s, not \"%.80s\"", name,
			type_name(attr->type), pair + length + (pair[length] == '='));
		return -EINVAL;
	}
	put(attr, sides, n_sides, attrs, value);
	return 0;
}
