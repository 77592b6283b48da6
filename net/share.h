/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * share.h - frames on their way to the uplink. While it takes all, they go at once; what it does
 * not take, or may not yet by the SEA's own rate, waits, and goes by the clients' weights (drr.h).
 * Edge: mbuf. The worker's thread; each worker has its own.
 */
#ifndef VIOS_NET_SHARE_H
#define VIOS_NET_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/bucket.h"
#include "net/drr.h"

#define SHARE_OWN PORT_UPLINK /* in place of a client's port: made here */

struct bridge;
struct bridge_tx;

/* Of one uplink. All zero: nothing waits. */
struct share {
	struct drr drr;
	struct portset waiting; /* ports that may have frames in it */
	struct bucket bucket;	/* of the uplink's rate */
	uint64_t progress_us;	/* when the uplink took something, or nothing waited */
	bool stalled;		/* it has not for so long that nothing waits for it any more */
};

/* uplink: from 0 on. Takes over all of tx; tx->pair[] is the port that each came from, SHARE_OWN:
 * in a hurry. */
void share_flush(struct bridge *bridge, unsigned uplink, struct bridge_tx *tx);
/* Once a round: sends what has its turn. */
void share_settle(struct bridge *bridge, unsigned uplink);
/* Nothing of this port waits any longer, at no uplink: it goes before others, or is lost. */
void share_hurry(struct bridge *bridge, uint16_t port);

static inline bool share_waits(const struct share *share)
{
	return share->drr.n > 0;
}

#endif
