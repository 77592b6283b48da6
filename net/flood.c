/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token bucket over copies of flooded frames: one broadcast frame becomes as many copies as there
 * are live clients, so frames alone would be the wrong unit. The worker that owns the bucket runs
 * it; time is passed in.
 */
#include "net/flood.h"

/* One copy is a million units, so that copies_per_s units come in each microsecond without
 * rounding. */
#define FLOOD_SCALE UINT64_C(1000000)

void flood_init(struct flood *flood, uint32_t copies_per_s, uint32_t burst_copies, uint64_t now_us)
{
	flood->last_us = now_us;
	flood->copies_per_s = copies_per_s;
	flood->burst_copies = burst_copies;
	flood->tokens = burst_copies * FLOOD_SCALE;
}

static void refill(struct flood *flood, uint64_t now_us)
{
	uint64_t full = flood->burst_copies * FLOOD_SCALE;
	uint64_t passed_us;

	if (now_us <= flood->last_us)
		return;
	passed_us = now_us - flood->last_us;
	flood->last_us = now_us;
	/* A pause of an hour must not overflow the product. */
	if (flood->copies_per_s && passed_us > full / flood->copies_per_s)
		flood->tokens = full;
	else
		flood->tokens += passed_us * flood->copies_per_s;
	if (flood->tokens > full)
		flood->tokens = full;
}

bool flood_take(struct flood *flood, unsigned copies, uint64_t now_us)
{
	if (copies <= 1)
		return true;
	refill(flood, now_us);
	if (flood->tokens < copies * FLOOD_SCALE)
		return false;
	flood->tokens -= copies * FLOOD_SCALE;
	return true;
}
