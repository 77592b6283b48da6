/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge.h - one worker's half of the switch: takes bursts in, decides, and delivers. Edge: mbuf.
 */
#ifndef VIOS_NET_BRIDGE_H
#define VIOS_NET_BRIDGE_H

#include "net/held.h"
#include "net/ingress.h"
#include "net/limit.h"
#include "net/pacer.h"
#include "net/plane.h"
#include "net/share.h"

#define BRIDGE_BURST 32
#define BRIDGE_TX_MAX 64

struct rte_mbuf;

struct bridge_tx { /* frames on their way to one port */
	uint16_t n;
	uint16_t pair[BRIDGE_TX_MAX]; /* of a client; of the uplink: share.h */
	uint32_t edit[BRIDGE_TX_MAX]; /* of its tag, on its way into a client's ring or the trunk */
	struct rte_mbuf *frame[BRIDGE_TX_MAX];
};

/* Owned by one worker; others only read stats. */
struct bridge {
	struct plane *plane;
	unsigned worker;
	uint32_t serving;
	unsigned n_uplinks;
	struct uplink *uplink[PORT_UPLINKS]; /* NULL: not there, or not now */
	struct trunk_link *trunk;
	struct ingress ingress; /* time, rules and live ports as they were when the round began */
	uint32_t expected;	/* plane->expected, as it was when last looked at */
	struct held held;
	struct pacer pacer; /* of announcements */
	struct limit limit;
	struct share share[PORT_UPLINKS];
	uint32_t traced;	/* plane->traced, as it was when the round began */
	uint32_t over;		/* TRUNK_FLAGS of what goes over the trunk now */
	uint16_t source;	/* where the frames come from that are handled now */
	struct portset waiting; /* ports with frames in tx */
	struct bridge_tx tx[PORT_COUNT];
	struct port_stats stats[PORT_COUNT];
};

void bridge_init(struct bridge *bridge, struct plane *plane, unsigned worker, uint64_t now_us);
/* Begins a round: learns which ports are live. */
void bridge_begin(struct bridge *bridge, uint64_t now_us);
/* Each takes one burst, if there is one, and delivers it. Returns how many frames came in, or 1 if
 * there will be more to do in a moment. */
unsigned bridge_poll_client(struct bridge *bridge, uint16_t port_number);
unsigned bridge_poll_uplinks(struct bridge *bridge);
unsigned bridge_poll_trunk(struct bridge *bridge);

/* An announcement or a probe, to an uplink that is there. Takes it over. */
void bridge_to_uplink(struct bridge *bridge, uint16_t port_number, struct rte_mbuf *m);

/* Asks the client for kicks; bridge_waiting() after a full memory barrier tells what came before it
 * heard. */
void bridge_arm(struct bridge *bridge, uint16_t port_number);
bool bridge_waiting(struct bridge *bridge, uint16_t port_number);
/* Something waits for time to pass: sleep for a millisecond at most. */
bool bridge_hurries(const struct bridge *bridge);

#endif
