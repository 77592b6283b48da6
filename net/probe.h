/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe.h - asks hosts outside whether they are there: an ARP probe (RFC 5227 2.1.1) for an IPv4
 * address, a neighbour solicitation (RFC 4861 4.3) for an IPv6 address, and knows the answers. From
 * the uplink's own address, without a tag. Pure.
 */
#ifndef VIOS_NET_PROBE_H
#define VIOS_NET_PROBE_H

#include <stdatomic.h>

#include "net/frame.h"
#include "net/packet.h"

#define PROBE_TARGETS 8
#define PROBE_ARP_BYTES 60 /* the shortest Ethernet frame without its FCS */
#define PROBE_ND_BYTES (FRAME_HEADER_BYTES + 40 + 32)

/* Whom to ask, and as whom. Made once, then only read, by any thread. */
struct probe_table {
	uint64_t mac; /* the uplink's */
	uint16_t n;   /* 0: nobody is asked */
	struct ip target[PROBE_TARGETS];
};

/* Between who asks (the main thread) and the workers, who send and hear. */
struct probe_ear {
	_Atomic uint32_t due; /* bits of targets; set: main; cleared: the worker that sends */
	_Atomic uint64_t heard_us[PROBE_TARGETS]; /* the last answer; writers: workers; 0: main */
};

/* The probe of target i. Returns how many bytes. */
unsigned probe_frame(const struct probe_table *table, unsigned i, uint8_t out[PROBE_ND_BYTES]);

/* Whether a frame from the uplink may be an answer. (An ARP answer may be a broadcast, RFC 3927
 * 2.5.) */
static inline bool probe_cares(const struct probe_table *table, const struct frame *frame)
{
	return frame->ethertype == PACKET_TYPE_ARP ||
	       (frame->ethertype == PACKET_TYPE_IPV6 && frame->dst == table->mac);
}

/* bytes: the frame, hostile, whose header is *frame. The target that answers, or -1: it is no
 * answer to a probe. */
int probe_answer(const struct probe_table *table, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame);

#endif
