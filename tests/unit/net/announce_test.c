/* SPDX-License-Identifier: BSD-3-Clause */
/* announce_test.c - the announcement, byte for byte (RFC 903, RFC 826). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/announce.h"
#include "net/frame.h"

static void test_bytes(void **state)
{
	static const uint8_t mac[6] = {0x02, 0x76, 0x69, 0x00, 0x00, 0x01};
	static const uint8_t expected[ANNOUNCE_RARP_BYTES] = {
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,		   /* to everybody */
		0x02, 0x76, 0x69, 0x00, 0x00, 0x01,		   /* from the client */
		0x80, 0x35, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 3, /* RARP, request reverse */
		0x02, 0x76, 0x69, 0x00, 0x00, 0x01, 0, 0, 0, 0,	   /* sender */
		0x02, 0x76, 0x69, 0x00, 0x00, 0x01, 0, 0, 0, 0,	   /* target */
	};
	uint8_t out[ANNOUNCE_RARP_BYTES];
	struct frame frame;

	memset(out, 0xA5, sizeof(out));
	announce_rarp(mac, out);
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(frame_parse(out, sizeof(out), &frame), 0);
	assert_int_equal(frame.src, frame_mac_number(mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
