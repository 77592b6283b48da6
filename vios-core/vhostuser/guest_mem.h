/* SPDX-License-Identifier: BSD-3-Clause */
/* guest_mem.h - a guest's memory as it is mapped here. Pure: it only computes addresses. */
#ifndef VIOS_VHOSTUSER_GUEST_MEM_H
#define VIOS_VHOSTUSER_GUEST_MEM_H

#include <stddef.h>
#include <stdint.h>

#define GUEST_REGIONS_MAX 8 /* what rte_vhost takes; VU_REGIONS_MAX */

struct guest_region {
	uint64_t guest_address;
	uint64_t size_bytes;
	uint8_t *host;
};

struct guest_mem {
	unsigned n;
	struct guest_region region[GUEST_REGIONS_MAX];
};

/* Where guest_address is, and in *len_bytes how many of so many bytes follow it there; NULL:
 * nowhere. */
static inline uint8_t *guest_mem_at(
	const struct guest_mem *mem, uint64_t guest_address, uint64_t *len_bytes)
{
	for (unsigned i = 0; i < mem->n; i++) {
		const struct guest_region *r = &mem->region[i];
		uint64_t offset = guest_address - r->guest_address;

		/* Below the region the difference wraps round, and is larger than any region. */
		if (offset >= r->size_bytes)
			continue;
		if (*len_bytes > r->size_bytes - offset)
			*len_bytes = r->size_bytes - offset;
		return r->host + offset;
	}
	return NULL;
}

#endif
