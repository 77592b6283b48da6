/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * urgency.h - how long a process may stay ahead of all others: as long as it does next to nothing.
 * Pure: times are passed in, in nanoseconds.
 */
#ifndef VIOS_BASE_URGENCY_H
#define VIOS_BASE_URGENCY_H

#include <stdbool.h>
#include <stdint.h>

#define URGENCY_WINDOW_NS UINT64_C(1000000000)
#define URGENCY_SPEND_NS UINT64_C(50000000) /* of CPU time, in a window */

/* All zero: urgent, nothing spent. */
struct urgency {
	uint64_t begin_ns, cpu_ns; /* both at the window's begin */
	bool spent;
};

/*
 * now_ns: any monotonic clock; cpu_ns: the CPU time of the process so far. Whether it is urgent
 * until the next call: not for the rest of a window in which it has used more than
 * URGENCY_SPEND_NS. A window begins with the first call after the last one's end.
 */
bool urgency_step(struct urgency *u, uint64_t now_ns, uint64_t cpu_ns);
/* When it may be urgent again; UINT64_MAX while it is. */
uint64_t urgency_back_ns(const struct urgency *u);

#endif
