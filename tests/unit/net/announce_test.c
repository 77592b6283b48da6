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
#include "tests/unit/net/packets.h"

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
	uint16_t vlans[ANNOUNCE_VLANS_MAX];
	struct rules *rules = rules_new();
	uint8_t out[ANNOUNCE_BYTES_MAX];
	struct vlanset primary = {0};

	assert_int_equal(rules_set(rules, 3, &client), 0);
	assert_int_equal(announce_vlans(rules, 3, false, vlans), 0);
	assert_int_equal(rules_set(rules, PORT_UPLINK, &uplink), 0);
	assert_int_equal(announce_vlans(rules, 3, false, vlans), 3);
	for (unsigned i = 0; i < 3; i++) {
		unsigned len_bytes =
			announce_in(mac, rules_edit(rules, PORT_UPLINK, vlans[i], 0), out);
		struct frame frame;

		assert_int_equal(len_bytes, expected[i] ? 64 : 60);
		assert_int_equal(frame_parse(out, len_bytes, &frame), 0);
		assert_int_equal(frame.vlan, expected[i]);
		assert_int_equal(frame.ethertype, 0x8035);
		assert_int_equal(frame.src, frame_mac_number(mac));
		assert_memory_equal(out + frame.payload_offset + 8, mac, 6);
	}
	/* With a trunk only where this side is the primary. */
	assert_int_equal(announce_vlans(rules, 3, true, vlans), 0);
	vlanset_add(&primary, 30);
	rules_set_trunk(rules, &primary);
	assert_int_equal(announce_vlans(rules, 3, true, vlans), 1);
	assert_int_equal(vlans[0], 30);
	rules_free(rules);
}

static const uint8_t client[6] = {0x02, 0x76, 0x69, 0x00, 0x00, 0x01};

static void test_arp_bytes(void **state)
{
	static const uint8_t expected[ANNOUNCE_RARP_BYTES] = {
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,		 /* to everybody */
		0x02, 0x76, 0x69, 0x00, 0x00, 0x01,		 /* from the client */
		0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1,		 /* ARP, request */
		0x02, 0x76, 0x69, 0x00, 0x00, 0x01, 10, 0, 0, 5, /* sender */
		0, 0, 0, 0, 0, 0, 10, 0, 0, 5,			 /* the same as target */
	};
	const struct neigh_address own = {v4(10, 0, 0, 5), 1, false};
	uint8_t out[ANNOUNCE_ND_BYTES];

	memset(out, 0xA5, sizeof(out));
	assert_int_equal(announce_ip(client, &own, out), sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));
}

static void test_nd_bytes(void **state)
{
	const struct ip all_nodes = v6(0xFF02, 1);
	uint8_t out[ANNOUNCE_ND_BYTES];
	struct packet p;

	for (unsigned router = 0; router < 2; router++) {
		const struct neigh_address own = {v6(0xFD00, 5), 1, router};

		assert_int_equal(announce_ip(client, &own, out), sizeof(out));
		assert_memory_equal(out, ((uint8_t[]){0x33, 0x33, 0, 0, 0, 1}), 6);
		assert_int_equal(packet_parse(out + 14, sizeof(out) - 14, 0x86DD, &p), 0);
		assert_true(ip_equal(&p.src, &own.ip) && ip_equal(&p.dst, &all_nodes));
		assert_int_equal(p.hops, 255);
		assert_int_equal(p.body_bytes, 32);
		assert_true(packet_sum_is_right(&p));
		assert_int_equal(p.body[0], 136);
		assert_int_equal(p.body[4], router ? 0xA0 : 0x20);
		assert_memory_equal(p.body + 8, &own.ip, 16);
		assert_memory_equal(p.body + 24, ((uint8_t[]){2, 1, 2, 0x76, 0x69, 0, 0, 1}), 8);
	}
}

/* Heard in VLAN 30: there; allowed and never heard: in the PVID; not allowed: nowhere. */
static void test_whole_round(void **state)
{
	const uint16_t thirty = 30;
	const struct guard guard = {.n = 2, .allowed = {v4(10, 0, 0, 5), v4(10, 0, 0, 6)}};
	const struct rules_port adapter = {.pvid = 10,
					.n_vlans = 1,
					.vlans = &thirty,
					.guard = &guard},
				uplink = {.pvid = 1, .n_vlans = 1, .vlans = &thirty};
	struct rules *rules = rules_new();
	struct announce what = {.rules = rules,
		.neigh = neigh_new(),
		.port = 3,
		.mac = UINT64_C(0x027669000001),
		.now_s = 9};
	struct bytes heard = arp(what.mac, 1, what.mac, v4(10, 0, 0, 5), v4(10, 0, 0, 1)),
		     lie = arp(what.mac, 1, what.mac, v4(10, 0, 0, 7), v4(10, 0, 0, 1));
	struct announce_out out;
	struct frame frame;

	assert_int_equal(rules_set(rules, 3, &adapter), 0);
	assert_int_equal(rules_set(rules, PORT_UPLINK, &uplink), 0);
	assert_int_equal(frame_parse(heard.at, heard.n, &frame), 0);
	neigh_hear(what.neigh, heard.at, heard.n, &frame, 30, 3, 5);
	neigh_hear(what.neigh, lie.at, lie.n, &frame, 30, 3, 5);
	assert_int_equal(
		announce_frame(&what, 0, &out), 64); /* RARP: the uplink has VLAN 30 only */
	assert_int_equal(announce_frame(&what, 1, &out), 64);
	assert_int_equal(frame_parse(out.bytes, 64, &frame), 0);
	assert_int_equal(frame.ethertype, PACKET_TYPE_ARP);
	assert_int_equal(frame.vlan, 30);
	assert_memory_equal(out.bytes + 18 + 14, ((uint8_t[]){10, 0, 0, 5}), 4);
	assert_int_equal(announce_frame(&what, 2, &out), 0); /* the uplink is not in VLAN 10 */
	assert_int_equal(announce_frame(&what, 3, &out), -1);
	what.mac_only = true;
	assert_int_equal(announce_frame(&what, 1, &out), -1);
	rules_free(rules);
	neigh_free(what.neigh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_in_its_vlans),
		cmocka_unit_test(test_arp_bytes),
		cmocka_unit_test(test_nd_bytes),
		cmocka_unit_test(test_whole_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
