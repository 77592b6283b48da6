/* SPDX-License-Identifier: BSD-3-Clause */
/* urgency.c - see urgency.h. Any thread; the caller owns what it passes. */
#include "vios-core/base/urgency.h"

bool urgency_step(struct urgency *u, uint64_t now_ns, uint64_t cpu_ns)
{
	if (u->begin_ns == 0 || now_ns - u->begin_ns >= URGENCY_WINDOW_NS)
		*u = (struct urgency){.begin_ns = now_ns, .cpu_ns = cpu_ns};
	if (cpu_ns - u->cpu_ns > URGENCY_SPEND_NS)
		u->spent = true;
	return !u->spent;
}

uint64_t urgency_back_ns(const struct urgency *u)
{
	return u->spent ? u->begin_ns + URGENCY_WINDOW_NS : UINT64_MAX;
}
