/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_inflight.h - how the region of requests in flight is laid out (vhost-user, "Inflight I/O
 * tracking", split virtqueues), and the one shape in which a mux keeps it. Pure.
 */
#ifndef VIOS_VHOSTUSER_VU_INFLIGHT_H
#define VIOS_VHOSTUSER_VU_INFLIGHT_H

#include "vios-core/vhostuser/vu_payload.h"

#define VU_INFLIGHT_ALIGN 64
#define VU_INFLIGHT_HEADER_BYTES 16
#define VU_INFLIGHT_ENTRY_BYTES 16

/* Behind all parts, for each entry of each queue: what a target keeps of a command that must not be
 * done twice (storage/outcome.h). */
#define VU_OUTCOME_ENTRY_BYTES 32

/* Bytes of the part of one queue with so many entries; the parts follow one another. */
static inline uint64_t vu_inflight_part_bytes(uint16_t size)
{
	return (VU_INFLIGHT_HEADER_BYTES + (uint64_t)size * VU_INFLIGHT_ENTRY_BYTES +
		       VU_INFLIGHT_ALIGN - 1) /
	       VU_INFLIGHT_ALIGN * VU_INFLIGHT_ALIGN;
}

/* Large enough for any profile, so that the parts stay where they are when a profile changes. What
 * is never used takes no memory. */
#define VU_INFLIGHT_KEPT_SIZE 1024 /* model_profile.ring_size at most */

static inline struct vu_inflight vu_inflight_kept(void)
{
	return (struct vu_inflight){
		.mmap_size = VU_RINGS_MAX * (vu_inflight_part_bytes(VU_INFLIGHT_KEPT_SIZE) +
						    VU_INFLIGHT_KEPT_SIZE * VU_OUTCOME_ENTRY_BYTES),
		.n_queues = VU_RINGS_MAX,
		.queue_size = VU_INFLIGHT_KEPT_SIZE,
	};
}

#endif
