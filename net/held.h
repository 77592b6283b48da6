/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held.h - frames that wait for an adapter which is about to become live here. Pure.
 *
 * While an adapter moves here from the other VIOS, this side announces it first and holds what the
 * switch outside sends for it, so that nothing arrives at a side that has let go already. One
 * worker owns a struct held; first in, first out; bounded in number and time.
 */
#ifndef VIOS_NET_HELD_H
#define VIOS_NET_HELD_H

#include <stdbool.h>
#include <stdint.h>

#define HELD_MAX 512	  /* 50 ms of 10,000 frames a second */
#define HELD_MAX 512	  /* 50 ms of 10,000 frames a second */
#define HELD_FOR_US 40000 /* a move takes one or two milliseconds */

struct rte_mbuf;

struct held_frame {
	struct rte_mbuf *mbuf;
	uint64_t until_us;
	uint32_t adapter_id;
	uint32_t flow;
	uint32_t tag; /* frame.h */
	uint16_t vlan;
	uint16_t port;
	uint32_t over; /* what was live here and has left: goes over the trunk with these flags */
};

struct held {
	uint16_t first, n;
	struct held_frame frame[HELD_MAX];
};

/* false: full; the frame stays the caller's. */
bool held_put(struct held *held, const struct held_frame *frame);
/* Asks about each frame, the oldest first; gone() says whether it has taken it over. Those that
 * stay keep their order. */
void held_settle(
	struct held *held, bool (*gone)(const struct held_frame *frame, void *user), void *user);

#endif
