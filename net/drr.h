/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drr.h - frames that wait for the uplink, and whose turn it is: deficit round robin by weight over
 * the ports that they came from (Shreedhar and Varghese, 1995). Pure: the frames are only pointers
 * here. One worker owns a struct drr; bounded; all zero is empty.
 */
#ifndef VIOS_NET_DRR_H
#define VIOS_NET_DRR_H

#include <stdbool.h>
#include <stdint.h>

#include "net/portset.h"

#define DRR_FRAMES 256	  /* wait at most, of all ports: 3 ms of a gigabit a second */
#define DRR_QUEUE_LEAST 4 /* each port may have so many, whatever its share */
#define DRR_RESERVE 16	  /* for those that have fewer */
#define DRR_QUANTUM 512	  /* bytes a turn, for each unit of weight */
#define DRR_WEIGHT_MAX 100
#define DRR_WEIGHT_DEFAULT 10

struct rte_mbuf;

struct drr_frame {
	struct rte_mbuf *mbuf;
	uint32_t bytes;
	uint16_t port;
	uint16_t next; /* one above its index; 0: none */
};

struct drr_queue {
	uint16_t first, last, n; /* one above the index */
	uint8_t weight;
	bool on;    /* in the ring */
	bool begun; /* has got this turn's quantum */
	uint64_t deficit;
	uint16_t next; /* port; the ring */
};

struct drr {
	uint16_t n;	     /* frames */
	uint16_t used;	     /* frames that have been used ever: the rest is free, too */
	uint16_t unused;     /* list of free ones, one above the index */
	uint16_t turn, tail; /* ring of the ports that have frames; of use while there are some */
	uint16_t ports;
	struct drr_queue queue[PORT_COUNT];
	struct drr_frame frame[DRR_FRAMES];
};

/* weight: 1 to DRR_WEIGHT_MAX. false: the port has its share of the room already; the frame stays
 * the caller's. */
bool drr_put(struct drr *drr, uint16_t port, uint8_t weight, struct rte_mbuf *mbuf, uint32_t bytes);
/* The next frames, at most `most` and max_bytes together. Returns how many. */
unsigned drr_take(struct drr *drr, struct drr_frame *out, unsigned most, uint64_t max_bytes);
/* The last n of those that were taken last come first again, with what they cost. */
void drr_give_back(struct drr *drr, const struct drr_frame *taken, unsigned n);
/* All that waits of one port, the oldest first, whoever's turn it is. */
unsigned drr_take_port(struct drr *drr, uint16_t port, struct drr_frame *out, unsigned most);

#endif
