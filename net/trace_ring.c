/* SPDX-License-Identifier: BSD-3-Clause */
/* trace_ring.c - see trace_ring.h. Pure; two threads, each with an index of its own. */
#include "net/trace_ring.h"

#include <string.h>

bool trace_put(
	struct trace_ring *ring, uint64_t time_ns, const struct trace_piece *pieces, unsigned n)
{
	const uint32_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	struct trace_slot *slot = &ring->slot[put % TRACE_SLOTS];
	uint32_t kept = 0, whole = 0;

	/* acquire: who takes has read the slot before it is written again */
	if (put - atomic_load_explicit(&ring->taken, memory_order_acquire) == TRACE_SLOTS) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		size_t room = TRACE_KEPT_MAX - kept, some = pieces[i].n < room ? pieces[i].n : room;

		memcpy(slot->bytes + kept, pieces[i].bytes, some);
		kept += (uint32_t)some;
		whole += (uint32_t)pieces[i].n;
	}
	slot->time_ns = time_ns;
	slot->len_bytes = whole;
	slot->kept = kept;
	atomic_store_explicit(&ring->put, put + 1, memory_order_release);
	return true;
}

const struct trace_slot *trace_next(const struct trace_ring *ring)
{
	const uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	if (taken == atomic_load_explicit(&ring->put, memory_order_acquire))
		return NULL;
	return &ring->slot[taken % TRACE_SLOTS];
}

void trace_took(struct trace_ring *ring)
{
	atomic_store_explicit(&ring->taken,
		atomic_load_explicit(&ring->taken, memory_order_relaxed) + 1, memory_order_release);
}
