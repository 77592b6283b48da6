/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ingress.h - the whole decision over a frame that came in: its header, its length, its VLAN and
 * addresses, and what its adapter may flood. Pure; allocates nothing; bounded. One worker owns a
 * struct ingress.
 */
#ifndef VIOS_NET_INGRESS_H
#define VIOS_NET_INGRESS_H

#include "net/confine.h"
#include "net/flood.h"
#include "net/forward.h"
#include "net/neigh.h"

/* For so long after an adapter came here, its frames on the uplink are what the other VIOS sent. */
#define INGRESS_FRESH_US 1000000

struct ingress {
	struct forward_by by;
	uint64_t now_us;
	uint64_t fresh_until_us;
	struct flood flood;
	struct storm storm[PORT_COUNT];
	struct snoop *snoop;   /* of all workers; NULL: groups are not confined */
	struct neigh *neigh;   /* of all workers; NULL: nobody wants to know */
	struct probe_ear *ear; /* of each uplink; likewise */
};

struct ingress_frame {
	const uint8_t *bytes; /* the first len_bytes of it */
	size_t len_bytes;
	size_t whole_bytes;
	size_t most_bytes; /* what the adapter's MTU allows; SIZE_MAX: no matter */
	bool sent;	   /* frame.h */
};

void ingress_init(struct ingress *in, uint64_t now_us);
/* Begins a round. live: those that may take frames now. */
void ingress_begin(
	struct ingress *in, const struct rules *rules, const struct portset *live, uint64_t now_us);
/* *frame: what it is, unless it is a runt; *out: where it goes. *pruned: it was to be flooded, but
 * its adapter has flooded enough; it goes where addresses that nobody knows are, out. */
void ingress_decide(struct ingress *in, uint16_t in_port, const struct ingress_frame *what,
	struct frame *frame, struct forward *out, bool *pruned);

#endif
