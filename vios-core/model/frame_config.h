/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_config.h - frame.json: the frame's configuration until the replicated state exists.
 * Pure: text in, objects or a list of faults out; all faults are reported at once.
 * The schema, with every field, default and limit, is one table in frame_config.c.
 */
#ifndef VIOS_MODEL_FRAME_CONFIG_H
#define VIOS_MODEL_FRAME_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_NAME_MAX 31
#define MODEL_DEVARGS_MAX 255
#define MODEL_VIOS_MAX 2
#define MODEL_ADAPTERS_MAX 16
#define MODEL_CLIENTS_MAX 1024
#define MODEL_QUEUE_PAIRS_MAX 8
#define MODEL_MTU_MAX 9000
#define MODEL_FAULT_TEXT 256
#define MODEL_FAULTS_MAX 32

enum model_adapter_type { MODEL_ETHERNET, MODEL_SCSI };

struct model_profile {
	uint32_t version;
	uint64_t virtio_features;   /* bits, from features.h; always with VIRTIO_F_VERSION_1 */
	uint64_t protocol_features; /* vhost-user protocol bits offered to QEMU */
	uint16_t queue_pairs;	    /* ethernet: 1 to MODEL_QUEUE_PAIRS_MAX */
	uint16_t ring_size;	    /* largest ring, a power of two, 64 to 1024 */
	uint16_t mtu;		    /* 576 to MODEL_MTU_MAX */
};

struct model_adapter {
	char name[MODEL_NAME_MAX + 1]; /* "eth0" */
	enum model_adapter_type type;
	uint32_t id; /* unique in the frame, 1 and up, never used again */
	uint8_t mac[6];
	char preferred[MODEL_NAME_MAX + 1]; /* VIOS, or "" */
	struct model_profile profile;
};

struct model_client {
	char name[MODEL_NAME_MAX + 1];
	bool allow_unsealed; /* memory without F_SEAL_SHRINK is taken */
	size_t n_adapters;
	struct model_adapter adapters[MODEL_ADAPTERS_MAX];
};

struct model_vios {
	char name[MODEL_NAME_MAX + 1];
	uint32_t node_id;   /* Corosync nodeid */
	uint32_t memory_mb; /* of the data plane, 32 to 65536 */
	bool hugepages;
	uint32_t workers;		      /* netd's switching threads, 1 to 16 */
	char uplink_name[MODEL_NAME_MAX + 1]; /* "ent0" */
	/* of DPDK, e.g. "net_af_packet0,iface=up0" */
	char uplink_devargs[MODEL_DEVARGS_MAX + 1];
};

struct model_frame {
	char name[MODEL_NAME_MAX + 1];
	uint32_t hang_ms;	  /* default 50 */
	uint32_t last_resort_ms;  /* default 10000 */
	uint32_t kill_holdoff_ms; /* shortest time between two kills, default 60000 */
	size_t n_vios;
	struct model_vios vios[MODEL_VIOS_MAX];
	size_t n_clients;
	struct model_client *clients;
};

struct model_faults {
	size_t n; /* all that were found; only the first MODEL_FAULTS_MAX are kept */
	/* "clients[0].adapters[1].id: 7 is used twice; give every adapter an id of its own" */
	char text[MODEL_FAULTS_MAX][MODEL_FAULT_TEXT];
	size_t path_len[MODEL_FAULTS_MAX]; /* of the path before ": "; 0: it concerns the whole */
};

/* Names are 1 to MODEL_NAME_MAX of [A-Za-z0-9_-], beginning with a letter. */
bool model_name_valid(const char *name);

/* text: need not be terminated. 0 and *out (free with model_frame_free), or -EINVAL with faults
 * filled, or -ENOMEM. */
int model_frame_parse(
	const char *text, size_t len_bytes, struct model_frame **out, struct model_faults *faults);
void model_frame_free(struct model_frame *frame);

/* Borrowed, or NULL. */
const struct model_vios *model_frame_vios(const struct model_frame *frame, const char *name);
const struct model_client *model_frame_client(const struct model_frame *frame, const char *name);
const struct model_adapter *model_client_adapter(
	const struct model_client *client, const char *name);

#endif
