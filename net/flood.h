/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flood.h - bounds what broadcast and unknown destinations may cost, and what one adapter may send
 * of them (storm control). Pure; one worker owns each.
 */
#ifndef VIOS_NET_FLOOD_H
#define VIOS_NET_FLOOD_H

#include "net/bucket.h"

struct flood {
	struct bucket bucket;
	uint32_t copies_per_s;
	uint32_t burst_copies;
};

void flood_init(struct flood *flood, uint32_t copies_per_s, uint32_t burst_copies, uint64_t now_us);
/* Whether a frame may go out in so many copies now; takes them if so. A single copy is never
 * refused: it costs no more than a known destination. now_us may stand still or step back. */
bool flood_take(struct flood *flood, unsigned copies, uint64_t now_us);

enum flood_kind { FLOOD_BROADCAST, FLOOD_MULTICAST, FLOOD_UNKNOWN, FLOOD_KINDS };

/* What one adapter sends; begins as all zero. */
struct storm {
	struct bucket bucket[FLOOD_KINDS]; /* apart: a storm of broadcasts leaves IPv6 its groups */
};

/* Whether the adapter may send one more frame of this kind; frames_per_s 0: always. */
bool storm_take(struct storm *storm, enum flood_kind kind, uint32_t frames_per_s, uint64_t now_us);

#endif
