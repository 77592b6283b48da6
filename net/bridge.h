/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge.h - one worker's half of the switch: takes bursts in, decides, and delivers. Edge: mbuf.
 */
#ifndef VIOS_NET_BRIDGE_H
#define VIOS_NET_BRIDGE_H

#include "net/held.h"
#include "net/ingress.h"
#include "net/plane.h"

#define BRIDGE_BURST 32
#define BRIDGE_TX_MAX 64

struct rte_mbuf;

struct bridge_tx { /* frames on their way to one port */
	uint16_t n;
	uint16_t pair[BRIDGE_TX_MAX];
	uint32_t edit[BRIDGE_TX_MAX]; /* of its tag, on its way into a client's ring or the trunk */
	struct rte_mbuf *frame[BRIDGE_TX_MAX];
};

/* Owned by one worker; others only read stats. */
struct bridge {
	struct plane *plane;
	unsigned worker;
	uint32_t serving;
	struct uplink *uplink;
	struct trunk_link *trunk;
	struct ingress ingress; /* time, rules and live ports as they were when the round began */
	uint32_t expected;	/* plane->expected, as it was when last looked at */
	struct held held;
	struct portset waiting; /* ports with frames in tx */
	struct bridge_tx tx[PORT_COUNT];
	struct port_stats stats[PORT_COUNT];
};

void bridge_init(struct bridge *bridge, struct plane *plane, unsigned worker, uint64_t now_us);
/* Begins a round: learns which ports are live. */
void bridge_begin(struct bridge *bridge, uint64_t now_us);
/* Each takes one burst, if there is one, and delivers it. Returns how many frames came in. */
unsigned bridge_poll_client(struct bridge *bridge, uint16_t port_number);
unsigned bridge_poll_uplink(struct bridge *bridge);
unsigned bridge_poll_trunk(struct bridge *bridge);

/* Asks the client for kicks; bridge_waiting() after a full memory barrier tells what came before it
 * heard. */
void bridge_arm(struct bridge *bridge, uint16_t port_number);
bool bridge_waiting(struct bridge *bridge, uint16_t port_number);

#endif
