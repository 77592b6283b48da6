/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_link.h - one connection with the other VIOS's switch: the memory through which frames go,
 * and what wakes who sleeps. Edge: memory files, mbuf. The main thread makes and frees it; workers
 * use it in between.
 */
#ifndef VIOS_NET_TRUNK_LINK_H
#define VIOS_NET_TRUNK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/trunk_msg.h"
#include "net/trunk_ring.h"

#define TRUNK_LINK_FDS_MAX (1 + TRUNK_MSG_RINGS_MAX)

struct rte_mbuf;
struct rte_mempool;
struct trunk_link;

/* A ring a worker to put frames in. 0 or -errno. */
int trunk_link_new(unsigned n_workers, struct trunk_link **out);
void trunk_link_free(struct trunk_link *link);
/* What the other side is to be given: the memory file, an event descriptor a worker. Borrowed.
 * Returns how many. */
size_t trunk_link_fds(const struct trunk_link *link, int fds[TRUNK_LINK_FDS_MAX]);
/* What the other side has given; the descriptors are taken over, also on failure. 0 or -errno: the
 * memory is not what it should be. */
int trunk_link_join(struct trunk_link *link, const int *fds, size_t n_fds);
int trunk_link_wake_fd(const struct trunk_link *link, unsigned worker);
/* The other side has broken the rules: to be closed. */
bool trunk_link_broken(const struct trunk_link *link);

/* Data path; worker: the caller's number. */
/* Copies them; *bytes grows by what went. Returns how many went. */
unsigned trunk_link_tx(struct trunk_link *link, unsigned worker, struct rte_mbuf **frames,
	const uint32_t *edits, unsigned n, uint64_t *bytes);
/* What the other side says of a frame (TRUNK_FLAGS) is in its hash.usr.
 * *stale: the first so many of them were put before this side had the trunk. *oversize grows. */
unsigned trunk_link_rx(struct trunk_link *link, unsigned worker, struct rte_mempool *pool,
	struct rte_mbuf **frames, unsigned n, unsigned *stale, uint64_t *oversize);
void trunk_link_arm(struct trunk_link *link, unsigned worker);
bool trunk_link_waiting(const struct trunk_link *link, unsigned worker);

#endif
