/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_payload.h - payloads of QEMU's vhost-user specification, decoded (names of its sections in
 * quotes). They are never laid over wire bytes.
 */
#ifndef VIOS_VHOSTUSER_VU_PAYLOAD_H
#define VIOS_VHOSTUSER_VU_PAYLOAD_H

#include "vios-core/vhostuser/vu_proto.h"

/* "A single memory region description" */
struct vu_region {
	uint64_t guest_addr;
	uint64_t size_bytes;
	uint64_t user_addr;
	uint64_t mmap_offset;
};

struct vu_mem_table {
	uint32_t n_regions;
	struct vu_region region[VU_REGIONS_MAX];
};

/* "A vring state description" */
struct vu_vring_state {
	uint32_t index;
	uint32_t num; /* NUM: entries; BASE: next available index; ENABLE: 0 or 1 */
};

/* "A vring address description"; addresses are the front end's own ("user") addresses */
#define VU_VRING_F_LOG 0x1u
struct vu_vring_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc;
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

/* "u64" of SET_VRING_KICK, CALL and ERR: bits 0-7 the ring, bit 8: no descriptor comes */
#define VU_VRING_INDEX_MASK 0xffu
#define VU_VRING_NO_FD 0x100u

/* "Inflight description" */
struct vu_inflight {
	uint64_t mmap_size;
	uint64_t mmap_offset;
	uint16_t n_queues;
	uint16_t queue_size;
};

#endif
