/* SPDX-License-Identifier: BSD-3-Clause */
/* split_ring_long_test.c - frames of more than one room, and what stands in front of a frame. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/split_ring.h"

#define SIZE 4
#define GUEST UINT64_C(0x100000000)
#define AVAIL 0x100
#define USED 0x200
#define BUFFERS 0x400
#define NEXT 1
#define WRITE 2

static _Alignas(16) uint8_t memory[2048];
static const struct guest_mem mem = {.n = 1, .region = {{GUEST, sizeof(memory), memory}}};
static struct split_ring ring;
static uint16_t avail_index;

static void desc(unsigned i, unsigned at, uint32_t len, uint16_t flags, uint16_t next)
{
	const uint64_t address = GUEST + BUFFERS + at;

	memcpy(memory + 16 * i, &address, 8);
	memcpy(memory + 16 * i + 8, &len, 4);
	memcpy(memory + 16 * i + 12, &flags, 2);
	memcpy(memory + 16 * i + 14, &next, 2);
}

static void offer(uint16_t head)
{
	memcpy(memory + AVAIL + 4 + 2 * (avail_index % SIZE), &head, 2);
	avail_index++;
	memcpy(memory + AVAIL + 2, &avail_index, 2);
}

static int set_up(void **state)
{
	const struct split_ring_setup setup = {
		.desc = memory,
		.avail = memory + AVAIL,
		.used = memory + USED,
		.size = SIZE,
		.mergeable = true,
		.long_header = true,
	};

	memset(memory, 0, sizeof(memory));
	avail_index = 0;
	return split_ring_init(&ring, &setup);
}

struct rooms {
	uint8_t bytes[3][4];
	unsigned n;
};

static uint8_t *next_room(void *user, uint32_t *room_bytes)
{
	struct rooms *rooms = user;

	*room_bytes = 4;
	return rooms->n < 3 ? rooms->bytes[rooms->n++] : NULL;
}

static void test_take_into_rooms(void **state)
{
	struct rooms rooms = {.n = 1};
	struct split_ring_sink sink = {.most_bytes = 13, .more = next_room, .user = &rooms};

	/* Its parts end elsewhere than the rooms. */
	memcpy(memory + BUFFERS, "the headers.012345678", 21);
	memcpy(memory + BUFFERS + 100, "9ab", 3);
	desc(0, 0, 21, NEXT, 1);
	desc(1, 100, 3, 0, 0);
	desc(2, 0, 12 + 13, 0, 0);
	desc(3, 0, 12 + 14, 0, 0);
	offer(0);
	offer(2);
	offer(3);
	assert_int_equal(split_ring_take_long(&ring, &mem, rooms.bytes[0], 4, &sink), 12);
	assert_int_equal(rooms.n, 3);
	assert_memory_equal(rooms.bytes, "0123456789ab", 12);
	assert_memory_equal(sink.header, "the headers.", 12);
	/* One byte more than there is room for, and one more than may be. */
	rooms.n = 1;
	assert_int_equal(split_ring_take_long(&ring, &mem, rooms.bytes[0], 4, &sink), -ENOBUFS);
	rooms.n = 1;
	assert_int_equal(split_ring_take_long(&ring, &mem, rooms.bytes[0], 4, &sink), -EMSGSIZE);
	assert_int_equal(rooms.n, 1);
	assert_false(ring.broken);
	split_ring_finish(&ring);
	assert_int_equal(memory[USED + 2], 3); /* all are given back */
}

static void test_give_with_a_header(void **state)
{
	uint8_t header[SPLIT_RING_HEADER_BYTES] = "0123456789..";
	const struct split_ring_piece piece = {"frame", 5};

	desc(0, 0, 14, WRITE, 0);
	desc(1, 100, 64, WRITE, 0);
	offer(0);
	offer(1);
	assert_int_equal(split_ring_give_with(&ring, &mem, header, &piece, 1), 0);
	assert_memory_equal(memory + BUFFERS, "0123456789\2\0fr", 14);
	assert_memory_equal(memory + BUFFERS + 100, "ame", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_take_into_rooms, set_up),
		cmocka_unit_test_setup(test_give_with_a_header, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
