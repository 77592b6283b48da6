/* SPDX-License-Identifier: BSD-3-Clause */
/* vport.h - frames between packet buffers and the rings of one client. Edge: mbuf, eventfd. */
#ifndef VIOS_NET_VPORT_H
#define VIOS_NET_VPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_spinlock.h>

#include "net/drop.h"
#include "net/frame.h"
#include "vios-core/vhostuser/guest_mem.h"
#include "net/split_ring.h"

#define VPORT_PAIRS_MAX 8

struct rte_mbuf;
struct rte_mempool;

struct vport_ring {
	struct split_ring ring;
	bool in_use;
	int call_fd; /* or -1 */
};

/* Written by adapters.c while no worker has it, then by workers: from_client by the one that polls
 * it, to_client by all, one at a time. */
struct vport {
	int vid;
	unsigned n_pairs;
	bool shared;	   /* several workers: to_client needs its lock */
	uint32_t takes;	   /* bit n: the client takes frames on pair n */
	unsigned may, can; /* OFFLOAD_*: what it may ask for, what it takes from us */
	struct guest_mem mem;
	struct vport_ring from_client[VPORT_PAIRS_MAX];
	struct vport_ring to_client[VPORT_PAIRS_MAX];
	rte_spinlock_t lock[VPORT_PAIRS_MAX];
};

/* Looks everything up. Rings that are not set up or enabled stay out of use. */
void vport_open(struct vport *vport, int vid, unsigned pairs_max, bool shared);
/* Saves each ring's place. No worker has it any more. Again: does nothing. */
void vport_close(struct vport *vport);

/* Data path: the first thing that the polling worker does. */
void vport_greet(struct vport *vport);
/* Both add to drops[DROP_COUNT]. */
unsigned vport_take(struct vport *vport, unsigned pair, struct rte_mempool *pool,
	struct rte_mbuf **frames, unsigned n, uint64_t *drops);
/* edits: what becomes of each frame's tag (frame.h). Adds the bytes given; the frames stay the
 * caller's, as they are. Returns how many were given. */
unsigned vport_give(struct vport *vport, unsigned pair, struct rte_mbuf **frames,
	const uint32_t *edits, unsigned n, uint64_t *bytes, uint64_t *drops);
void vport_want_kicks(struct vport *vport, unsigned pair, bool kicks);
bool vport_waiting(struct vport *vport, unsigned pair);

#endif
