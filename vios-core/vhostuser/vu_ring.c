/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_ring.c - user addresses of a split virtqueue to places in the client's files. Pure; addresses
 * are hostile, the table has been checked.
 */
#include "vios-core/vhostuser/vu_ring.h"

#define INDEX_AT 2 /* virtio 1.2 2.7.6, 2.7.8: le16 flags, le16 idx */

uint64_t vu_ring_desc_bytes(uint32_t num)
{
	return (uint64_t)num * 16;
}

uint64_t vu_ring_avail_bytes(uint32_t num)
{
	return 4 + (uint64_t)num * 2 + 2;
}

uint64_t vu_ring_used_bytes(uint32_t num)
{
	return 4 + (uint64_t)num * 8 + 2;
}

enum vu_fault vu_ring_span(const struct vu_mem_table *table, uint64_t user_addr, uint64_t len_bytes,
	struct vu_span *out)
{
	for (uint32_t i = 0; i < table->n_regions && i < VU_REGIONS_MAX; i++) {
		const struct vu_region *r = &table->region[i];
		uint64_t at;

		if (user_addr < r->user_addr)
			continue;
		at = user_addr - r->user_addr;
		if (at >= r->size_bytes)
			continue;
		if (len_bytes > r->size_bytes - at)
			return VU_RING_OUTSIDE;
		*out = (struct vu_span){i, r->mmap_offset + at, len_bytes};
		return VU_OK;
	}
	return VU_RING_OUTSIDE;
}

enum vu_fault vu_ring_locate(const struct vu_mem_table *table, const struct vu_vring_addr *addr,
	uint32_t num, struct vu_ring_layout *out)
{
	struct vu_ring_layout layout;

	if (vu_ring_span(table, addr->desc, vu_ring_desc_bytes(num), &layout.desc) ||
		vu_ring_span(table, addr->avail, vu_ring_avail_bytes(num), &layout.avail) ||
		vu_ring_span(table, addr->used, vu_ring_used_bytes(num), &layout.used))
		return VU_RING_OUTSIDE;
	*out = layout;
	return VU_OK;
}

uint64_t vu_ring_used_idx_offset(const struct vu_ring_layout *layout)
{
	return layout->used.offset + INDEX_AT;
}

uint64_t vu_ring_avail_idx_offset(const struct vu_ring_layout *layout)
{
	return layout->avail.offset + INDEX_AT;
}
