/* SPDX-License-Identifier: BSD-3-Clause */
/* stats.h - what is counted for each port. */
#ifndef VIOS_NET_STATS_H
#define VIOS_NET_STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include "net/drop.h"
#include "net/flood.h"

struct port_stats { /* writer: the worker that owns the array; relaxed: only sums are read */
	_Atomic uint64_t rx_packets, rx_bytes; /* taken from the client, or from the uplink */
	_Atomic uint64_t tx_packets, tx_bytes; /* given to it */
	_Atomic uint64_t rx_flood[FLOOD_KINDS],
		tx_flood[FLOOD_KINDS]; /* of them, what was flooded */
	_Atomic uint64_t pruned; /* to be flooded by it, but it had flooded enough: went out only */
	_Atomic uint64_t held_times,
		held_us;	 /* sending was over its rate, and waited in its ring */
	_Atomic uint64_t gathered; /* of those taken, what became part of longer frames */
	_Atomic uint64_t shared; /* its frames that waited for their turn at the uplink */
	_Atomic uint64_t drops[DROP_COUNT];
};

/* The writer is the only one, so no atomic addition is needed. */
static inline void stats_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

/* The same, summed up over all workers. */
struct port_sums {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_flood[FLOOD_KINDS], tx_flood[FLOOD_KINDS], pruned;
	uint64_t held_times, held_us, gathered, shared;
	uint64_t drops[DROP_COUNT];
};

#endif
