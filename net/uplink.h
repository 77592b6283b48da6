/* SPDX-License-Identifier: BSD-3-Clause */
/* uplink.h - the port to the outside: any DPDK ethdev. Edge: ethdev, EAL hotplug. */
#ifndef VIOS_NET_UPLINK_H
#define VIOS_NET_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/aggregate.h"

#define UPLINK_QUEUES_MAX 16
#define UPLINK_NAME_MAX 31
#define UPLINK_DEVARGS_MAX 255

struct bond;
struct rte_mbuf;
struct rte_mempool;
struct uplink;

struct uplink_config {
	char name[UPLINK_NAME_MAX + 1];
	char devargs[UPLINK_DEVARGS_MAX + 1]; /* of an aggregation: shown, no more */
	struct aggregate_config aggregate;
};

/* Probes and starts it for so many workers. frame_max_bytes: the longest frame to expect; shared:
 * packet memory to use unless such frames need more room. On failure -errno, and why[] holds a
 * sentence that names the devargs. Main thread. */
int uplink_open(const struct uplink_config *config, unsigned n_workers, size_t frame_max_bytes,
	struct rte_mempool *shared, struct uplink **out, char *why, size_t why_size);
/* No worker uses it any more. */
void uplink_close(struct uplink *uplink);

const struct uplink_config *uplink_config(const struct uplink *uplink);
/* The kernel's interface below it, or 0. */
unsigned uplink_ifindex(const struct uplink *uplink);
uint64_t uplink_mac(const struct uplink *uplink); /* frame.h; 0: its driver has none */
/* What the driver says; true for drivers that cannot say. */
bool uplink_link_is_up(const struct uplink *uplink);

/* Of an aggregation, else NULL. */
struct bond *uplink_bond(const struct uplink *uplink);
/* Its members are others now, or one beside it is closed: finds its descriptors. No worker uses it
 * meanwhile. */
void uplink_members_changed(struct uplink *uplink);
/* Somebody must call uplink_tick() at least every 100 ms: 802.3ad's messages go that way. */
bool uplink_ticks(const struct uplink *uplink);

/* OFFLOAD_*: what its driver does to frames. */
unsigned uplink_can(const struct uplink *uplink);

/* The descriptors that are readable when a worker's queues have frames. Returns how many, at most
 * max; *complete: sleeping on them alone misses nothing. */
size_t uplink_wake_fds(
	const struct uplink *uplink, unsigned worker, int *fds, size_t max, bool *complete);

/* Data path; worker: the caller's number. Frames that were not sent stay the caller's. */
uint16_t uplink_rx(struct uplink *uplink, unsigned worker, struct rte_mbuf **frames, uint16_t n);
uint16_t uplink_tx(struct uplink *uplink, unsigned worker, struct rte_mbuf **frames, uint16_t n);
void uplink_tick(struct uplink *uplink, unsigned worker);

#endif
