/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vring.h - the device's side of a split ring whose buffers come back out of order (virtio 1.2, 2.7
 * and 5.6). Pure.
 *
 * The driver is hostile: it may write anything into the ring at any time. Each value is read once,
 * checked, and then only the copy is used. A ring that breaks the rules is never touched again
 * until it is set up anew. One thread at a time uses a ring.
 */
#ifndef VIOS_STORAGE_VRING_H
#define VIOS_STORAGE_VRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/iov.h"
#include "vios-core/vhostuser/guest_mem.h"

#define VRING_SIZE_MAX 1024
#define VRING_PIECES_MAX 256 /* stretches of memory of one chain */

struct vring_setup {
	void *desc, *avail, *used; /* mapped in full, avail and used with their event fields */
	uint32_t size;
	uint16_t next_avail;
	bool event_idx; /* VIRTIO_RING_F_EVENT_IDX */
	bool indirect;	/* VIRTIO_RING_F_INDIRECT_DESC */
};

struct vring {
	const uint8_t *desc;
	uint16_t *avail, *used; /* flags, index, ring */
	uint16_t size, mask;
	uint16_t next_avail;
	uint16_t next_used; /* where the next buffer goes back */
	uint16_t shown;	    /* used->idx as the driver sees it */
	bool event_idx, indirect;
	bool was_signalled;
	bool broken;
};

/* A buffer: what the driver has written for us, then what we may write. */
struct vring_chain {
	uint16_t head;
	uint16_t n_out, n_in; /* pieces of each, at iov[0] and iov[n_out] */
	uint32_t out_bytes, in_bytes;
	struct iov iov[VRING_PIECES_MAX];
};

/* 0, or -EINVAL: size is no power of two up to VRING_SIZE_MAX, or a part is not aligned as virtio
 * asks. The used index goes on from what is in the ring. */
int vring_init(struct vring *ring, const struct vring_setup *setup);

/* Buffers that the driver has made available; 0 for a broken ring. */
unsigned vring_waiting(struct vring *ring);

/* The head of the next buffer, when vring_waiting() was not 0. 0, or -EPROTO: the ring is broken.
 */
int vring_next(struct vring *ring, uint16_t *head);

/* Where the buffer that begins at head lies, however it was found. 0, or -EPROTO: the ring is
 * broken. */
int vring_chain(
	struct vring *ring, const struct guest_mem *mem, uint16_t head, struct vring_chain *out);

/* Puts a buffer into the used ring; the driver sees it after vring_show(). */
void vring_put(struct vring *ring, uint16_t head, uint32_t written_bytes);
/* Shows the driver what was put. */
void vring_show(struct vring *ring);
/* After vring_show(): does the driver want to be called for what was shown since was_shown? */
bool vring_wants_call(struct vring *ring, uint16_t was_shown);

/* Whether the driver is to kick when it makes buffers available. */
void vring_want_kicks(struct vring *ring, bool kicks);

#endif
