/* SPDX-License-Identifier: BSD-3-Clause */
/* rules_rate.h - what a port may carry. Pure. */
#ifndef VIOS_NET_RULES_RATE_H
#define VIOS_NET_RULES_RATE_H

#include <stdint.h>

#define RULES_KBIT_MAX 32000000 /* bytes a second fit in 32 bits */
#define RULES_KIB_MAX 1048576

struct rules_rate {
	uint32_t bytes_per_s; /* 0: no limit */
	uint32_t burst_bytes; /* what may pass at once after a pause */
};

/* A rate in kbit a second and a burst in KiB as bytes. burst_kib 0: as much as in 10 ms; at least
 * what comes in 4 ms, and three of the longest frames. */
struct rules_rate rules_rate(uint32_t kbit_per_s, uint32_t burst_kib);

#endif
