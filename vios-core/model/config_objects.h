/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_objects.h - the objects of the replicated state as structs. Pure. They hold no pointers:
 * a copy of the bytes is a copy. What each member means stands in the table in config_schema.c.
 */
#ifndef VIOS_MODEL_CONFIG_OBJECTS_H
#define VIOS_MODEL_CONFIG_OBJECTS_H

#include "vios-core/model/config_netaddr.h"
#include "vios-core/model/config_physical.h"
#include "vios-core/model/config_storage.h"
#include "vios-core/model/frame_config.h"

#define CONFIG_VETH_VLANS_MAX 20
#define CONFIG_VETH_STORM 10000 /* frames a second that a client may flood */
#define CONFIG_KBIT_MAX 32000000
#define CONFIG_KIB_MAX 1048576
#define CONFIG_WEIGHT_MAX 100
#define CONFIG_WEIGHT 10
#define CONFIG_SEA_VLANS_MAX 340 /* 16 trunk adapters, 20 VLANs and a PVID each */
#define CONFIG_SEA_ADAPTERS_MAX 16
#define CONFIG_VIOS_SEAS_MAX 4 /* of one VIOS: as many uplinks as a vios-netd has */

struct config_frame {
	char name[MODEL_NAME_MAX + 1];
	uint32_t hang_ms, last_resort_ms, kill_holdoff_ms;
};

struct config_vios {
	char name[MODEL_NAME_MAX + 1];
	uint32_t node_id, memory_mb, workers;
	bool hugepages;
};

struct config_client {
	char name[MODEL_NAME_MAX + 1];
	uint32_t id; /* partition id */
	bool allow_unsealed;
	uint32_t memory_mb, vcpus; /* 0: not managed */
};
enum config_ha_mode { CONFIG_HA_AUTO, CONFIG_HA_DISABLED, CONFIG_HA_SHARING, CONFIG_HA_STANDBY };
struct config_side {
	char vios[MODEL_NAME_MAX + 1]; /* first: the key */
	char ent[MODEL_NAME_MAX + 1], real_adapter[MODEL_NAME_MAX + 1];
	enum config_ha_mode ha_mode;
	uint32_t priority;
	char netaddr[CONFIG_NETADDR_MAX + 1]; /* as ip_list_parse() takes it */
	uint32_t netaddr_interval /* ms */, netaddr_misses;
};

struct config_sea {
	char name[MODEL_NAME_MAX + 1];
	uint16_t pvid, mtu;
	size_t n_vlans, n_virt_adapters, n_sides;
	uint16_t vlans[CONFIG_SEA_VLANS_MAX];
	char virt_adapters[CONFIG_SEA_ADAPTERS_MAX][MODEL_NAME_MAX + 1];
	uint32_t health_time, link_time, fb_delay; /* seconds */
	bool accounting, large_receive, noauto_failback, trunk;
	bool multicast_snooping;
	uint32_t storm_per_s; /* 0: no limit */
	uint32_t send_kbit_s, send_burst_kib;
	struct config_side sides[MODEL_VIOS_MAX];
};

struct config_veth {
	char client[MODEL_NAME_MAX + 1];
	struct model_adapter adapter; /* MODEL_ETHERNET; "eth0" */
	uint16_t pvid;
	size_t n_vlans;
	uint16_t vlans[CONFIG_VETH_VLANS_MAX];
	struct ip_list allowed_ips; /* none: any */
	bool own_mac_only;
	uint32_t storm_per_s; /* 0: no limit */
	uint32_t send_kbit_s, send_burst_kib, recv_kbit_s, recv_burst_kib;
	uint32_t uplink_weight;
};

enum config_failback { CONFIG_FAILBACK_AUTO, CONFIG_FAILBACK_MANUAL };
#define CONFIG_HOLD_TIME 60 /* as usual */
#define CONFIG_PATH_ERROR_MS 2000
#define CONFIG_PATH_PRIORITY 1

struct config_vhost {
	char name[MODEL_NAME_MAX + 1], client[MODEL_NAME_MAX + 1];
	struct model_adapter adapter;  /* MODEL_SCSI; the client's "scsi0" */
	enum config_failback failback; /* once a path to a disk has healed */
	uint32_t hold_time;	       /* seconds for which it must have */
	uint32_t path_error_ms;
	bool explicit_alua;	/* its client may say which of its adapters is its best way */
	uint32_t path_priority; /* of its client's adapters the lowest is */
};

#endif
