/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pacer.h - when each announcement goes out: the first of each adapter at once, the rest in turns
 * and at a rate, so that a VIOS that takes over hundreds does not flood the switch outside. Pure:
 * time is passed in; one owner.
 */
#ifndef VIOS_NET_PACER_H
#define VIOS_NET_PACER_H

#include "net/bucket.h"
#include "net/portset.h"

#define PACER_PER_S 4000 /* frames, of all workers together */
#define PACER_BURST 32

struct pacer { /* all zero: nothing to do */
	struct bucket bucket;
	struct portset due;
	uint16_t last; /* the port that had its turn last */
	struct {
		uint64_t mac; /* as it was when asked for */
		uint16_t next;
		bool again;
	} job[PORT_CLIENTS];
};

/* All frames of the adapter are to go out: number 0 now, whatever the rate, which it counts for. If
 * a round is under way, the rest goes out once more after it. */
void pacer_want(struct pacer *pacer, uint16_t port, uint64_t mac, uint64_t now_us);
/* Whose frame goes out now, and which (*index); PORT_NONE: nobody's. */
uint16_t pacer_next(struct pacer *pacer, uint32_t per_s, uint64_t now_us, unsigned *index);
/* The adapter has no such frame: the round is over. */
void pacer_done(struct pacer *pacer, uint16_t port);
/* The adapter is not announced any more. */
void pacer_drop(struct pacer *pacer, uint16_t port);
bool pacer_busy(const struct pacer *pacer);

#endif
