/* SPDX-License-Identifier: BSD-3-Clause */
/* trace_test.c - copies of frames between two threads, none torn, none twice, what is lost counted;
 * and the bytes of a capture file. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/pcap.h"
#include "net/trace_ring.h"

static struct trace_ring *ring;

static int set_up(void **state)
{
	ring = aligned_alloc(_Alignof(struct trace_ring), sizeof(*ring));
	memset(ring, 0, sizeof(*ring));
	return 0;
}

static int tear_down(void **state)
{
	free(ring);
	return 0;
}

static void test_pieces(void **state)
{
	static const uint8_t big[3000] = {[0] = 7, [2999] = 9};
	const struct trace_piece pieces[] = {
		{"abcdefghijkl", 12}, {"\x81\0\0\x14", 4}, {big, 3000}};
	const struct trace_slot *slot;

	assert_null(trace_next(ring));
	assert_true(trace_put(ring, 77, pieces, 2));
	assert_true(trace_put(ring, 78, pieces, 3));
	slot = trace_next(ring);
	assert_int_equal(slot->len_bytes, 16);
	assert_int_equal(slot->kept, 16);
	assert_memory_equal(slot->bytes, "abcdefghijkl\x81\0\0\x14", 16);
	trace_took(ring);
	slot = trace_next(ring);
	assert_int_equal(slot->time_ns, 78);
	assert_int_equal(slot->len_bytes, 3016);
	assert_int_equal(slot->kept, TRACE_KEPT_MAX);
	assert_int_equal(slot->bytes[16], 7);
	trace_took(ring);
	assert_null(trace_next(ring));
}

static void test_full(void **state)
{
	const struct trace_piece piece = {"x", 1};

	/* Also where the index comes round. */
	atomic_store(&ring->put, UINT32_MAX - 5);
	atomic_store(&ring->taken, UINT32_MAX - 5);
	for (unsigned i = 0; i < TRACE_SLOTS; i++)
		assert_true(trace_put(ring, i, &piece, 1));
	assert_false(trace_put(ring, 1000, &piece, 1));
	assert_false(trace_put(ring, 1001, &piece, 1));
	assert_int_equal(atomic_load(&ring->lost), 2);
	for (unsigned i = 0; i < TRACE_SLOTS; i++) {
		assert_int_equal(trace_next(ring)->time_ns, i);
		trace_took(ring);
	}
	assert_null(trace_next(ring));
	assert_true(trace_put(ring, 5, &piece, 1));
}

#define FRAMES 20000

static void *put_all(void *arg)
{
	uint8_t bytes[200];
	const struct trace_piece piece = {bytes, sizeof(bytes)};

	for (uint64_t i = 1; i <= FRAMES; i++) {
		memset(bytes, (int)(i % 251), sizeof(bytes));
		trace_put(ring, i, &piece, 1);
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	uint64_t last = 0, got = 0, lost;
	const struct trace_slot *slot;
	pthread_t thread;
	bool ended = false;

	assert_int_equal(pthread_create(&thread, NULL, put_all, NULL), 0);
	for (;;) {
		slot = trace_next(ring);
		if (!slot && ended)
			break;
		if (!slot) {
			/* What is in it when the other one has ended is all that comes. */
			ended = pthread_tryjoin_np(thread, NULL) == 0;
			continue;
		}
		assert_true(slot->time_ns > last);
		last = slot->time_ns;
		for (unsigned i = 0; i < slot->kept; i++)
			assert_int_equal(slot->bytes[i], last % 251);
		trace_took(ring);
		got++;
	}
	lost = atomic_load(&ring->lost);
	assert_int_equal(got + lost, FRAMES);
}

/* As in the format's description, for a little-endian machine. */
static void test_headers(void **state)
{
	static const uint8_t file[] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 8, 0, 0, 1, 0, 0, 0},
			     frame[] = {0x15, 0xcd, 0x5b, 7, 0xff, 0xc9, 0x9a, 0x3b, 60, 0, 0, 0,
				     0x2a, 0x23, 0, 0};
	uint8_t got[PCAP_FILE_BYTES];

	if (*(const uint8_t *)&(uint32_t){1} != 1)
		skip();
	pcap_file_header(got, 2048);
	assert_memory_equal(got, file, sizeof(file));
	pcap_frame_header(got, UINT64_C(123456789999999999), 60, 9002);
	assert_memory_equal(got, frame, sizeof(frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_threads, set_up, tear_down),
		cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
