/* SPDX-License-Identifier: BSD-3-Clause */
/* deadline.h - points in time of which the first counts; 0: none. Pure. */
#ifndef VIOS_BASE_DEADLINE_H
#define VIOS_BASE_DEADLINE_H

#include <stdint.h>

static inline uint64_t deadline_sooner(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns == 0 || (b_ns != 0 && b_ns < a_ns) ? b_ns : a_ns;
}

#endif
