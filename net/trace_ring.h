/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace_ring.h - copies of frames on their way from one worker to the thread that writes them down.
 * Pure. One thread puts, one takes; neither ever waits: what finds no room is counted and lost. All
 * zero is empty.
 */
#ifndef VIOS_NET_TRACE_RING_H
#define VIOS_NET_TRACE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_SLOTS 512
#define TRACE_KEPT_MAX 2048 /* of each frame */

struct trace_slot {
	uint64_t time_ns;
	uint32_t len_bytes; /* of the whole frame */
	uint32_t kept;
	uint8_t bytes[TRACE_KEPT_MAX];
};

struct trace_ring {
	_Alignas(64) _Atomic uint32_t put;   /* writer: who puts */
	_Atomic uint64_t lost;		     /* the same */
	_Alignas(64) _Atomic uint32_t taken; /* writer: who takes */
	struct trace_slot slot[TRACE_SLOTS];
};

struct trace_piece {
	const void *bytes;
	size_t n;
};

/* false: there was no room. */
bool trace_put(
	struct trace_ring *ring, uint64_t time_ns, const struct trace_piece *pieces, unsigned n);
/* The oldest, or NULL. It stays valid until trace_took(). */
const struct trace_slot *trace_next(const struct trace_ring *ring);
void trace_took(struct trace_ring *ring);

#endif
