/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ops.h - what a step of the mux wants done to descriptors, as data, and the table of slots that
 * names descriptors. Pure.
 *
 * A descriptor has a slot for as long as it is kept: slot s is descriptor number OPS_FD_BASE + s in
 * every process of the mux, so a restarted one finds each where the journal says. Operations are
 * stored with the state that they belong to and carried out exactly once, by the holder.
 */
#ifndef VIOS_MUX_OPS_H
#define VIOS_MUX_OPS_H

#include "vios-core/vhostuser/vu_msg.h"

#include <stdbool.h>
#include <stdint.h>

#define OPS_FD_BASE 128
#define OPS_SLOTS 768
#define OPS_MAX 384
#define OPS_SENDS_MAX 300 /* leaves room for what must not fail */
#define OPS_BYTES_MAX (VU_HEADER_BYTES + VU_PAYLOAD_MAX)

enum ops_kind {
	OPS_CONSUME, /* take len_bytes off slot's socket; hang up if other than n_fds came along */
	OPS_SEND, /* bytes, with the descriptors of slots[]; a socket that takes less is hung up on
		   */
	OPS_SIGNAL, /* write 1 to an eventfd, unless that would block */
	OPS_ACCEPT, /* accept on slot; the connection goes to slots[0] */
	OPS_DROP,   /* close */
	OPS_KIND_END
};

struct op {
	uint32_t kind;
	int32_t slot;
	uint32_t len_bytes;
	uint32_t n_slots;
	uint32_t n_fds;
	int32_t slots[VU_FDS_MAX];
	uint8_t bytes[OPS_BYTES_MAX];
};

struct ops {
	uint32_t n;
	uint32_t overflow; /* an operation was lost: the step must not be committed */
	struct op op[OPS_MAX];
};

struct ops_slots {
	uint8_t used[OPS_SLOTS];
};

/* A free slot, now used, or -EMFILE. */
int ops_slot_alloc(struct ops_slots *slots);
static inline int ops_fd(int slot)
{
	return OPS_FD_BASE + slot;
}

/* m's fds are slots. 0, or -ENOBUFS. */
int ops_send(struct ops *ops, int slot, const struct vu_msg *m);
/* A message that was peeked, and the descriptors it showed. */
void ops_consume(struct ops *ops, int slot, uint32_t len_bytes, uint32_t n_fds);
void ops_signal(struct ops *ops, int slot); /* slot -1: nothing */
void ops_accept(struct ops *ops, int listener, int into);
/* Closes slot and frees it; sets *slot to -1. *slot -1: nothing. */
void ops_drop(struct ops *ops, struct ops_slots *slots, int *slot);
/* Are all numbers in it possible? For whoever carries it out. */
bool ops_valid(const struct op *op);

#endif
