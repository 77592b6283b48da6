/* SPDX-License-Identifier: BSD-3-Clause */
/* forward.h - where a frame goes: frame, rules, table -> ports, or the reason why it goes nowhere.
 * Pure. */
#ifndef VIOS_NET_FORWARD_H
#define VIOS_NET_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "net/drop.h"
#include "net/fdb.h"
#include "net/flood.h"
#include "net/frame.h"
#include "net/portset.h"
#include "net/rules.h"

/* What decisions are made by; the same for all frames of a round. */
struct forward_by {
	struct fdb *fdb;
	const struct rules *rules;
	struct portset live;  /* ports that may take frames now, uplink and trunk among them while
				 they are there */
	struct portset fresh; /* those that have been so for a moment only */
	uint32_t now_s;
};

struct forward {
	enum drop reason; /* DROP_NONE: forward it */
	uint16_t charged; /* on a drop: the port whose counter it is */
	uint16_t over;	  /* with DROP_NOT_LIVE, unless it may be held for `charged`, where the
			     frame goes instead; or PORT_NONE */
	bool unsent;   /* it would also leave by an uplink, which in its VLAN this side does not use
			*/
	uint16_t vlan; /* the one that it is in; 0: dropped before that was known */
	uint16_t port; /* the one destination, or PORT_NONE: set holds them */
	enum flood_kind kind; /* of set */
	struct portset set;
};

/*
 * in_port: where the frame came in. Learns the source address. *out is filled; of set and kind only
 * when port is PORT_NONE.
 */
void forward_frame(const struct forward_by *by, const struct frame *frame, uint16_t in_port,
	struct forward *out);

#endif
