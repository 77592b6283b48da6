/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_ring.h - frames on their way to the other VIOS, in memory that both processes have. Pure.
 *
 * One thread of one process puts, one of the other takes. Neither believes what the other has
 * written beyond its checks: a process may have died or gone mad at any instant.
 */
#ifndef VIOS_NET_TRUNK_RING_H
#define VIOS_NET_TRUNK_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRUNK_RING_DATA_BYTES (512 * 1024)
#define TRUNK_FRAME_MAX 9300 /* jumbo, with two tags */

/* Beside an edit (frame.h) on the way in, by itself on the way out: what the other side is to know
 * of a frame (handover.h). */
#define TRUNK_UNSERVED UINT32_C(0x10000000) /* nobody has had it whom it is for, or the outside */
#define TRUNK_BACK UINT32_C(0x20000000)	 /* with the former: it came over the trunk, from there */
#define TRUNK_STAMP UINT32_C(0x0FFF0000) /* when its client left the sender, in ms */
#define TRUNK_FLAGS (TRUNK_UNSERVED | TRUNK_BACK | TRUNK_STAMP)

struct trunk_ring {			      /* as it is in the memory file */
	_Alignas(64) _Atomic uint64_t head;   /* bytes put so far; writer: the one who puts */
	_Alignas(64) _Atomic uint64_t tail;   /* bytes taken so far; writer: the one who takes */
	_Alignas(64) _Atomic uint32_t sleeps; /* who takes wants to be woken; both */
	_Alignas(64) uint8_t data[TRUNK_RING_DATA_BYTES];
};

struct trunk_out { /* the end of the one who puts */
	struct trunk_ring *ring;
	uint64_t head; /* what is put, and not shown yet */
};

struct trunk_in {
	struct trunk_ring *ring;
	uint64_t tail;	     /* what is taken, and not shown yet */
	uint64_t fresh_from; /* what lies before was put before this side had the trunk */
	uint32_t flags;	     /* of the frame that trunk_in_next() has told of */
	bool broken;
};

/* Both begin where the ring is: new, at 0. */
void trunk_out_init(struct trunk_out *out, struct trunk_ring *ring);
void trunk_in_init(struct trunk_in *in, struct trunk_ring *ring);

/* A frame whose tag is changed on its way (frame.h: edit). false: there is no room. */
bool trunk_out_put(struct trunk_out *out, const uint8_t *bytes, size_t len_bytes, uint32_t edit);
/* What was put is there. Whether the other side is to be woken. */
bool trunk_out_show(struct trunk_out *out);

/* How long the next frame is; 0: there is none, or in->broken. */
size_t trunk_in_next(struct trunk_in *in);
/* Copies it to where there is room for len_bytes, what trunk_in_next() has said; NULL: skips it. */
void trunk_in_take(struct trunk_in *in, uint8_t *to, size_t len_bytes);
/* The place of what was taken is free. */
void trunk_in_show(struct trunk_in *in);
static inline bool trunk_in_is_stale(const struct trunk_in *in)
{
	return in->tail < in->fresh_from;
}

/* Asks to be woken; trunk_in_waiting() after a full barrier tells what came before that. */
void trunk_in_arm(struct trunk_in *in, bool sleeps);
bool trunk_in_waiting(const struct trunk_in *in);

#endif
