/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_fuzz.c - what the other side of the trunk may write: a message, or the memory of a ring.
 * The first byte says which. Of a ring, the next nine are its head's lower half and where this end
 * is; the rest is data from there on. What is taken lies within the ring and is no longer than a
 * frame, and the end stops at the first record that is none.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/trunk_msg.h"
#include "net/trunk_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_message(const uint8_t *data, size_t size)
{
	uint8_t again[TRUNK_MSG_BYTES];
	struct trunk_msg msg;

	if (!trunk_msg_read(data, size, &msg))
		return;
	assert(size == TRUNK_MSG_BYTES);
	assert(msg.type == TRUNK_MSG_SAY || (msg.type == TRUNK_MSG_HELLO && msg.n_rings >= 1 &&
						    msg.n_rings <= TRUNK_MSG_RINGS_MAX));
	trunk_msg_write(&msg, again);
	assert(!memcmp(again, data, size));
}

static void one_ring(const uint8_t *data, size_t size)
{
	static struct trunk_ring ring; /* large */
	uint64_t head = 0, tail = 0, there;
	struct trunk_in in;
	size_t len;

	memcpy(&head, data, 5);
	memcpy(&tail, data + 5, 4);
	data += 9;
	size -= 9;
	memset(ring.data, 0, sizeof(ring.data));
	for (size_t i = 0; i < size; i++)
		ring.data[(tail + i) % TRUNK_RING_DATA_BYTES] = data[i];
	atomic_store(&ring.head, head);
	trunk_in_init(&in, &ring);
	in.tail = tail;
	while ((len = trunk_in_next(&in)) > 0) {
		uint8_t *to = malloc(len);

		there = head - in.tail;
		assert(to && len <= TRUNK_FRAME_MAX && len <= there);
		trunk_in_take(&in, to, len);
		assert(head - in.tail < there);
		free(to);
	}
	assert(in.broken || in.tail == head);
	assert(!trunk_in_waiting(&in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] % 2 == 0)
		one_message(data + 1, size - 1);
	else if (size > 10)
		one_ring(data + 1, size - 1);
	return 0;
}
