/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nb_ring.h - the device's side of a split virtqueue (virtio 1.2 2.7), with event index, on mapped
 * client memory. For tests. What is in the rings may be anything: it is bounded, and what is wrong
 * is skipped.
 */
#ifndef VIOS_TESTS_NB_RING_H
#define VIOS_TESTS_NB_RING_H

#include "vios-core/vhostuser/vu_ring.h"

#include <linux/virtio_ring.h>

struct nb_mem {
	struct vu_mem_table table;
	void *base[VU_REGIONS_MAX];   /* where the region's first byte is mapped */
	void *mapped[VU_REGIONS_MAX]; /* what munmap() takes: from the file's start */
	size_t mapped_bytes[VU_REGIONS_MAX];
};

struct nb_ring {
	struct vring vring; /* num 0: not known */
	bool has_addr, enabled, event_idx;
	struct vu_vring_addr addr;
	uint16_t next_avail; /* the device's place in the available ring */
	int kick_fd, call_fd;
};

int nb_mem_map(
	struct nb_mem *mem, const struct vu_mem_table *table, const int *fds); /* 0 or -errno */
void nb_mem_unmap(struct nb_mem *mem);
/* NULL: not inside one region. */
void *nb_mem_guest(const struct nb_mem *mem, uint64_t guest_addr, uint64_t len_bytes);

/* Sets vring from num and addr; false if it does not lie in the memory. */
bool nb_ring_attach(struct nb_ring *r, const struct nb_mem *mem, uint32_t num);

/* The next available chain, copied from its readable descriptors. Bytes (0 if none of it was
 * usable), or -1: no chain. */
int nb_ring_take(
	struct nb_ring *r, const struct nb_mem *mem, uint8_t *buf, size_t size, uint16_t *head);
/* Fills the next available chain's writable descriptors. false: no chain, or too small (it is then
 * returned empty). */
bool nb_ring_fill(
	struct nb_ring *r, const struct nb_mem *mem, const uint8_t *buf, size_t len_bytes);
void nb_ring_return(struct nb_ring *r, uint16_t head, uint32_t written_bytes);
/* After a burst: signals the driver if it wants it (old_used: used->idx before), and asks for the
 * next kick. */
void nb_ring_notify(struct nb_ring *r, uint16_t old_used);
uint16_t nb_ring_used_idx(const struct nb_ring *r);

#endif
