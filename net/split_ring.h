/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * split_ring.h - the device's side of a virtio-net split ring (virtio 1.2, 2.7 and 5.1.6). Pure.
 *
 * The driver is hostile: it may write anything into the ring at any time. Each value is read once,
 * checked, and then only the copy is used. A ring that breaks the rules is never touched again
 * until it is set up anew. One thread at a time uses a ring.
 */
#ifndef VIOS_NET_SPLIT_RING_H
#define VIOS_NET_SPLIT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vios-core/vhostuser/guest_mem.h"

#define SPLIT_RING_SIZE_MAX 32768

struct split_ring_setup {
	void *desc, *avail, *used; /* mapped in full, avail and used with their event fields */
	uint32_t size;
	uint16_t next_avail, next_used;
	bool event_idx;	  /* VIRTIO_RING_F_EVENT_IDX */
	bool indirect;	  /* VIRTIO_RING_F_INDIRECT_DESC */
	bool mergeable;	  /* VIRTIO_NET_F_MRG_RXBUF */
	bool long_header; /* 12 bytes: VIRTIO_F_VERSION_1 or VIRTIO_NET_F_MRG_RXBUF */
};

struct split_ring {
	const uint8_t *desc;
	uint16_t *avail, *used; /* flags, index, ring */
	uint16_t size, mask;
	uint16_t next_avail, next_used;
	uint16_t signalled; /* next_used when the driver was last considered for a call */
	uint16_t header_bytes;
	bool event_idx, indirect, mergeable;
	bool was_signalled;
	bool broken;
};

struct split_ring_piece { /* of a frame */
	const void *at;
	uint32_t len_bytes;
};

#define SPLIT_RING_HEADER_BYTES 12

/* Where a frame goes that may be longer than its first room. */
struct split_ring_sink {
	uint32_t most_bytes;
	/* The next room, when one is full; NULL: there is none. NULL itself: there is one room. */
	uint8_t *(*more)(void *user, uint32_t *room_bytes);
	void *user;
	uint8_t header[SPLIT_RING_HEADER_BYTES]; /* what the driver wrote in front of it */
};

/* 0, or -EINVAL: size is no power of two, or a part is not aligned as virtio asks. */
int split_ring_init(struct split_ring *ring, const struct split_ring_setup *setup);

/* Buffers that the driver has made available; 0 for a broken ring. */
unsigned split_ring_waiting(struct split_ring *ring);

/*
 * Takes the next frame; split_ring_waiting() was not 0. Its length, or: -EMSGSIZE, longer than
 * room_bytes (its buffer is given back), -EBADMSG, no longer than its header (likewise), -EPROTO,
 * the ring is broken.
 */
int split_ring_take(
	struct split_ring *ring, const struct guest_mem *mem, uint8_t *to, uint32_t room_bytes);

/* The same into one room and more; sink->header is written with a frame. Also -ENOBUFS: no more
 * room (its buffer is given back). */
int split_ring_take_long(struct split_ring *ring, const struct guest_mem *mem, uint8_t *to,
	uint32_t room_bytes, struct split_ring_sink *sink);

/* Gives the driver a frame. 0, -EAGAIN: no buffers; -EMSGSIZE: the buffers are too small for it;
 * -EPROTO. */
int split_ring_give(struct split_ring *ring, const struct guest_mem *mem,
	const struct split_ring_piece *pieces, unsigned n_pieces);
/* The same with this in front of it; the number of buffers is put into it. */
int split_ring_give_with(struct split_ring *ring, const struct guest_mem *mem,
	uint8_t header[SPLIT_RING_HEADER_BYTES], const struct split_ring_piece *pieces,
	unsigned n_pieces);

/* Shows the driver what was taken or given since the last time. Whether it wants to be called. */
bool split_ring_finish(struct split_ring *ring);

/* Whether the driver is to kick when it makes buffers available. */
void split_ring_want_kicks(struct split_ring *ring, bool kicks);

#endif
