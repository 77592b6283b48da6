/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test_frame.h - the numbered frames that tests send: an Ethernet frame of type 0x88b5 (IEEE 802,
 * local experiments) with a number, a time, and room for the back end that handled it to leave its
 * mark.
 */
#ifndef VIOS_TESTS_TEST_FRAME_H
#define VIOS_TESTS_TEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TEST_FRAME_TYPE 0x88b5
#define TEST_FRAME_MARK_AT 34 /* the back end's number; 0: unmarked */
#define TEST_FRAME_MIN 60

struct test_frame {
	uint64_t number;
	uint64_t sent_ns;
	uint32_t stream;
	uint8_t mark;
};

static inline bool test_frame_is(const uint8_t *frame, size_t len_bytes)
{
	return len_bytes >= TEST_FRAME_MIN && frame[12] == TEST_FRAME_TYPE >> 8 &&
	       frame[13] == (TEST_FRAME_TYPE & 0xff);
}

/* frame: at least TEST_FRAME_MIN bytes. */
static inline void test_frame_put(
	uint8_t *frame, const uint8_t dst[6], const uint8_t src[6], const struct test_frame *f)
{
	memset(frame, 0, TEST_FRAME_MIN);
	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	frame[12] = TEST_FRAME_TYPE >> 8;
	frame[13] = TEST_FRAME_TYPE & 0xff;
	memcpy(frame + 14, &f->number, 8);
	memcpy(frame + 22, &f->sent_ns, 8);
	memcpy(frame + 30, &f->stream, 4);
	frame[TEST_FRAME_MARK_AT] = f->mark;
}

static inline bool test_frame_get(const uint8_t *frame, size_t len_bytes, struct test_frame *f)
{
	if (!test_frame_is(frame, len_bytes))
		return false;
	memcpy(&f->number, frame + 14, 8);
	memcpy(&f->sent_ns, frame + 22, 8);
	memcpy(&f->stream, frame + 30, 4);
	f->mark = frame[TEST_FRAME_MARK_AT];
	return true;
}

#endif
