/* SPDX-License-Identifier: BSD-3-Clause */
/* forward.h - where a frame goes: frame + table -> ports, or the reason why it goes nowhere. Pure.
 */
#ifndef VIOS_NET_FORWARD_H
#define VIOS_NET_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "net/fdb.h"
#include "net/frame.h"
#include "net/portset.h"

enum drop {
	DROP_NONE,
	DROP_RUNT,	  /* shorter than its headers */
	DROP_OVERSIZE,	  /* longer than the adapter's MTU allows */
	DROP_BAD_SOURCE,  /* source address is a group, zero, or in use elsewhere */
	DROP_RESERVED,	  /* to a link-local group that bridges do not forward (802.1Q table 8-1) */
	DROP_NOT_LIVE,	  /* from the uplink, to an adapter that is not live here */
	DROP_HAIRPIN,	  /* its destination is where it came from */
	DROP_NO_TARGET,	  /* no port to flood it to */
	DROP_FLOOD_LIMIT, /* too many copies of late */
	DROP_TX_FULL,	  /* the destination took no more */
	DROP_BROKEN_RING, /* the client's ring breaks the rules; it is not touched again */
	DROP_COUNT,
};

/* "runt", "not_live", ...: the name in `status`. */
const char *drop_name(enum drop reason);

struct forward {
	enum drop reason; /* DROP_NONE: forward it */
	uint16_t charged; /* on a drop: the port whose counter it is */
	uint16_t port;	  /* the one destination, or PORT_NONE: set holds them */
	struct portset set;
};

/*
 * in_port: where the frame came in. live: ports that may take frames now, the uplink among them
 * while it is there. Learns the source address. *out is filled; of set only when port is PORT_NONE.
 */
void forward_frame(struct fdb *fdb, const struct frame *frame, uint16_t in_port,
	const struct portset *live, uint32_t now_s, struct forward *out);

#endif
