/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * split_ring_fuzz.c - a driver that writes anything into its ring. The input is a byte of ring
 * features, the image of the ring's page, then a script of operations; one of them writes two bytes
 * anywhere. The guest's memory is two allocations of their own, so that a sanitizer sees a byte too
 * far; nothing outside the used ring and the buffers that the device may write is allowed to
 * change, and a broken ring not at all.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/split_ring.h"

#define SIZE 8
#define PAGE 1024
#define AVAIL 0x100
#define USED 0x200
#define GUEST UINT64_C(0x1000)
#define ROOM 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

/* Each room is as small as it says; there are three. */
struct rooms {
	uint8_t *room[3];
	unsigned n;
};

static uint8_t *next_room(void *user, uint32_t *room_bytes)
{
	struct rooms *rooms = user;

	if (rooms->n == 3)
		return NULL;
	*room_bytes = ROOM / 4;
	rooms->room[rooms->n] = malloc(*room_bytes);
	assert(rooms->room[rooms->n]);
	return rooms->room[rooms->n++];
}

static int take(struct split_ring *ring, const struct guest_mem *mem)
{
	uint8_t *room = malloc(ROOM / 4);
	struct rooms rooms = {.n = 0};
	struct split_ring_sink sink = {.most_bytes = 2 * ROOM, .more = next_room, .user = &rooms};
	int rc = 0;

	assert(room);
	if (split_ring_waiting(ring)) {
		rc = split_ring_take_long(ring, mem, room, ROOM / 4, &sink);
		assert(rc == -EPROTO || rc == -EMSGSIZE || rc == -EBADMSG || rc == -ENOBUFS ||
			(rc > 0 && rc <= ROOM));
		assert(rc <= 0 || rooms.n == (unsigned)(rc - 1) / (ROOM / 4));
	}
	while (rooms.n)
		free(rooms.room[--rooms.n]);
	free(room);
	return rc;
}

static int give(struct split_ring *ring, const struct guest_mem *mem, uint8_t len)
{
	uint8_t frame[256];
	struct split_ring_piece pieces[2] = {{frame, len}, {frame, 1}};
	int rc;

	memset(frame, 0x5A, sizeof(frame));
	rc = split_ring_give(ring, mem, pieces, 2);
	assert(rc == 0 || rc == -EAGAIN || rc == -EMSGSIZE || rc == -EPROTO);
	return rc;
}

static void operate(struct split_ring *ring, const struct guest_mem *mem, struct input *in)
{
	uint8_t *page = mem->region[0].host;
	uint16_t used_before = ring->next_used, avail_before = ring->next_avail;
	bool was_broken = ring->broken;
	int rc = 0;

	switch (byte(in) % 5) {
	case 0:
		rc = take(ring, mem);
		break;
	case 1:
		rc = give(ring, mem, byte(in));
		break;
	case 2:
		split_ring_finish(ring);
		break;
	case 3:
		split_ring_want_kicks(ring, byte(in) & 1);
		break;
	default: {
		size_t at = (size_t)(byte(in) << 8 | byte(in)) % (PAGE - 1);

		page[at] = byte(in);
		page[at + 1] = byte(in);
	}
	}
	/* A ring breaks when an operation says so or a look finds it, and stays broken, where it
	 * was. */
	assert(!was_broken || ring->broken);
	assert(rc != -EPROTO || ring->broken);
	if (was_broken)
		assert(ring->next_used == used_before && ring->next_avail == avail_before);
	/* What is taken off one ring goes to the other. */
	assert((uint16_t)(ring->next_used - used_before) ==
		(uint16_t)(ring->next_avail - avail_before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t features = byte(&in);
	uint8_t *page = aligned_alloc(16, PAGE), *other = malloc(100);
	struct guest_mem mem = {
		.n = 2, .region = {{GUEST, PAGE, page}, {GUEST + PAGE, 100, other}}};
	struct split_ring_setup setup = {
		.desc = page,
		.avail = page + AVAIL,
		.used = page + USED,
		.size = SIZE,
		.event_idx = features & 1,
		.indirect = features & 2,
		.mergeable = features & 4,
		.long_header = features & 8,
	};
	struct split_ring ring;

	assert(page && other);
	memset(other, 0, 100);
	for (size_t i = 0; i < PAGE; i++)
		page[i] = byte(&in);
	assert(split_ring_init(&ring, &setup) == 0);
	for (unsigned i = 0; i < 64 && in.left; i++)
		operate(&ring, &mem, &in);
	free(page);
	free(other);
	return 0;
}
