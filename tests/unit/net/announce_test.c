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

static void test_in_its_vlans(void **state)
{
	static const uint8_t mac[6] = {0x02, 0x76, 0x69, 0x00, 0x00, 0x01};
	const uint16_t client_vlans[] = {20, 30}, uplink_vlans[] = {10, 30};
	const struct rules_port client = {.pvid = 10, .n_vlans = 2, .vlans = client_vlans};
	const struct rules_port uplink = {.pvid = 20, .n_vlans = 2, .vlans = uplink_vlans};
	const uint16_t expected[] = {10, 0, 30}; /* VLAN 20 is the uplink's untagged one */
	uint32_t edits[ANNOUNCE_VLANS_MAX];
	struct rules *rules = rules_new();
	uint8_t out[ANNOUNCE_BYTES_MAX];

	assert_int_equal(rules_set(rules, 3, &client), 0);
	assert_int_equal(announce_edits(rules, 3, false, edits), 0);
	assert_int_equal(rules_set(rules, PORT_UPLINK, &uplink), 0);
	assert_int_equal(announce_edits(rules, 3, false, edits), 3);
	for (unsigned i = 0; i < 3; i++) {
		unsigned len_bytes = announce_in(mac, edits[i], out);
		struct frame frame;

		assert_int_equal(len_bytes, expected[i] ? 64 : 60);
		assert_int_equal(frame_parse(out, len_bytes, &frame), 0);
		assert_int_equal(frame.vlan, expected[i]);
		assert_int_equal(frame.ethertype, 0x8035);
		assert_int_equal(frame.src, frame_mac_number(mac));
		assert_memory_equal(out + frame.payload_offset + 8, mac, 6);
	}
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_in_its_vlans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
