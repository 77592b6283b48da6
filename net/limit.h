/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * limit.h - the rates of client adapters (rules.h). What a client sends beyond its rate waits in
 * its ring; what it is to be given beyond its rate is dropped. Edge: mbuf. The worker's thread. To
 * be called only for ports of rules->limited_in and limited_out.
 */
#ifndef VIOS_NET_LIMIT_H
#define VIOS_NET_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/bucket.h"
#include "net/portset.h"

struct bridge;

/* Owned by one worker. All zero: nothing has been sent. */
struct limit {
	struct portset held; /* have frames, and may not send them yet */
	struct bucket in[PORT_CLIENTS];
	uint64_t since_us[PORT_CLIENTS];
	uint8_t first[PORT_CLIENTS]; /* the queue pair whose turn it is */
};

/* How many frames may be taken from the client now, at most `most`. 0: held, if it has some. */
unsigned limit_take(struct bridge *bridge, uint16_t port, unsigned most);
/* What has been taken. */
void limit_taken(struct bridge *bridge, uint16_t port, uint64_t bytes);
/* Whether the client may be given a frame of so many bytes now; counts it. */
bool limit_give(struct bridge *bridge, uint16_t port, uint32_t bytes);
/* The adapter has no rate any more. */
void limit_end(struct bridge *bridge, uint16_t port);
/* The queue pair to begin with: each in turn, so that none of them is left without. */
unsigned limit_first_pair(struct bridge *bridge, uint16_t port, unsigned pairs);

static inline bool limit_is_held(const struct limit *limit, uint16_t port)
{
	return portset_has(&limit->held, port);
}

#endif
