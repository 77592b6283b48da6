/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handover.h - what becomes of a frame that cannot be served here at the moment, because a client,
 * or the use of an uplink, is going over from one VIOS to the other. Pure.
 *
 * The two switches learn of it one after the other, and frames are under way over the trunk
 * meanwhile. One that comes to the old side too late goes back, once; one that comes to the new
 * side too early waits there. Of two frames that say of each other's side that it is the one, none
 * goes in a circle: what has come back never leaves by the trunk again.
 */
#ifndef VIOS_NET_HANDOVER_H
#define VIOS_NET_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

/* For so long after a client has left, or a VLAN's uplink, frames are passed on for a moment's
 * wait, and so long they wait at most. */
#define HANDOVER_US 200000

enum handover { HANDOVER_DROP, HANDOVER_HOLD, HANDOVER_OVER };

/* For a client that is not live here. */
struct handover_client {
	bool expected;	  /* it is about to be */
	bool left;	  /* it was, a moment ago ... */
	uint64_t left_us; /* ... till then; the clock is the host's: both sides have it */
	bool trunk;	  /* there is one */
	bool by_trunk;	  /* the frame has come by it */
	uint32_t flags;	  /* with which it has (trunk_ring.h), else 0 */
};

uint32_t handover_stamp(uint64_t left_us); /* within TRUNK_STAMP */
/* *flags: with HANDOVER_OVER, those with which it goes over the trunk. */
enum handover handover_client(const struct handover_client *what, uint32_t *flags);
/* It has come by the trunk, is for the uplink, too, and this side is not the primary. flags: with
 * which it came; left: this side was the primary a moment ago. */
enum handover handover_uplink(uint32_t flags, bool left, uint32_t *over_flags);

#endif
