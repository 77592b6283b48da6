/* SPDX-License-Identifier: BSD-3-Clause */
/* flood.h - bounds what broadcast and unknown destinations may cost. Pure; one bucket a worker. */
#ifndef VIOS_NET_FLOOD_H
#define VIOS_NET_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

struct flood {
	uint64_t last_us;
	uint64_t tokens; /* copies, times FLOOD_SCALE */
	uint32_t copies_per_s;
	uint32_t burst_copies;
};

void flood_init(struct flood *flood, uint32_t copies_per_s, uint32_t burst_copies, uint64_t now_us);
/* Whether a frame may go out in so many copies now; takes them if so. A single copy is never
 * refused: it costs no more than a known destination. now_us may stand still or step back. */
bool flood_take(struct flood *flood, unsigned copies, uint64_t now_us);

#endif
