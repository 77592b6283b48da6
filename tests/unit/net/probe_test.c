/* SPDX-License-Identifier: BSD-3-Clause */
/* probe_test.c - probes as they are on the wire, and what is taken for their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/probe.h"
#include "tests/unit/net/packets.h"

#define MAC UINT64_C(0x02aabbccddee)
#define HOST UINT64_C(0x025555000001)

static struct probe_table table;
static const struct ip own_ip = {
	{0xFE, 0x80, [8] = 0x00, 0xAA, 0xBB, 0xFF, 0xFE, 0xCC, 0xDD, 0xEE}};

static int set_up(void **state)
{
	table = (struct probe_table){.mac = MAC, .n = 3};
	table.target[0] = v4(10, 0, 0, 1);
	table.target[1] = v6(0xFD00, 0x1234);
	table.target[2] = v4(10, 0, 0, 9);
	return 0;
}

/* The bytes lie at the end of their memory: what reads beyond them is seen by the sanitizer. */
static int answer(const struct bytes *b)
{
	uint8_t *copy = test_malloc(b->n);
	struct frame frame;
	int target;

	memcpy(copy, b->at, b->n);
	assert_int_equal(frame_parse(copy, b->n, &frame), 0);
	target = probe_cares(&table, &frame) ? probe_answer(&table, copy, b->n, &frame) : -1;
	test_free(copy);
	return target;
}

static void test_arp_probe(void **state)
{
	static const uint8_t wanted[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0xaa, 0xbb,
		0xcc, 0xdd, 0xee, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x02, 0xaa, 0xbb, 0xcc, 0xdd,
		0xee, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9};
	uint8_t out[PROBE_ND_BYTES];

	memset(out, 0xEE, sizeof(out));
	assert_int_equal(probe_frame(&table, 2, out), PROBE_ARP_BYTES);
	assert_memory_equal(out, wanted, sizeof(wanted));
	for (unsigned i = sizeof(wanted); i < PROBE_ARP_BYTES; i++)
		assert_int_equal(out[i], 0);
}

static void test_solicitation(void **state)
{
	uint8_t out[PROBE_ND_BYTES];
	struct frame frame;
	struct packet p;

	memset(out, 0xEE, sizeof(out));
	assert_int_equal(probe_frame(&table, 1, out), PROBE_ND_BYTES);
	assert_int_equal(frame_parse(out, sizeof(out), &frame), 0);
	assert_true(frame.src == MAC && frame.dst == UINT64_C(0x3333ff001234));
	assert_int_equal(packet_parse(out + 14, sizeof(out) - 14, frame.ethertype, &p), 0);
	assert_true(ip_equal(&p.src, &own_ip));
	/* ff02::1:ff00:1234 */
	assert_memory_equal(p.dst.byte,
		((uint8_t[]){0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0, 0x12, 0x34}), 16);
	assert_int_equal(p.hops, 255);
	assert_int_equal(p.protocol, PACKET_ICMPV6);
	assert_true(packet_sum_is_right(&p));
	assert_int_equal(p.body_bytes, 32);
	assert_int_equal(p.body[0], 135);
	assert_memory_equal(p.body + 8, table.target[1].byte, 16);
	assert_memory_equal(
		p.body + 24, ((uint8_t[]){1, 1, 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}), 8);
}

static struct bytes arp_reply(void)
{
	struct bytes b = arp(HOST, 2, HOST, v4(10, 0, 0, 1), v4(0, 0, 0, 0));

	frame_mac_bytes(MAC, b.at);
	frame_mac_bytes(MAC, b.at + 32);
	return b;
}

static void test_arp_answers(void **state)
{
	struct bytes b = arp_reply();

	assert_int_equal(answer(&b), 0);
	b.at[31] = 9;
	assert_int_equal(answer(&b), 2);
	memset(b.at, 0xFF, 6); /* as a link-local host does */
	assert_int_equal(answer(&b), 2);
	b.at[31] = 2; /* somebody else */
	assert_int_equal(answer(&b), -1);
	b.at[31] = 9;
	b.n--;
	assert_int_equal(answer(&b), -1);
}

static void test_what_is_no_arp_answer(void **state)
{
	/* Each byte that must be as it is: to whom, the kind, the operation, who has asked. */
	static const unsigned at[] = {0, 5, 14, 15, 16, 17, 18, 19, 20, 21, 28, 29, 30, 31, 32, 37};
	struct bytes b;

	for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		b = arp_reply();
		b.at[at[i]] ^= 4;
		if (answer(&b) != -1)
			fail_msg("byte %u does not matter", at[i]);
	}
	/* A target that asks for us is heard, but does it hear us? */
	b = arp_reply();
	b.at[21] = 1;
	assert_int_equal(answer(&b), -1);
}

static struct bytes advertisement(uint8_t flags, uint8_t hops, struct ip dst, struct ip target)
{
	uint8_t body[32] = {136, 0, 0, 0, flags};

	memcpy(body + 8, &target, 16);
	body[24] = 2;
	body[25] = 1;
	return message(HOST, MAC, &target, &dst, hops, body, sizeof(body));
}

static void test_nd_answers(void **state)
{
	struct bytes b = advertisement(0x60, 255, own_ip, table.target[1]);

	assert_int_equal(answer(&b), 1);
	b = advertisement(0x40, 255, own_ip, table.target[1]);
	assert_int_equal(answer(&b), 1);
	b = advertisement(0x20, 255, own_ip, table.target[1]); /* not asked for */
	assert_int_equal(answer(&b), -1);
	b = advertisement(0x40, 254, own_ip, table.target[1]); /* from beyond a router */
	assert_int_equal(answer(&b), -1);
	b = advertisement(0x40, 255, v6(0xFE80, 1), table.target[1]);
	assert_int_equal(answer(&b), -1);
	b = advertisement(0x40, 255, own_ip, v6(0xFD00, 0x1235));
	assert_int_equal(answer(&b), -1);
	b = advertisement(0x40, 255, own_ip, table.target[1]);
	b.at[56] ^= 1; /* its checksum */
	assert_int_equal(answer(&b), -1);
	for (unsigned cut = 1; cut < 72; cut++) {
		b = advertisement(0x40, 255, own_ip, table.target[1]);
		b.n -= cut;
		assert_int_equal(answer(&b), -1);
	}
}

/* Whole and true, but of another type, code or protocol. */
static void test_what_is_no_advertisement(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		uint8_t body[24] = {i == 1 ? 135 : 136, i == 2, 0, 0, 0x40};
		struct bytes b;
		uint32_t sum;

		memcpy(body + 8, &table.target[1], 16);
		b = message(HOST, MAC, &table.target[1], &own_ip, 255, body, 24);
		if (i == 3) {
			b.at[20] = PACKET_UDP;
			b.at[56] = b.at[57] = 0;
			sum = ~packet_sum(b.at + 54, 24,
				packet_sum_pseudo(&table.target[1], &own_ip, 24, PACKET_UDP));
			b.at[56] = (uint8_t)(sum >> 8);
			b.at[57] = (uint8_t)sum;
		}
		assert_int_equal(answer(&b), i == 0 ? 1 : -1);
	}
}

static void test_other_frames(void **state)
{
	struct bytes b;

	/* In another VLAN it is another host. */
	b = arp_reply();
	memmove(b.at + 16, b.at + 12, b.n - 12);
	memcpy(b.at + 12, ((uint8_t[]){0x81, 0, 0, 7}), 4);
	b.n += 4;
	assert_int_equal(answer(&b), -1);
	b.at[15] = 0; /* priority-tagged */
	assert_int_equal(answer(&b), 0);
	table.n = 0;
	b = arp_reply();
	assert_int_equal(answer(&b), -1);
}

#define PROBE_TEST(fn) cmocka_unit_test_setup(fn, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PROBE_TEST(test_arp_probe),
		PROBE_TEST(test_solicitation),
		PROBE_TEST(test_arp_answers),
		PROBE_TEST(test_what_is_no_arp_answer),
		PROBE_TEST(test_nd_answers),
		PROBE_TEST(test_what_is_no_advertisement),
		PROBE_TEST(test_other_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
