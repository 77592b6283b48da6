/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep_ops.h - restart in place, the data: descriptors that have a number for life, and what a step
 * of a daemon wants done to them. Pure.
 *
 * A daemon that must be able to die at any instruction keeps its state in a journal
 * (keep_journal.h) and its descriptors in slots: slot s is descriptor number KEEP_FD_BASE + s in
 * every process concerned. What a step wants done is stored with the state that it belongs to, and
 * carried out exactly once by the process that outlives the daemon (keep_holder.h).
 */
#ifndef VIOS_BASE_KEEP_OPS_H
#define VIOS_BASE_KEEP_OPS_H

#include <stdbool.h>
#include <stdint.h>

#define KEEP_FD_BASE 128
#define KEEP_SLOTS 768
#define KEEP_OPS_MAX 384
#define KEEP_SENDS_MAX 300 /* leaves room for what must not fail */
#define KEEP_BYTES_MAX 320
#define KEEP_FDS_MAX 8

enum keep_kind {
	KEEP_CONSUME, /* take len_bytes off slot's socket; hang up if other than n_fds came along */
	KEEP_SEND, /* bytes, with the descriptors of slots[]; a peer that leaves no room is hung up
		      on */
	KEEP_SIGNAL, /* write 1 to an eventfd, unless that would block */
	KEEP_ACCEPT, /* accept on slot; the connection goes to slots[0] */
	KEEP_DROP,   /* close */
	KEEP_ZERO,   /* bytes: offset and length, 8 each; there slot's file reads as zeroes */
	KEEP_KIND_END
};

struct keep_op {
	uint32_t kind;
	int32_t slot;
	uint32_t len_bytes;
	uint32_t n_fds; /* SEND: of slots[]; CONSUME: expected */
	int32_t slots[KEEP_FDS_MAX];
	uint8_t bytes[KEEP_BYTES_MAX];
};

struct keep_ops {
	uint32_t n;
	uint32_t overflow; /* an operation was lost: the step must not be committed */
	struct keep_op op[KEEP_OPS_MAX];
};

struct keep_slots {
	uint8_t used[KEEP_SLOTS];
};

static inline int keep_fd(int slot)
{
	return KEEP_FD_BASE + slot;
}

/* A free slot, now used, or -EMFILE. */
int keep_slot_alloc(struct keep_slots *slots);

/* An operation whose bytes (at most KEEP_BYTES_MAX) and slots the caller fills in, or NULL: the
 * step is too large. */
struct keep_op *keep_send(struct keep_ops *ops, int slot, uint32_t len_bytes, uint32_t n_fds);
void keep_consume(struct keep_ops *ops, int slot, uint32_t len_bytes, uint32_t n_fds);
void keep_signal(struct keep_ops *ops, int slot); /* slot -1: nothing */
void keep_accept(struct keep_ops *ops, int listener, int into);
/* len_bytes of slot's memory file become zeroes. */
void keep_zero(struct keep_ops *ops, int slot, uint64_t offset, uint64_t len_bytes);
/* Closes slot and frees it; sets *slot to -1. *slot -1: nothing. */
void keep_drop(struct keep_ops *ops, struct keep_slots *slots, int *slot);
/* Are all numbers in it possible? For whoever carries it out. */
bool keep_op_valid(const struct keep_op *op);

#endif
