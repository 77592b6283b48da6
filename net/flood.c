/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Token buckets over flooded frames. One bounds the copies that a worker makes: one broadcast frame
 * becomes as many as there are live clients in its VLAN, so frames alone would be the wrong unit.
 * The others bound what one adapter sends, whoever gets it. The worker that owns them runs it; time
 * is passed in.
 */
#include "net/flood.h"

/* What a quiet adapter may send at once: as much as in so long. */
#define STORM_BURST_MS 100
#define STORM_BURST_MIN 32

void flood_init(struct flood *flood, uint32_t copies_per_s, uint32_t burst_copies, uint64_t now_us)
{
	flood->copies_per_s = copies_per_s;
	flood->burst_copies = burst_copies;
	flood->bucket = (struct bucket){.last_us = now_us, .tokens = UINT64_MAX}; /* full */
}

bool flood_take(struct flood *flood, unsigned copies, uint64_t now_us)
{
	if (copies <= 1)
		return true;
	return bucket_take(
		&flood->bucket, flood->copies_per_s, flood->burst_copies, copies, now_us);
}

bool storm_take(struct storm *storm, enum flood_kind kind, uint32_t frames_per_s, uint64_t now_us)
{
	uint32_t burst = (uint32_t)((uint64_t)frames_per_s * STORM_BURST_MS / 1000);

	if (!frames_per_s)
		return true;
	if (burst < STORM_BURST_MIN)
		burst = STORM_BURST_MIN;
	return bucket_take(&storm->bucket[kind], frames_per_s, burst, 1, now_us);
}
