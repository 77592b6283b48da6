/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_schema.c - the one table of the replicated state: names, places, limits, defaults and help
 * of every field. Pure; constant. Rows stand in alphabetical order, so that the text written from
 * them is canonical. Parsing, defaults, validation, JSON, help and the manual page follow it.
 */
#include "vios-core/model/adapter_schema.h"
#include "vios-core/model/config_priv.h"

#include <string.h>

static void vhost_init(void *object)
{
	((struct config_vhost *)object)->adapter.type = MODEL_SCSI;
}

static void read_netaddr(struct schema *s, void *object, json_t *value)
{
	const char *text = json_string_value(value);
	struct ip_list list;

	if (value == NULL)
		return;
	if (text != NULL && strlen(text) <= CONFIG_NETADDR_MAX &&
		ip_list_parse(text, CONFIG_NETADDRS, &list))
		memcpy(object, text, strlen(text) + 1);
	else
		schema_fault(s,
			"%s is no IP address of a host, nor at most %d of them, none twice, with "
			"commas between; write those that always answer, or \"\"",
			schema_show(value).text, CONFIG_NETADDRS);
}

static void write_netaddr(struct schema_out *out, const void *object)
{
	schema_put_string(out, object);
}

static void read_ip(struct schema *s, struct ip_list *list, json_t *value)
{
	const char *text = json_string_value(value);
	uint8_t ip[16];

	if (text == NULL || !ip_parse(text, ip) || !ip_is_host(ip))
		schema_fault(s,
			"%s is no address of a host; write it as \"10.0.0.5\" or \"fd00::5\"",
			schema_show(value).text);
	else if (list->n == IP_LIST_MAX)
		schema_fault(s, "is one too many; give at most %d", IP_LIST_MAX);
	else if (!ip_list_add(list, ip))
		schema_fault(s, "%s is there twice", text);
}

static void read_ips(struct schema *s, void *object, json_t *value)
{
	struct ip_list *list = object;

	list->n = 0;
	if (value == NULL)
		return;
	if (!json_is_array(value)) {
		schema_fault(s, "%s is not a list; write the addresses in [ ... ]",
			schema_show(value).text);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		size_t was = schema_push(s, NULL, i);

		read_ip(s, list, json_array_get(value, i));
		schema_pop(s, was);
	}
}

static void write_ips(struct schema_out *out, const void *object)
{
	const struct ip_list *list = object;

	for (size_t i = 0; i < list->n; i++) {
		schema_put(out, i == 0 ? "[" : ",", 1);
		schema_put_string(out, ip_show(list->ip[i]).text);
	}
	if (list->n > 0)
		schema_put(out, "]", 1);
}

static const char *const physical_types[] = {"ethernet", "aggregation", NULL};
static const char *const aggregations[] = {"active-backup", "balance-xor", "8023ad", NULL};
static const char *const ha_modes[] = {"auto", "disabled", "sharing", "standby", NULL};
static const char *const failbacks[] = {"auto", "manual", NULL};
static const char *const backing_types[] = {"disk", "file", "lv", "optical", NULL};
static const char *const vtd_types[] = {"disk", "optical", NULL};

#define TEXT(most_) .kind = SCHEMA_TEXT, .max = most_
#define WORD(list, otherwise_) .kind = SCHEMA_WORD, .words = list, .def = otherwise_
#define EMPTY .empty = true
#define FIXED .fixed = true
#define SPARSE .sparse = true /* older versions know nothing of it */
#define HELP(text) .help = text
#define ELEMENT(type, member)                                                                      \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member[0])
#define COUNT(type, member) .count_offset = offsetof(struct type, member)
#define VLANS(type, most_)                                                                         \
	.kind = SCHEMA_UINTS, .min = 1, .max = 4094, .most = most_, ELEMENT(type, vlans),          \
	COUNT(type, n_vlans)
#define MAP(type, member, count, rows)                                                             \
	.kind = SCHEMA_MAP, .max = MODEL_VIOS_MAX, ELEMENT(type, member), COUNT(type, count),      \
	.fields = rows
#define PROFILE(type)                                                                              \
	.kind = SCHEMA_OBJECT, .fields = adapter_profile_fields,                                   \
	.offset = offsetof(struct type, adapter)
#define ID(type)                                                                                   \
	{                                                                                          \
		"id", UINT(1, UINT32_MAX, 0), MUST, FIXED, AT(type, adapter.id),                   \
			HELP("Number of the adapter, given out when it is added and never used "   \
			     "again.")                                                             \
	}
#define PREFERRED(type)                                                                            \
	{                                                                                          \
		"preferred", NAME, EMPTY, AT(type, adapter.preferred),                             \
			HELP("The VIOS that it should be on; \"\": either.")                       \
	}

/* clang-format off */
static const struct schema_field frame_fields[] = {
	{"hang_ms",         UINT(1, 60000, 50), AT(config_frame, hang_ms),
	                    HELP("A worker of a data plane that does not tick for so long hangs, in milliseconds.")},
	{"kill_holdoff_ms", UINT(0, 86400000, 60000), AT(config_frame, kill_holdoff_ms),
	                    HELP("The shortest time between two kills, in milliseconds.")},
	{"last_resort_ms",  UINT(1, 3600000, 10000), AT(config_frame, last_resort_ms),
	                    HELP("A data plane that hangs and serves the last live path is killed only after so long, in milliseconds.")},
	{"name",            NAME, MUST, FIXED, AT(config_frame, name), HELP("Its name.")},
	{NULL},
};

static const struct schema_field vios_fields[] = {
	{"hugepages", BOOL(true), AT(config_vios, hugepages), HELP("Whether the memory of its data plane is huge pages.")},
	{"memory_mb", UINT(32, 65536, 64), AT(config_vios, memory_mb), HELP("Memory of its data plane in MiB.")},
	{"name",      NAME, MUST, FIXED, AT(config_vios, name), HELP("Its name.")},
	{"node_id",   UINT(1, UINT32_MAX, 0), MUST, AT(config_vios, node_id), HELP("Its nodeid in corosync.conf.")},
	{"workers",   UINT(1, 16, 1), AT(config_vios, workers), HELP("Switching threads of its data plane.")},
	{NULL},
};

static const struct schema_field client_fields[] = {
	{"allow_unsealed", BOOL(false), AT(config_client, allow_unsealed),
	                   HELP("Take guest memory that the client could truncate, as stock QEMU has it.")},
	{"id",             UINT(1, 65535, 0), MUST, AT(config_client, id), .otherwise = "the lowest free number from 3 up",
	                   HELP("Partition id.")},
	{"memory_mb",      UINT(0, UINT32_MAX, 0), AT(config_client, memory_mb), HELP("Memory in MiB; 0: not managed.")},
	{"name",           NAME, MUST, FIXED, AT(config_client, name), HELP("Its name.")},
	{"vcpus",          UINT(0, 65535, 0), AT(config_client, vcpus), HELP("Virtual processors; 0: not managed.")},
	{NULL},
};

static const struct schema_field physical_fields[] = {
	{"devargs", TEXT(MODEL_DEVARGS_MAX), EMPTY, AT(config_physical, devargs),
	            HELP("What DPDK shall open, for example net_af_packet0,iface=up0; of an aggregation \"\".")},
	{"members", .kind = SCHEMA_NAMES, .most = CONFIG_MEMBERS_MAX, SPARSE, ELEMENT(config_physical, members),
	            COUNT(config_physical, n_members),
	            HELP("Of an aggregation: the physical adapters that it is made of; with active-backup the first one that is well carries all.")},
	{"mode",    WORD(aggregations, CONFIG_ACTIVE_BACKUP), SPARSE, AT(config_physical, mode),
	            HELP("Of an aggregation: 8023ad (LACP with the switch), active-backup, or balance-xor (a static group in the switch).")},
	{"name",    NAME, MUST, FIXED, AT(config_physical, name), HELP("Its name, for example ent0.")},
	{"type",    WORD(physical_types, CONFIG_PHYSICAL_ETHERNET), FIXED, AT(config_physical, type), HELP("What it is.")},
	{"vios",    NAME, MUST, FIXED, AT(config_physical, vios), HELP("The VIOS that owns it.")},
	{NULL},
};

static const struct schema_field side_fields[] = {
	{"ent",          NAME, MUST, AT(config_side, ent), .otherwise = "the lowest free entN of that VIOS",
	                 HELP("The bridge's own name on that VIOS, for example ent5.")},
	{"ha_mode",      WORD(ha_modes, CONFIG_HA_AUTO), AT(config_side, ha_mode),
	                 HELP("Part in failover: auto beats standby; sharing needs a second side that is sharing or standby.")},
	{"netaddr",      CUSTOM(read_netaddr, write_netaddr), AT(config_side, netaddr), .takes = "IP addresses with commas between them",
	                 .otherwise = "\"\"", HELP("Up to 8 addresses outside; the silence of all means that the network there is dead.")},
	{"netaddr_interval", UINT(CONFIG_NETADDR_MS_MIN, 60000, CONFIG_NETADDR_MS), SPARSE, AT(config_side, netaddr_interval),
	                 HELP("An address of netaddr that has not answered for so long, times netaddr_misses, is silent; in milliseconds.")},
	{"netaddr_misses", UINT(1, 20, CONFIG_NETADDR_MISSES), SPARSE, AT(config_side, netaddr_misses),
	                 HELP("How many probes in that time go unanswered; so many answers in a row, and it is silent no more.")},
	{"priority",     UINT(1, 15, 1), AT(config_side, priority), HELP("The lower number becomes primary when the modes are equal.")},
	{"real_adapter", NAME, MUST, AT(config_side, real_adapter), HELP("The physical adapter that it bridges to.")},
	{NULL},
};

static const struct schema_field sea_fields[] = {
	{"accounting",    BOOL(false), AT(config_sea, accounting), HELP("Count packets per client, for seastat.")},
	{"fb_delay",      UINT(0, 3600, 0), SPARSE, AT(config_sea, fb_delay),
	                  HELP("Seconds for which a side with the better priority must be well, after health_time, before it is primary again.")},
	{"health_time",   UINT(0, 3600, 60), AT(config_sea, health_time),
	                  HELP("Seconds for which a side that comes back must be well before it may be primary.")},
	{"large_receive", BOOL(false), SPARSE, AT(config_sea, large_receive),
	                  HELP("Join TCP frames from outside that follow each other into long ones, for clients that take them.")},
	{"link_time",     UINT(0, 3600, 0), AT(config_sea, link_time),
	                  HELP("Seconds for which a link must be up before it counts.")},
	{"mtu",           UINT(576, MODEL_MTU_MAX, 1500), AT(config_sea, mtu), HELP("The largest packet that it bridges.")},
	{"multicast_snooping", BOOL(true), SPARSE, AT(config_sea, multicast_snooping),
	                  HELP("Send what is for a multicast group only to who has asked for it (IGMP, MLD), where there is a querier.")},
	{"name",          NAME, MUST, FIXED, AT(config_sea, name), HELP("Its name, for example sea0.")},
	{"noauto_failback", BOOL(false), SPARSE, AT(config_sea, noauto_failback),
	                  HELP("A side with the better priority that is well again does not become primary by itself.")},
	{"pvid",          UINT(1, 4094, 1), AT(config_sea, pvid), HELP("VLAN of untagged frames.")},
	{"send_burst_kib", UINT(0, CONFIG_KIB_MAX, 0), SPARSE, AT(config_sea, send_burst_kib),
	                  HELP("What may go out at once after a pause, in KiB; 0: as much as in 10 ms.")},
	{"send_kbit_s",   UINT(0, CONFIG_KBIT_MAX, 0), SPARSE, AT(config_sea, send_kbit_s),
	                  HELP("What each side may send out, of all clients together, in kbit/s; 0: as much as its link takes.")},
	{"sides",         MAP(config_sea, sides, n_sides, side_fields)},
	{"storm_per_s",   UINT(0, UINT32_MAX, 0), SPARSE, AT(config_sea, storm_per_s),
	                  HELP("Broadcasts, and as many frames to groups and to unknown addresses, that it takes from outside a second; 0: no limit.")},
	{"trunk",         BOOL(false), SPARSE, AT(config_sea, trunk),
	                  HELP("The switches of both VIOS are one: a trunk joins them, and one side's uplink serves all.")},
	{"virt_adapters", .kind = SCHEMA_NAMES, .most = CONFIG_SEA_ADAPTERS_MAX, ELEMENT(config_sea, virt_adapters),
	                  COUNT(config_sea, n_virt_adapters), HELP("Virtual trunk adapters.")},
	{"vlans",         VLANS(config_sea, CONFIG_SEA_VLANS_MAX), HELP("VLANs that it bridges tagged.")},
	{NULL},
};

static const struct schema_field veth_fields[] = {
	{"allowed_ips", CUSTOM(read_ips, write_ips), AT(config_veth, allowed_ips), .takes = "a list of IP addresses",
	                .otherwise = "[]", HELP("Addresses that it may send from, in IP, ARP and neighbour discovery; []: any.")},
	{"client",    NAME, MUST, FIXED, AT(config_veth, client), HELP("The client whose adapter it is.")},
	ID(config_veth),
	{"mac",       CUSTOM(adapter_read_mac, adapter_write_mac), AT(config_veth, adapter), .takes = "a MAC address",
	              .otherwise = "02:76:69 and the lowest 24 bits of the id", HELP("Its MAC address.")},
	{"name",      NAME, MUST, FIXED, AT(config_veth, adapter.name), HELP("Its name in the client, for example eth0.")},
	{"own_mac_only", BOOL(false), SPARSE, AT(config_veth, own_mac_only),
	                 HELP("Take only frames from its own MAC address, so nothing can be bridged behind it.")},
	PREFERRED(config_veth),
	{"profile",   PROFILE(config_veth)},
	{"pvid",      UINT(1, 4094, 1), AT(config_veth, pvid), HELP("VLAN of its untagged frames.")},
	{"recv_burst_kib", UINT(0, CONFIG_KIB_MAX, 0), SPARSE, AT(config_veth, recv_burst_kib),
	                HELP("What it may be given at once after a pause, in KiB; 0: as much as in 10 ms.")},
	{"recv_kbit_s", UINT(0, CONFIG_KBIT_MAX, 0), SPARSE, AT(config_veth, recv_kbit_s),
	                HELP("What it may be given, in kbit/s; more is dropped. 0: no limit.")},
	{"send_burst_kib", UINT(0, CONFIG_KIB_MAX, 0), SPARSE, AT(config_veth, send_burst_kib),
	                HELP("What it may send at once after a pause, in KiB; 0: as much as in 10 ms.")},
	{"send_kbit_s", UINT(0, CONFIG_KBIT_MAX, 0), SPARSE, AT(config_veth, send_kbit_s),
	                HELP("What it may send, in kbit/s; more waits in its ring. 0: no limit.")},
	{"storm_per_s", UINT(0, UINT32_MAX, CONFIG_VETH_STORM), SPARSE, AT(config_veth, storm_per_s),
	                HELP("Broadcasts, and as many frames to groups and to unknown addresses, that it may send a second; 0: no limit.")},
	{"uplink_weight", UINT(1, CONFIG_WEIGHT_MAX, CONFIG_WEIGHT), SPARSE, AT(config_veth, uplink_weight),
	                HELP("Its part of an uplink that is full, beside those of the other clients.")},
	{"vlans",     VLANS(config_veth, CONFIG_VETH_VLANS_MAX), HELP("VLANs that it may use tagged.")},
	{NULL},
};

static const struct schema_field vhost_fields[] = {
	{"adapter",   NAME, MUST, FIXED, AT(config_vhost, adapter.name), .otherwise = "the lowest free scsiN of the client",
	              HELP("The client's adapter that it serves, for example scsi0.")},
	{"client",    NAME, MUST, FIXED, AT(config_vhost, client), HELP("The client that it serves.")},
	{"explicit_alua", BOOL(false), SPARSE, AT(config_vhost, explicit_alua),
	              HELP("Its client may say, by SET TARGET PORT GROUPS, which of its adapters is its best way to a disk.")},
	{"failback",  WORD(failbacks, CONFIG_FAILBACK_AUTO), SPARSE, AT(config_vhost, failback),
	              HELP("Whether it goes back to its preferred VIOS by itself when a path to a disk there has healed.")},
	{"hold_time", UINT(0, 3600, CONFIG_HOLD_TIME), SPARSE, AT(config_vhost, hold_time),
	              HELP("Seconds for which a failed path to a disk must be well before it is used again.")},
	ID(config_vhost),
	{"name",      NAME, MUST, FIXED, AT(config_vhost, name), HELP("Its name, for example vhost0.")},
	{"path_error_ms", UINT(1, 600000, CONFIG_PATH_ERROR_MS), SPARSE, AT(config_vhost, path_error_ms),
	              HELP("How long a request whose path fails waits for the other VIOS before its client is told, in milliseconds.")},
	{"path_priority", UINT(1, 255, CONFIG_PATH_PRIORITY), SPARSE, AT(config_vhost, path_priority),
	              HELP("Of its client's adapters that have a disk, the one with the lowest number is the best way to it.")},
	PREFERRED(config_vhost),
	{"profile",   PROFILE(config_vhost)},
	{NULL},
};

static const struct schema_field path_fields[] = {
	{"", TEXT(CONFIG_PATH_MAX), MUST, AT(config_path, path), HELP("The device or file on that VIOS: an absolute path.")},
	{NULL},
};

static const struct schema_field backing_fields[] = {
	{"block_bytes", UINT(512, 4096, 512), AT(config_backing, block_bytes), HELP("Size of a block: 512 or 4096; 2048 for optical.")},
	{"name",        NAME, MUST, FIXED, AT(config_backing, name), HELP("Its name, for example hdisk1.")},
	{"path",        MAP(config_backing, paths, n_paths, path_fields)},
	{"read_only",   BOOL(false), AT(config_backing, read_only), HELP("Refuse writes.")},
	{"repository",  NAME, FIXED, AT(config_backing, repository), .otherwise = "none",
	                HELP("The media repository that it is a medium of.")},
	{"size_bytes",  UINT(0, INT64_MAX, 0), AT(config_backing, size_bytes), HELP("Its size in bytes; 0: not known.")},
	{"type",        WORD(backing_types, CONFIG_DISK), AT(config_backing, type), FIXED, HELP("What it is.")},
	{"unique_id",   TEXT(CONFIG_IDENTITY_MAX), EMPTY, AT(config_backing, unique_id),
	                HELP("Identity by which both VIOS know that it is the same.")},
	{"wwid",        TEXT(CONFIG_IDENTITY_MAX), EMPTY, AT(config_backing, wwid), HELP("World-wide identifier of a disk.")},
	{NULL},
};

static const struct schema_field folder_fields[] = {
	{"", TEXT(CONFIG_PATH_MAX), MUST, AT(config_path, path), HELP("The folder of the media's files on that VIOS: an absolute path.")},
	{NULL},
};

static const struct schema_field repository_fields[] = {
	{"name",       NAME, MUST, FIXED, AT(config_repository, name), HELP("Its name, for example VMLibrary.")},
	{"path",       MAP(config_repository, paths, n_paths, folder_fields)},
	{"size_bytes", UINT(1, INT64_MAX, 0), MUST, AT(config_repository, size_bytes),
	               HELP("How many bytes its media may have together.")},
	{NULL},
};

static const struct schema_field vtd_fields[] = {
	{"backing", NAME, EMPTY, AT(config_vtd, backing), HELP("The backing device; \"\": an optical drive without a medium.")},
	{"lun",     UINT(0, CONFIG_LUN_MAX, 0), MUST, FIXED, AT(config_vtd, lun), .otherwise = "the lowest free number from 1 up",
	            HELP("Logical unit number, one of its own at each server adapter.")},
	{"name",    NAME, MUST, FIXED, AT(config_vtd, name), HELP("Its name, for example vtscsi0.")},
	{"type",    WORD(vtd_types, CONFIG_VTD_DISK), FIXED, AT(config_vtd, type), .otherwise = "as the backing device",
	            HELP("What the client sees.")},
	{"vhost",   NAME, MUST, FIXED, AT(config_vtd, vhost), HELP("The server adapter that it belongs to.")},
	{NULL},
};

#define LIST(kind_, most_) {#kind_, .kind = SCHEMA_ARRAY, MUST, .max = most_, .allocated = true, \
	.offset = offsetof(struct config, kind_), .size = sizeof(struct config_##kind_), \
	COUNT(config, n_##kind_), .fields = kind_##_fields}
#define LIST_INIT(kind_, most_) {#kind_, .kind = SCHEMA_ARRAY, MUST, .max = most_, .allocated = true, \
	.offset = offsetof(struct config, kind_), .size = sizeof(struct config_##kind_), \
	COUNT(config, n_##kind_), .fields = kind_##_fields, .init = kind_##_init}
/* Left out when there is none, as older versions write it. */
#define LIST_SPARSE(kind_, most_) {#kind_, .kind = SCHEMA_ARRAY, .sparse = true, .max = most_, .allocated = true, \
	.offset = offsetof(struct config, kind_), .size = sizeof(struct config_##kind_), \
	COUNT(config, n_##kind_), .fields = kind_##_fields}
#define MOST_BACKING 16384
#define MOST_CLIENT MODEL_CLIENTS_MAX
#define MOST_PHYSICAL 256
#define MOST_REPOSITORY 1 /* as on the original */
#define MOST_SEA 64
#define MOST_ADAPTERS (MODEL_CLIENTS_MAX * MODEL_ADAPTERS_MAX)
#define MOST_VTD 65536

const struct schema_field config_root_fields[] = {
	LIST(backing, MOST_BACKING),
	LIST(client, MOST_CLIENT),
	{"format", UINT(CONFIG_FORMAT_FIRST, CONFIG_FORMAT, CONFIG_FORMAT_FIRST), MUST, AT(config, format)},
	{"frame", .kind = SCHEMA_OBJECT, MUST, .offset = offsetof(struct config, frame), .fields = frame_fields},
	{"next_id", UINT(1, UINT64_C(1) << 32, 1), MUST, AT(config, next_id)},
	LIST(physical, MOST_PHYSICAL),
	LIST_SPARSE(repository, MOST_REPOSITORY),
	LIST(sea, MOST_SEA),
	LIST(veth, MOST_ADAPTERS),
	LIST_INIT(vhost, MOST_ADAPTERS),
	LIST(vios, MODEL_VIOS_MAX),
	LIST(vtd, MOST_VTD),
	{NULL},
};

#define ROW(kind_, most_) .name = #kind_, .fields = kind_##_fields, .list = offsetof(struct config, kind_), \
	.count = offsetof(struct config, n_##kind_), .size = sizeof(struct config_##kind_), .most = most_
#define KEY(kind_, member) .key = offsetof(struct config_##kind_, member)
#define OWNER(kind_, member) .owned = true, .owner = offsetof(struct config_##kind_, member)

const struct config_kind_row config_kind_rows[CONFIG_KINDS] = {
	[CONFIG_BACKING]  = {ROW(backing, MOST_BACKING), KEY(backing, name)},
	[CONFIG_CLIENT]   = {ROW(client, MOST_CLIENT), KEY(client, name)},
	[CONFIG_PHYSICAL] = {ROW(physical, MOST_PHYSICAL), OWNER(physical, vios), KEY(physical, name)},
	[CONFIG_REPOSITORY] = {ROW(repository, MOST_REPOSITORY), KEY(repository, name)},
	[CONFIG_SEA]      = {ROW(sea, MOST_SEA), KEY(sea, name)},
	[CONFIG_VETH]     = {ROW(veth, MOST_ADAPTERS), OWNER(veth, client), KEY(veth, adapter.name)},
	[CONFIG_VHOST]    = {ROW(vhost, MOST_ADAPTERS), KEY(vhost, name), .init = vhost_init},
	[CONFIG_VIOS]     = {ROW(vios, MODEL_VIOS_MAX), KEY(vios, name)},
	[CONFIG_VTD]      = {ROW(vtd, MOST_VTD), KEY(vtd, name)},
	[CONFIG_FRAME]    = {.name = "frame", .fields = frame_fields, .size = sizeof(struct config_frame), .most = 1,
	                     .key = offsetof(struct config_frame, name)},
};
/* clang-format on */
