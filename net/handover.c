/* SPDX-License-Identifier: BSD-3-Clause */
/* handover.c - see handover.h. Pure; any worker's thread. */
#include "net/handover.h"

#include "net/trunk_ring.h"

uint32_t handover_stamp(uint64_t left_us)
{
	return (uint32_t)(left_us / 1000 & 0xFFF) << 16;
}

/* It left this side after it had left the other one, so it is going there again. */
static bool left_here_last(const struct handover_client *what)
{
	const uint32_t after = (handover_stamp(what->left_us) - what->flags) & TRUNK_STAMP;

	return what->left && !(what->flags & TRUNK_BACK) && after && after <= TRUNK_STAMP / 2;
}

enum handover handover_client(const struct handover_client *what, uint32_t *flags)
{
	*flags = 0;
	if (what->expected || ((what->flags & TRUNK_UNSERVED) && !left_here_last(what)))
		return HANDOVER_HOLD;
	if (!what->trunk || (what->by_trunk && !what->left))
		return HANDOVER_DROP;
	if (what->left)
		*flags = TRUNK_UNSERVED | (what->by_trunk ? TRUNK_BACK : 0) |
			 handover_stamp(what->left_us);
	return HANDOVER_OVER;
}

enum handover handover_uplink(uint32_t flags, bool left, uint32_t *over_flags)
{
	*over_flags = 0;
	if (!(flags & TRUNK_UNSERVED))
		return HANDOVER_DROP; /* the side that it comes from has sent it out */
	if ((flags & TRUNK_BACK) || !left)
		return HANDOVER_HOLD;
	*over_flags = TRUNK_UNSERVED | TRUNK_BACK;
	return HANDOVER_OVER;
}
