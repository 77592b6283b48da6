/* SPDX-License-Identifier: BSD-3-Clause */
/* ingress_test.c - each reason for a drop happens, for the frame that it is meant for; and what an
 * adapter may flood. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/ingress.h"
#include "tests/unit/net/packets.h"

#define CLIENT_A UINT64_C(0x027669000001) /* own address of port 0, PVID 1, tagged 30 */
#define CLIENT_B UINT64_C(0x027669000002) /* of port 1, PVID 1 */
#define CLIENT_C UINT64_C(0x027669000003) /* of port 2, PVID 40, own address only */
#define OUTSIDE UINT64_C(0x025555000001)
#define SECOND UINT64_C(1000000)

static struct ingress *in;
static struct rules *rules;
static uint64_t now_us;

static void begin(uint64_t at_us, const char *ports)
{
	struct portset live = {{0}};

	now_us = at_us;
	for (; *ports; ports++)
		portset_add(&live, *ports == 'u'   ? PORT_UPLINK
				   : *ports == 't' ? PORT_TRUNK
						   : (unsigned)(*ports - 'a'));
	ingress_begin(in, rules, &live, at_us);
}

static int set_up(void **state)
{
	const uint16_t thirty[] = {30};
	const struct rules_port a = {1, 1, thirty, false, 100}, b = {1, 0, NULL, false, 0},
				c = {40, 0, NULL, true, 0}, uplink = {1, 1, thirty, false, 0};

	in = test_calloc(1, sizeof(*in));
	rules = rules_new();
	in->by.fdb = fdb_new(1024, 8);
	ingress_init(in, SECOND);
	if (rules_set(rules, 0, &a) || rules_set(rules, 1, &b) || rules_set(rules, 2, &c) ||
		rules_set(rules, PORT_UPLINK, &uplink))
		return -1;
	begin(SECOND, "abcu");
	begin(3 * SECOND, "abcu"); /* none of them has just come */
	return fdb_static_add(in->by.fdb, CLIENT_A, 0) || fdb_static_add(in->by.fdb, CLIENT_B, 1) ||
	       fdb_static_add(in->by.fdb, CLIENT_C, 2);
}

static int tear_down(void **state)
{
	fdb_free(in->by.fdb);
	rules_free(rules);
	test_free(in);
	return 0;
}

struct sent {
	struct frame frame;
	struct forward to;
	bool pruned;
};

static struct sent send_long(
	uint16_t port, uint64_t src, uint64_t dst, const uint16_t *types, size_t whole_bytes)
{
	uint8_t bytes[64] = {0};
	struct ingress_frame what = {bytes, sizeof(bytes), whole_bytes, 1518};
	struct sent sent;

	frame_mac_bytes(dst, bytes);
	frame_mac_bytes(src, bytes + 6);
	for (unsigned i = 0; types[i]; i++) {
		bytes[12 + 2 * i] = (uint8_t)(types[i] >> 8);
		bytes[13 + 2 * i] = (uint8_t)types[i];
	}
	ingress_decide(in, port, &what, &sent.frame, &sent.to, &sent.pruned);
	return sent;
}

static struct sent send(uint16_t port, uint64_t src, uint64_t dst)
{
	return send_long(port, src, dst, (const uint16_t[]){0x0800, 0}, 64);
}

static unsigned long long seen; /* reasons, by bit */

static void expect(struct sent sent, enum drop reason, uint16_t charged)
{
	assert_string_equal(drop_name(sent.to.reason), drop_name(reason));
	assert_int_equal(sent.to.charged, charged);
	seen |= 1ull << reason;
}

static void test_lengths_and_tags(void **state)
{
	const uint16_t tagged50[] = {0x8100, 50, 0x0800, 0}, nested[] = {0x8100, 1, 0x8100, 30, 0};
	struct ingress_frame runt = {(const uint8_t *)"0123456789abc", 13, 13, 1518};
	struct sent sent;

	ingress_decide(in, 1, &runt, &sent.frame, &sent.to, &sent.pruned);
	expect(sent, DROP_RUNT, 1);
	expect(send_long(0, CLIENT_A, CLIENT_B, (const uint16_t[]){0x0800, 0}, 1519), DROP_OVERSIZE,
		0);
	assert_int_equal(
		send_long(0, CLIENT_A, CLIENT_B, (const uint16_t[]){0x0800, 0}, 1518).to.reason,
		DROP_NONE);
	expect(send_long(0, CLIENT_A, CLIENT_B, tagged50, 64), DROP_VLAN, 0);
	expect(send_long(0, CLIENT_A, CLIENT_B, nested, 64), DROP_NESTED_TAG, 0);
}

static void test_addresses(void **state)
{
	expect(send(0, CLIENT_B, OUTSIDE), DROP_BAD_SOURCE, 0);
	expect(send(2, OUTSIDE, FRAME_MAC_BROADCAST), DROP_SPOOFED, 2);
	expect(send(0, CLIENT_A, UINT64_C(0x0180C2000002)), DROP_RESERVED, 0);
	expect(send(PORT_UPLINK, CLIENT_A, FRAME_MAC_BROADCAST), DROP_LOOP, PORT_UPLINK);
	expect(send(0, CLIENT_A, CLIENT_A), DROP_HAIRPIN, 0);
	expect(send(0, CLIENT_A, CLIENT_C), DROP_OTHER_VLAN, 0);
	expect(send(2, CLIENT_C, FRAME_MAC_BROADCAST), DROP_NO_TARGET, 2);
	begin(now_us + 1, "acu");
	expect(send(PORT_UPLINK, OUTSIDE, CLIENT_B), DROP_NOT_LIVE, 1);
}

static struct sent send_bytes(uint16_t port, const struct bytes *b)
{
	struct ingress_frame what = {b->at, b->n, b->n, SIZE_MAX};
	struct sent sent;

	ingress_decide(in, port, &what, &sent.frame, &sent.to, &sent.pruned);
	return sent;
}

/* B may use one address of each family. */
static void test_lies(void **state)
{
	const struct ip gateway = v4(10, 0, 0, 1), own = v4(10, 0, 0, 5), own6 = v6(0xFD00, 5),
			all_nodes = v6(0xFF02, 1);
	const uint8_t advertisement[24] = {136};
	struct bytes lie = arp(CLIENT_B, 1, CLIENT_B, gateway, gateway),
		     truth = arp(CLIENT_B, 1, CLIENT_B, own, gateway),
		     nd = message(CLIENT_B, UINT64_C(0x333300000001), &own6, &all_nodes, 255,
			     advertisement, sizeof(advertisement)),
		     ip = ethernet(CLIENT_A, CLIENT_B, 0x0800);

	add_ip(&ip, &gateway, &own, PACKET_UDP, 64, 0);
	assert_int_equal(send_bytes(1, &lie).to.reason, DROP_NONE);
	assert_int_equal(send_bytes(1, &ip).to.reason, DROP_NONE);
	rules->guard[1] = (struct guard){.n = 2, .allowed = {own, own6}};
	portset_add(&rules->guarded, 1);
	expect(send_bytes(1, &lie), DROP_SPOOFED_ARP, 1);
	expect(send_bytes(1, &nd), DROP_SPOOFED_ND, 1);
	expect(send_bytes(1, &ip), DROP_SPOOFED_IP, 1);
	assert_int_equal(send_bytes(1, &truth).to.reason, DROP_NONE);
	/* Nobody else is asked. */
	lie = arp(CLIENT_A, 1, CLIENT_A, gateway, gateway);
	assert_int_equal(send_bytes(0, &lie).to.reason, DROP_NONE);
}

static void test_nobody_listens(void **state)
{
	const uint8_t query[8] = {0x11, 1};
	const struct ip all = v4(224, 0, 0, 1), from = v4(10, 0, 0, 9), group = v4(239, 1, 1, 1);
	struct bytes b = message(OUTSIDE, mcast_mac(&all), &from, &all, 1, query, 8);

	in->snoop = snoop_new();
	rules->snooping[0] = true;
	assert_int_equal(send_bytes(PORT_UPLINK, &b).to.reason, DROP_NONE);
	begin(now_us + 2 * SECOND, "abcu");
	b = ethernet(mcast_mac(&group), OUTSIDE, 0x0800);
	add_ip(&b, &from, &group, PACKET_UDP, 64, 0);
	expect(send_bytes(PORT_UPLINK, &b), DROP_NO_LISTENER, PORT_UPLINK);
	snoop_free(in->snoop);
}

/* Counts how many of so many frames go out. */
static unsigned flood(uint64_t dst, unsigned n, enum drop otherwise)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < n; i++) {
		struct sent sent = send(0, CLIENT_A, dst);

		if (sent.to.reason == DROP_NONE && sent.to.port == PORT_NONE)
			passed++;
		else
			expect(sent, otherwise, 0);
	}
	return passed;
}

static void test_storms(void **state)
{
	assert_int_equal(flood(FRAME_MAC_BROADCAST, 100, DROP_STORM_BROADCAST), 32);
	/* What goes to groups has a bucket of its own. */
	assert_int_equal(flood(UINT64_C(0x3333FF000001), 100, DROP_STORM_MULTICAST), 32);
	begin(now_us + SECOND / 10, "abcu");
	assert_int_equal(flood(FRAME_MAC_BROADCAST, 100, DROP_STORM_BROADCAST), 10);
	/* Another adapter has no limit. */
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(send(1, CLIENT_B, FRAME_MAC_BROADCAST).to.reason, DROP_NONE);
}

static void test_unknown_addresses(void **state)
{
	/* More than it may flood goes where it most likely belongs, and is not lost. */
	for (unsigned i = 0; i < 100; i++) {
		struct sent sent = send(0, CLIENT_A, OUTSIDE + 7);

		assert_int_equal(sent.to.reason, DROP_NONE);
		assert_int_equal(sent.pruned, i >= 32);
		assert_int_equal(sent.to.port, i >= 32 ? PORT_UPLINK : PORT_NONE);
	}
	/* One place to go: that is no flood. */
	begin(now_us + 1, "au");
	assert_false(send(0, CLIENT_A, OUTSIDE + 7).pruned);
	assert_int_equal(send(0, CLIENT_A, OUTSIDE + 7).to.reason, DROP_NONE);
	/* No way out: it is lost. */
	begin(now_us + 1, "ab");
	rules->pvid[2] = 1; /* a third one, so that there are two to flood it to */
	portset_add(&rules->member[1], 2);
	begin(now_us + 1, "abc");
	assert_true(flood(OUTSIDE + 7, 100, DROP_STORM_UNKNOWN) < 2);
}

static void test_copies(void **state)
{
	unsigned passed = 0;
	struct sent sent;

	for (uint16_t p = 3; p < 3 + 98; p++)
		portset_add(&rules->member[1], p);
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		in->by.live.word[i] |= rules->member[1].word[i];
	while ((sent = send(1, CLIENT_B, FRAME_MAC_BROADCAST)).to.reason == DROP_NONE)
		passed++;
	expect(sent, DROP_FLOOD_LIMIT, 1);
	assert_int_equal(passed, 8192 / 100);
}

static void test_just_come(void **state)
{
	begin(now_us + 1, "bcu");
	begin(now_us + 1, "abcu");
	assert_int_equal(
		send(PORT_UPLINK, CLIENT_A, CLIENT_B).to.port, 1); /* the other VIOS sent it */
	begin(now_us + INGRESS_FRESH_US - 1, "abcu");
	assert_int_equal(send(PORT_UPLINK, CLIENT_A, CLIENT_B).to.reason, DROP_NONE);
	begin(now_us + 1, "abcu");
	expect(send(PORT_UPLINK, CLIENT_A, CLIENT_B), DROP_LOOP, PORT_UPLINK);
}

static void test_trunk(void **state)
{
	static const struct vlanset none;
	struct sent sent;

	rules_set_trunk(rules, &none);
	begin(now_us + 1, "abcut");
	expect(send(PORT_UPLINK, 0x025555000001, CLIENT_A), DROP_NOT_PRIMARY, PORT_UPLINK);
	/* More to nobody known than it may flood: to where the uplink is. */
	for (unsigned i = 0; i < 1000; i++) {
		sent = send(0, CLIENT_A, 0x025555000002);
		assert_int_equal(sent.to.reason, DROP_NONE);
	}
	assert_true(sent.pruned);
	assert_int_equal(sent.to.port, PORT_TRUNK);
}

/* An answer to the VIOS's own probe stays here, whoever has said that the address is his, and
 * whoever is primary. What comes from a client is none. */
static void test_probes(void **state)
{
	static struct probe_ear ears[PORT_UPLINKS], *ear = ears;
	const uint64_t own = UINT64_C(0x02aabbccddee);
	struct bytes reply = arp(OUTSIDE, 2, OUTSIDE, v4(10, 0, 0, 1), v4(0, 0, 0, 0));
	struct ingress_frame what = {reply.at, reply.n, reply.n, SIZE_MAX};
	struct sent sent;

	frame_mac_bytes(own, reply.at);
	frame_mac_bytes(own, reply.at + 32);
	rules->probe[0] = (struct probe_table){.mac = own, .n = 2};
	rules->probe[0].target[1] = v4(10, 0, 0, 1);
	in->ear = ears;
	assert_int_equal(send(0, own, OUTSIDE).to.reason, DROP_NONE);
	begin(now_us + 7, "abcut");
	ingress_decide(in, PORT_UPLINK, &what, &sent.frame, &sent.to, &sent.pruned);
	expect(sent, DROP_FOR_VIOS, PORT_UPLINK);
	assert_true(ear->heard_us[1] == now_us);
	ear->heard_us[1] = 0;
	ingress_decide(in, 1, &what, &sent.frame, &sent.to, &sent.pruned);
	assert_int_not_equal(sent.to.reason, DROP_FOR_VIOS);
	ingress_decide(in, PORT_TRUNK, &what, &sent.frame, &sent.to, &sent.pruned);
	assert_int_not_equal(sent.to.reason, DROP_FOR_VIOS);
	reply.at[21] = 1; /* the target asks: others want to hear that */
	ingress_decide(in, PORT_UPLINK, &what, &sent.frame, &sent.to, &sent.pruned);
	assert_int_not_equal(sent.to.reason, DROP_FOR_VIOS);
	assert_true(ear->heard_us[0] == 0 && ear->heard_us[1] == 0);
}

static void test_rings(void **state)
{
	/* What split_ring.h says it returns. */
	assert_int_equal(drop_of_ring(-EMSGSIZE), DROP_OVERSIZE);
	assert_int_equal(drop_of_ring(-EBADMSG), DROP_RUNT);
	assert_int_equal(drop_of_ring(-EAGAIN), DROP_TX_FULL);
	assert_int_equal(drop_of_ring(-EPROTO), DROP_BROKEN_RING);
	assert_int_equal(drop_of_ring(-ENOBUFS), DROP_NO_BUFFER);
	seen |= 1ull << drop_of_ring(-EAGAIN) | 1ull << drop_of_ring(-EPROTO) |
		1ull << drop_of_ring(-ENOBUFS);
	/* What offload.h refuses; offload_test.c has each way of it. */
	seen |= 1ull << DROP_BAD_OFFLOAD;
}

/* Decided after this, by a rate (limit.c) and by the uplink's room (share.c). */
#define DECIDED_LATER (1ull << DROP_RECV_RATE | 1ull << DROP_UPLINK_SHARE)

/* The last: what the others have seen. */
static void test_each_reason_has_happened(void **state)
{
	for (unsigned a = DROP_NONE + 1; a < DROP_COUNT; a++)
		if (!((seen | DECIDED_LATER) >> a & 1))
			fail_msg("nothing is dropped as %s", drop_name(a));
}

static void test_each_reason_is_named(void **state)
{
	for (unsigned a = 0; a < DROP_COUNT; a++) {
		assert_non_null(drop_name(a));
		assert_true(strlen(drop_text(a)) > 10);
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(drop_name(a), drop_name(b));
	}
	assert_string_equal(drop_name(DROP_COUNT), "unknown");
}

#define INGRESS_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INGRESS_TEST(test_lengths_and_tags),
		INGRESS_TEST(test_addresses),
		INGRESS_TEST(test_lies),
		INGRESS_TEST(test_nobody_listens),
		INGRESS_TEST(test_storms),
		INGRESS_TEST(test_unknown_addresses),
		INGRESS_TEST(test_copies),
		INGRESS_TEST(test_just_come),
		INGRESS_TEST(test_trunk),
		INGRESS_TEST(test_probes),
		cmocka_unit_test(test_rings),
		cmocka_unit_test(test_each_reason_has_happened),
		cmocka_unit_test(test_each_reason_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
