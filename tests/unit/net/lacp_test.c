/* SPDX-License-Identifier: BSD-3-Clause */
/* lacp_test.c - one bit of an LACPDU, no byte of anything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/lacp.h"

#define LACPDU_BYTES 124
#define STATE_AT 32

/* As net_bonding sends it: the actor is active and can be aggregated. */
static void make(uint8_t out[LACPDU_BYTES])
{
	static const uint8_t begin[] = {0x01, 0x80, 0xC2, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0x09,
		0x01, 0x01, 0x01, 0x14, 0xFF, 0xFF, 0x02, 0, 0, 0, 0, 1, 0x21, 0, 0xFF, 0, 0, 1,
		0x05, 0, 0, 0, 0x02, 0x14};

	memset(out, 0, LACPDU_BYTES);
	memcpy(out, begin, sizeof(begin));
}

static void test_sets_one_bit(void **state)
{
	uint8_t sent[LACPDU_BYTES], was[LACPDU_BYTES];

	make(sent);
	make(was);
	assert_true(lacp_ask_short(sent, sizeof(sent)));
	was[STATE_AT] = 0x07;
	assert_memory_equal(sent, was, sizeof(was));
	assert_true(lacp_ask_short(sent, sizeof(sent)));
	assert_memory_equal(sent, was, sizeof(was));
}

/* In memory that ends where the frame ends, so that a sanitizer sees one byte too many. */
static void test_every_length(void **state)
{
	uint8_t whole[LACPDU_BYTES];

	make(whole);
	for (size_t len = 0; len <= sizeof(whole); len++) {
		uint8_t *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, whole, len);
		assert_int_equal(lacp_ask_short(copy, len), len >= LACP_LOOK_BYTES);
		if (len < LACP_LOOK_BYTES)
			assert_memory_equal(copy, whole, len);
		free(copy);
	}
}

/* To another group, of another type, a marker, another version, another TLV. */
static void test_leaves_others_alone(void **state)
{
	static const size_t at[] = {0, 5, 12, 13, 14, 15, 16, 17};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		uint8_t frame[LACPDU_BYTES], was[LACPDU_BYTES];

		make(frame);
		frame[at[i]] ^= 0x03;
		memcpy(was, frame, sizeof(was));
		assert_false(lacp_ask_short(frame, sizeof(frame)));
		assert_memory_equal(frame, was, sizeof(was));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_one_bit),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_leaves_others_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
