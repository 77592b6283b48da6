/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_ring.h - where a split virtqueue lies in the client's memory files (virtio 1.2 2.7). Pure.
 */
#ifndef VIOS_VHOSTUSER_VU_RING_H
#define VIOS_VHOSTUSER_VU_RING_H

#include "vios-core/vhostuser/vu_msg.h"

/* A piece of guest memory inside one region: bytes [offset, offset + len_bytes) of the region's
 * file. */
struct vu_span {
	uint32_t region; /* index into the memory table */
	uint64_t offset;
	uint64_t len_bytes;
};

struct vu_ring_layout {
	struct vu_span desc;
	struct vu_span avail;
	struct vu_span used;
};

/* Sizes of the three areas with event index fields (virtio 1.2 2.7.5 to 2.7.8). */
uint64_t vu_ring_desc_bytes(uint32_t num);
uint64_t vu_ring_avail_bytes(uint32_t num);
uint64_t vu_ring_used_bytes(uint32_t num);

/* Finds len_bytes at a user address. VU_OK, or VU_RING_OUTSIDE if they are not inside one region.
 */
enum vu_fault vu_ring_span(const struct vu_mem_table *table, uint64_t user_addr, uint64_t len_bytes,
	struct vu_span *out);

/* table: passed vu_check_mem_table(). num: passed vu_check_num(). The addresses may be anything. */
enum vu_fault vu_ring_locate(const struct vu_mem_table *table, const struct vu_vring_addr *addr,
	uint32_t num, struct vu_ring_layout *out);

/* File offsets, in the file of layout->used.region resp. avail.region, of the 16-bit index fields.
 */
uint64_t vu_ring_used_idx_offset(const struct vu_ring_layout *layout);
uint64_t vu_ring_avail_idx_offset(const struct vu_ring_layout *layout);

#endif
