/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inflight region, as vhost-user's "Inflight I/O tracking" has it for split virtqueues. The
 * worker that owns the ring runs it; the memory is shared with the mux and with the other VIOS's
 * target, of which only one runs the ring.
 *
 * A queue's part, numbers in the host's order: features (8 bytes), version (2), desc_num (2),
 * last_batch_head (2), used_idx (2); then desc_num entries of: inflight (1), padding (5), next (2),
 * counter (8).
 */
#include "storage/inflight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/vhostuser/vu_inflight.h"

#define VERSION 1

#define VERSION_AT 8
#define DESC_NUM_AT 10
#define BATCH_HEAD_AT 12
#define USED_IDX_AT 14

#define NEXT_AT 6
#define COUNTER_AT 8

static uint16_t get16(const uint8_t *at)
{
	return __atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

/* Release: stores are made in the program's order, which is all that the death of a process asks.
 */
static void set16(uint8_t *at, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)at, value, __ATOMIC_RELEASE);
}

static uint8_t *entry(const struct inflight *q, uint16_t head)
{
	return q->at + VU_INFLIGHT_HEADER_BYTES + (size_t)head * VU_INFLIGHT_ENTRY_BYTES;
}

static uint64_t counter_of(const struct inflight *q, uint16_t head)
{
	return __atomic_load_n(
		(const uint64_t *)(const void *)(entry(q, head) + COUNTER_AT), __ATOMIC_ACQUIRE);
}

static void set_flag(const struct inflight *q, uint16_t head, uint8_t value)
{
	__atomic_store_n(entry(q, head), value, __ATOMIC_RELEASE);
}

size_t inflight_bytes(unsigned n_queues, uint16_t size)
{
	return n_queues * vu_inflight_part_bytes(size);
}

int inflight_attach(struct inflight *q, void *region, size_t bytes, unsigned queue,
	unsigned n_queues, uint16_t size)
{
	uint8_t *at = (uint8_t *)region + queue * vu_inflight_part_bytes(size);
	uint16_t version, desc_num;

	if (!size || queue >= n_queues || inflight_bytes(n_queues, size) > bytes ||
		(uintptr_t)region % 8)
		return -EINVAL;
	version = get16(at + VERSION_AT);
	desc_num = get16(at + DESC_NUM_AT);
	if (version && (version != VERSION || desc_num != size))
		return -EPROTO;
	*q = (struct inflight){.at = at, .size = size};
	if (version)
		return 0;
	/* A queue that never ran: used_idx comes with recovery, and there is no batch. */
	set16(at + DESC_NUM_AT, size);
	set16(at + VERSION_AT, VERSION);
	return 0;
}

struct found {
	uint64_t counter;
	uint16_t head;
};

static int by_counter(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->counter < y->counter ? -1 : x->counter > y->counter;
}

static bool empty(const struct inflight *q)
{
	for (uint16_t i = 0; i < q->size; i++)
		if (inflight_has(q, i))
			return false;
	return true;
}

/* The last batch: what the driver was shown, and the region was not told. cleared: a byte an entry.
 */
static int mark_batch(const struct inflight *q, uint16_t used_idx, uint8_t *cleared)
{
	uint16_t n = (uint16_t)(used_idx - get16(q->at + USED_IDX_AT));
	uint16_t head = get16(q->at + BATCH_HEAD_AT);

	if (n > q->size)
		return -EPROTO;
	for (; n; n--) {
		if (head >= q->size || cleared[head])
			return -EPROTO;
		cleared[head] = 1;
		head = get16(entry(q, head) + NEXT_AT);
	}
	return 0;
}

static int collect(struct inflight *q, const uint8_t *cleared, struct found *found)
{
	int n = 0;

	q->counter = 0;
	for (uint16_t i = 0; i < q->size; i++) {
		uint8_t flag = __atomic_load_n(entry(q, i), __ATOMIC_ACQUIRE);

		if (flag > 1)
			return -EPROTO;
		if (!flag || cleared[i])
			continue;
		found[n] = (struct found){counter_of(q, i), i};
		/* The counter goes on above the highest; a forged one must not wrap it. */
		if (found[n].counter >= UINT64_MAX / 2)
			return -EPROTO;
		if (found[n].counter >= q->counter)
			q->counter = found[n].counter + 1;
		n++;
	}
	qsort(found, (size_t)n, sizeof(*found), by_counter);
	return n;
}

int inflight_recover(struct inflight *q, uint16_t used_idx, uint16_t *heads)
{
	uint8_t *cleared = calloc(q->size, 1);
	struct found *found = calloc(q->size, sizeof(*found));
	int n = cleared && found ? 0 : -ENOMEM;

	/* With nothing in flight the region knows no index yet: a ring that ran without it. */
	if (!n && !empty(q))
		n = mark_batch(q, used_idx, cleared);
	if (!n)
		n = collect(q, cleared, found);
	for (int i = 0; i < n; i++)
		heads[i] = found[i].head;
	for (uint16_t i = 0; n >= 0 && i < q->size; i++)
		if (cleared[i])
			set_flag(q, i, 0);
	if (n >= 0)
		set16(q->at + USED_IDX_AT, used_idx);
	free(found);
	free(cleared);
	return n;
}

bool inflight_has(const struct inflight *q, uint16_t head)
{
	return __atomic_load_n(entry(q, head), __ATOMIC_ACQUIRE);
}

uint64_t inflight_counter(const struct inflight *q, uint16_t head)
{
	return counter_of(q, head);
}

void inflight_take(struct inflight *q, uint16_t head)
{
	__atomic_store_n(
		(uint64_t *)(void *)(entry(q, head) + COUNTER_AT), q->counter++, __ATOMIC_RELEASE);
	set_flag(q, head, 1);
}

void inflight_put(struct inflight *q, uint16_t head)
{
	set16(entry(q, head) + NEXT_AT, get16(q->at + BATCH_HEAD_AT));
	set16(q->at + BATCH_HEAD_AT, head);
}

void inflight_shown(struct inflight *q, unsigned n, uint16_t used_idx)
{
	uint16_t head = get16(q->at + BATCH_HEAD_AT);

	for (; n && head < q->size; n--) {
		set_flag(q, head, 0);
		head = get16(entry(q, head) + NEXT_AT);
	}
	set16(q->at + USED_IDX_AT, used_idx);
}

bool inflight_any(void *region, size_t bytes, unsigned queue, unsigned n_queues, uint16_t size)
{
	struct inflight q;

	if (!region || queue >= n_queues || inflight_bytes(n_queues, size) > bytes)
		return false;
	q = (struct inflight){
		.at = (uint8_t *)region + queue * vu_inflight_part_bytes(size), .size = size};
	return !empty(&q);
}
