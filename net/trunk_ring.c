/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_ring.c - see trunk_ring.h. Pure; a worker's thread at each end. A record is eight bytes,
 * the first four its length, the others its flags, then the frame, filled up to eight; it may go
 * over the end of the data. Each end keeps its own index to itself, so what the other process
 * writes over it does no harm.
 */
#include "net/trunk_ring.h"

#include <string.h>

#include "net/frame.h"

#define HEAD_BYTES 8
#define AT(index) ((index) % TRUNK_RING_DATA_BYTES)

static uint64_t record_bytes(uint64_t len_bytes)
{
	return HEAD_BYTES + ((len_bytes + 7) & ~UINT64_C(7));
}

void trunk_out_init(struct trunk_out *out, struct trunk_ring *ring)
{
	*out = (struct trunk_out){.ring = ring};
}

void trunk_in_init(struct trunk_in *in, struct trunk_ring *ring)
{
	*in = (struct trunk_in){.ring = ring, .fresh_from = atomic_load(&ring->head)};
}

static uint64_t put(struct trunk_ring *ring, uint64_t at, const void *bytes, size_t n)
{
	size_t first = TRUNK_RING_DATA_BYTES - AT(at);

	first = first < n ? first : n;
	memcpy(ring->data + AT(at), bytes, first);
	memcpy(ring->data, (const uint8_t *)bytes + first, n - first);
	return at + n;
}

static void get(const struct trunk_ring *ring, uint64_t at, void *bytes, size_t n)
{
	size_t first = TRUNK_RING_DATA_BYTES - AT(at);

	first = first < n ? first : n;
	memcpy(bytes, ring->data + AT(at), first);
	memcpy((uint8_t *)bytes + first, ring->data, n - first);
}

/* acquire: what was there has been taken before it is written over */
static uint64_t room(const struct trunk_out *out)
{
	uint64_t used = out->head - atomic_load_explicit(&out->ring->tail, memory_order_acquire);

	return used <= TRUNK_RING_DATA_BYTES ? TRUNK_RING_DATA_BYTES - used : 0;
}

bool trunk_out_put(struct trunk_out *out, const uint8_t *bytes, size_t len_bytes, uint32_t edit)
{
	size_t skip = FRAME_MACS_BYTES + (edit & FRAME_EDIT_STRIP ? FRAME_VLAN_TAG_BYTES : 0);
	const uint64_t len = len_bytes + (uint64_t)(int64_t)frame_edit_bytes(edit);
	const uint64_t head = len | (uint64_t)(edit & TRUNK_FLAGS) << 32;
	uint8_t tag[FRAME_VLAN_TAG_BYTES];
	uint64_t at = out->head;

	if (len_bytes < skip || len > TRUNK_FRAME_MAX || record_bytes(len) > room(out))
		return false;
	put(out->ring, at, &head, HEAD_BYTES);
	at = put(out->ring, at + HEAD_BYTES, bytes, FRAME_MACS_BYTES);
	if (edit & FRAME_EDIT_PUSH) {
		frame_tag_bytes(edit, tag);
		at = put(out->ring, at, tag, sizeof(tag));
	}
	put(out->ring, at, bytes + skip, len_bytes - skip);
	out->head += record_bytes(len);
	return true;
}

bool trunk_out_show(struct trunk_out *out)
{
	/* release: the frames are seen with the index */
	atomic_store_explicit(&out->ring->head, out->head, memory_order_release);
	/* Who takes says that he sleeps, then looks at the index; we do the opposite. */
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(&out->ring->sleeps, memory_order_relaxed) &&
	       atomic_exchange(&out->ring->sleeps, 0);
}

size_t trunk_in_next(struct trunk_in *in)
{
	/* acquire: with the index the frames are seen */
	uint64_t there = atomic_load_explicit(&in->ring->head, memory_order_acquire) - in->tail;
	uint64_t head, len;

	if (in->broken || !there)
		return 0;
	if (there <= TRUNK_RING_DATA_BYTES && there >= HEAD_BYTES) {
		get(in->ring, in->tail, &head, HEAD_BYTES);
		len = head & UINT32_MAX;
		in->flags = (uint32_t)(head >> 32);
		if (!(in->flags & ~TRUNK_FLAGS) && len && len <= TRUNK_FRAME_MAX &&
			record_bytes(len) <= there)
			return (size_t)len;
	}
	in->broken = true;
	return 0;
}

void trunk_in_take(struct trunk_in *in, uint8_t *to, size_t len_bytes)
{
	if (to)
		get(in->ring, in->tail + HEAD_BYTES, to, len_bytes);
	in->tail += record_bytes(len_bytes);
}

void trunk_in_show(struct trunk_in *in)
{
	/* release: what was taken has been read before it is written over */
	atomic_store_explicit(&in->ring->tail, in->tail, memory_order_release);
}

void trunk_in_arm(struct trunk_in *in, bool sleeps)
{
	atomic_store_explicit(&in->ring->sleeps, sleeps, memory_order_relaxed);
}

bool trunk_in_waiting(const struct trunk_in *in)
{
	return !in->broken &&
	       atomic_load_explicit(&in->ring->head, memory_order_relaxed) != in->tail;
}
