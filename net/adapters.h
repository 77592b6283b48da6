/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapters.h - the client adapters of this netd: which are configured, and which the workers may
 * touch.
 *
 * Thread-safe: the main thread configures, starts, releases and reads; rte_vhost's event thread
 * reports devices.
 */
#ifndef VIOS_NET_ADAPTERS_H
#define VIOS_NET_ADAPTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/gate.h"
#include "net/plane.h"
#include "net/rates.h"

#define ADAPTER_NAME_MAX 63 /* CLIENT/ADAPTER */
#define ADAPTER_SOCKET_MAX 107

struct adapter_rules {
	uint16_t pvid;
	uint16_t n_vlans;
	uint16_t vlans[RULES_CLIENT_VLANS_MAX];
	bool own_mac_only;
	uint32_t storm_per_s;
	struct guard guard; /* zero beyond its list */
	struct rates rates;
};

struct adapter_config {
	char name[ADAPTER_NAME_MAX + 1];
	char socket[ADAPTER_SOCKET_MAX + 1];
	uint32_t id;
	uint8_t mac[6];
	uint16_t mtu;
	uint16_t queue_pairs;
	uint16_t ring_size;
	uint64_t virtio_features;
	struct adapter_rules rules; /* may change while it is served */
};

struct adapter_status {
	struct adapter_config config;
	bool connected;
	uint64_t started; /* the start under which its rings are served, 0: none */
	uint64_t start, released;
	enum gate_state state;
};

struct adapters;

/* plane: borrowed. One per process. changed_fd: an eventfd that becomes readable when a status has
 * changed. */
struct adapters *adapters_new(struct plane *plane, int changed_fd);
void adapters_free(struct adapters *adapters);

/* The slot (its port number), or -errno. -EALREADY: its name is still being removed; -EEXIST: name,
 * id, MAC or socket in use; -ENOSPC. *missing: bits of virtio_features that cannot be served. */
int adapters_add(struct adapters *adapters, const struct adapter_config *config, uint64_t *missing);
/* Takes it out of service and, in a thread of its own, closes its socket. */
void adapters_remove(struct adapters *adapters, unsigned slot);
/* Its slot, or -ENOENT. Not one that is being removed. */
int adapters_find(struct adapters *adapters, const char *name);
/* false: the slot is free or being removed. */
bool adapters_get(struct adapters *adapters, unsigned slot, struct adapter_status *out);

/* 0, -ENOENT, or -ESTALE: start is not above *released. */
int adapters_start(struct adapters *adapters, const char *name, uint64_t start, uint64_t *released);
/* Takes the adapter out of the workers' sets, unless a higher start was told. 0: nobody touches its
 * rings before a higher start; -EINPROGRESS: ask adapters_released() again. An adapter that is not
 * configured is nobody's. */
int adapters_release(struct adapters *adapters, const char *name, uint64_t start);
int adapters_released(struct adapters *adapters, const char *name, uint64_t start);

/* Its rules from now on; they hold when rulebook.c has published them. Whether they differ from
 * what they were. */
bool adapters_set_rules(
	struct adapters *adapters, unsigned slot, const struct adapter_rules *rules);

/* Asks the worker of a live adapter to announce its MAC address. */
void adapters_announce(struct adapters *adapters, unsigned slot);

#endif
