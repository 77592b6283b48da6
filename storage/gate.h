/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gate.h - may the rings of the adapter be touched? The mux numbers its starts: it tells one before
 * it starts rings, and releases it when it takes them away. Pure.
 */
#ifndef VIOS_STORAGE_GATE_H
#define VIOS_STORAGE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate {
	uint64_t start, released; /* the highest that were told */
};

static inline bool gate_open(const struct gate *g)
{
	return g->start > g->released;
}

/* False: start is not above the highest released one. */
static inline bool gate_start(struct gate *g, uint64_t start)
{
	if (start <= g->released)
		return false;
	if (start > g->start)
		g->start = start;
	return true;
}

static inline void gate_release(struct gate *g, uint64_t start)
{
	if (start > g->released)
		g->released = start;
}

#endif
