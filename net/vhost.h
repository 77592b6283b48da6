/* SPDX-License-Identifier: BSD-3-Clause */
/* vhost.h - the vhost-user sockets of netd, one a client adapter. Edge: rte_vhost. */
#ifndef VIOS_NET_VHOST_H
#define VIOS_NET_VHOST_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/* What happens at a socket. All are called from rte_vhost's one thread. */
struct vhost_events {
	void (*connected)(unsigned slot, bool connected);
	/* Its rings are set up and started. */
	void (*up)(unsigned slot, int vid);
	/* Returns only when nobody touches the rings any more: rte_vhost then unmaps them. */
	void (*down)(unsigned slot, int vid);
	/* Called with rte_vhost's ring locks held: must not wait for a worker. */
	void (*ring)(unsigned slot, int vid, unsigned ring, bool enabled);
};

/* Once. events: borrowed for the life of the process. */
void vhost_init(const struct vhost_events *events);

/* ring_max: the most entries that a ring may have. virtio_features: bits to offer. *missing: those
 * of them that cannot be. Replaces a stale socket file. 0 or -errno. */
int vhost_open(unsigned slot, const char *path, unsigned ring_max, uint64_t virtio_features,
	uint64_t *missing);
/* Hangs up and removes the socket. Blocks for up to a second or so, and while workers touch the
 * rings. */
void vhost_close(unsigned slot, const char *path);

unsigned vhost_pairs(int vid);
/* How many frames may be given at a time to a device with the features that it has negotiated. */
unsigned vhost_tx_burst(int vid);
/* A duplicate of the ring's kick descriptor, or -errno. */
int vhost_kick_dup(int vid, unsigned ring);

/* Data path: the caller is a worker, and the device is live. */
uint16_t vhost_rx(
	int vid, unsigned pair, struct rte_mempool *pool, struct rte_mbuf **frames, uint16_t n);
uint16_t vhost_tx(int vid, unsigned pair, struct rte_mbuf **frames, uint16_t n, unsigned burst_max);
/* Whether the client kicks when it has frames for us. */
void vhost_arm(int vid, unsigned pair, bool kicks);
bool vhost_rx_waiting(int vid, unsigned pair);

#endif
