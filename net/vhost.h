/* SPDX-License-Identifier: BSD-3-Clause */
/* vhost.h - the vhost-user sockets of netd, one a client adapter, and the devices behind them.
 * Edge: rte_vhost. */
#ifndef VIOS_NET_VHOST_H
#define VIOS_NET_VHOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vios-core/vhostuser/guest_mem.h"
#include "net/split_ring.h"

/* What happens at a socket. All are called from rte_vhost's one thread, down also from
 * vhost_close(). */
struct vhost_events {
	void (*connected)(unsigned slot, bool connected);
	/* Its rings are set up and started; stays so until down. */
	void (*up)(unsigned slot, int vid);
	/* Returns only when nobody touches the rings any more, and each ring's place is saved.
	 * for_good: not only while a message is handled. May be called for a device that is down.
	 */
	void (*down)(unsigned slot, int vid, bool for_good);
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

/* The thread that hears the sockets' messages; 0: no socket has been opened yet. */
pid_t vhost_thread(void);

/* Of a device that is up. */
unsigned vhost_pairs(int vid);
uint64_t vhost_features(int vid);		      /* as agreed on */
int vhost_memory_get(int vid, struct guest_mem *out); /* 0 or -ENOENT */
/* -ENOENT: not set up, or not enabled. */
int vhost_ring_get(int vid, unsigned ring, struct split_ring_setup *out);
/* Where to go on, now that nobody works the ring: what GET_VRING_BASE answers. */
void vhost_ring_save(int vid, unsigned ring, uint16_t next_avail, uint16_t next_used);
/* Duplicates of the ring's descriptors, or -ENOENT. */
int vhost_kick_dup(int vid, unsigned ring);
int vhost_call_dup(int vid, unsigned ring);

#endif
