/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guest.h - edge: the client's memory, mapped. A table of regions is mapped as a whole, and stays
 * mapped while requests use it, also after the next table has come. References are counted by
 * atomics: main takes the first, the worker the others.
 */
#ifndef VIOS_STORAGE_GUEST_H
#define VIOS_STORAGE_GUEST_H

#include <stdint.h>

#include "vios-core/vhostuser/guest_mem.h"
#include "vios-core/vhostuser/vu_payload.h"

struct guest {
	struct guest_mem mem;
	struct vu_mem_table table;
	void *mapped[VU_REGIONS_MAX];
	uint64_t mapped_bytes[VU_REGIONS_MAX];
	_Atomic unsigned refs;
};

/* table: passed vu_check_mem_table(); fds: borrowed, one a region. 0 and *out with one reference,
 * or -errno. */
int guest_map(const struct vu_mem_table *table, const int *fds, struct guest **out);
struct guest *guest_get(struct guest *guest);
void guest_put(struct guest *guest); /* NULL: nothing; the last one unmaps */
/* Where an address of the front end's is; NULL if the bytes are not inside one region. */
void *guest_user(const struct guest *guest, uint64_t user_addr, uint64_t len_bytes);

#endif
