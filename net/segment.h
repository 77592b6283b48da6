/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment.h - what offload.h decides, done to packet buffers. A wish that has been checked is kept
 * in the buffer's own fields (ol_flags, l2_len, l3_len, l4_len, tso_segsz), where drivers look for
 * it. Edge: mbuf, rte_gso. Each function is the calling worker's.
 */
#ifndef VIOS_NET_SEGMENT_H
#define VIOS_NET_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "net/offload.h"

struct rte_mempool;

struct segment_pools {
	struct rte_mempool *frames;	/* the plane's */
	struct rte_mempool *references; /* buffers without bytes: payload stays where it is */
};

/* 0 or -ENOMEM. frames: borrowed. */
int segment_init(struct segment_pools *pools, struct rte_mempool *frames);
void segment_fini(struct segment_pools *pools);

/* m's sender asks for this. A checksum that only a client could make is made at once. */
void segment_mark(struct rte_mbuf *m, const struct offload *offload);
/* What segment_mark() has left, for the next driver. */
void segment_asked(const struct rte_mbuf *m, struct offload *out);

/* So many bytes were put in before the IP header, or taken away. */
static inline void segment_moved(struct rte_mbuf *m, int bytes)
{
	if (m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG))
		m->l2_len = (unsigned)(m->l2_len + bytes) & 0x7F; /* 7 bits; 26 at most */
}

/* Something is left to do for m. */
static inline bool segment_asks(const struct rte_mbuf *m)
{
	return m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG);
}

static inline bool segment_is_long(const struct rte_mbuf *m)
{
	return m->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
}

/* The longest frame that m is on a wire. */
static inline uint32_t segment_wire_bytes(const struct rte_mbuf *m)
{
	if (!segment_is_long(m))
		return rte_pktmbuf_pkt_len(m);
	return (uint32_t)(m->l2_len + m->l3_len + m->l4_len + m->tso_segsz);
}

/* Finishes the checksum of a frame that is in one piece on the wire; nobody else has it. */
void segment_finish(struct rte_mbuf *m);

/* What to send instead of m to somebody who can do `can` (OFFLOAD_*): at most OFFLOAD_SEGMENTS_MAX
 * frames. Takes over a reference to m. Returns how many, or -ENOBUFS: m is gone. */
int segment_for(
	const struct segment_pools *pools, struct rte_mbuf *m, unsigned can, struct rte_mbuf **out);

#endif
