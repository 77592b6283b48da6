/* SPDX-License-Identifier: BSD-3-Clause */
/* frame_test.c - Ethernet headers of every length, tags, and flows that stay together. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/frame.h"

/* 02:00:00:00:00:01 to 02:00:00:00:00:02, IPv4 10.0.0.1 to 10.0.0.2, UDP 1000 to 2000 */
static const uint8_t udp4[] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0, 0, 32,
	0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x03, 0xE8, 0x07, 0xD0, 0, 12, 0, 0};

/* Parses from memory that ends where the frame ends, so that a sanitizer sees one byte too many. */
static int parse(const uint8_t *bytes, size_t len_bytes, struct frame *out)
{
	uint8_t *copy = malloc(len_bytes ? len_bytes : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, bytes, len_bytes);
	rc = frame_parse(copy, len_bytes, out);
	free(copy);
	return rc;
}

static void test_untagged(void **state)
{
	struct frame f;

	assert_int_equal(parse(udp4, sizeof(udp4), &f), 0);
	assert_int_equal(f.dst, 0x020000000002);
	assert_int_equal(f.src, 0x020000000001);
	assert_int_equal(f.vlan, 0);
	assert_int_equal(f.ethertype, 0x0800);
	assert_int_equal(f.payload_offset, 14);
}

static void test_every_length(void **state)
{
	struct frame f;

	for (size_t len = 0; len < FRAME_HEADER_BYTES; len++)
		assert_int_equal(parse(udp4, len, &f), -EBADMSG);
	for (size_t len = FRAME_HEADER_BYTES; len <= sizeof(udp4); len++)
		assert_int_equal(parse(udp4, len, &f), 0);
}

static void test_tagged(void **state)
{
	uint8_t tagged[sizeof(udp4) + 4];
	struct frame f;

	memcpy(tagged, udp4, 12);
	memcpy(tagged + 12, (uint8_t[]){0x81, 0x00, 0xE0 | 0x01, 0x23},
		4); /* priority 7, VLAN 0x123 */
	memcpy(tagged + 16, udp4 + 12, sizeof(udp4) - 12);
	assert_int_equal(parse(tagged, sizeof(tagged), &f), 0);
	assert_int_equal(f.vlan, 0x123);
	assert_int_equal(f.ethertype, 0x0800);
	assert_int_equal(f.payload_offset, 18);
	for (size_t len = FRAME_HEADER_BYTES; len < FRAME_HEADER_BYTES + 4; len++)
		assert_int_equal(parse(tagged, len, &f), -EBADMSG);
	tagged[14] = 0xE0; /* priority-tagged: VLAN 0 is none */
	tagged[15] = 0;
	assert_int_equal(parse(tagged, sizeof(tagged), &f), 0);
	assert_int_equal(f.vlan, 0);
}

static uint32_t flow_with(size_t at, uint8_t value)
{
	uint8_t copy[sizeof(udp4)];
	struct frame f;

	memcpy(copy, udp4, sizeof(copy));
	copy[at] = value;
	assert_int_equal(parse(copy, sizeof(copy), &f), 0);
	return f.flow;
}

static void test_flow(void **state)
{
	uint32_t same = flow_with(0, 0x02);

	assert_int_equal(flow_with(18, 99), same);     /* IP identification */
	assert_int_equal(flow_with(39, 99), same);     /* UDP length */
	assert_int_not_equal(flow_with(11, 99), same); /* source address */
	assert_int_not_equal(flow_with(29, 99), same); /* source IP address */
	assert_int_not_equal(flow_with(35, 99), same); /* source port */
}

static void test_fragments_stay_together(void **state)
{
	uint8_t first[sizeof(udp4)], later[sizeof(udp4)];
	struct frame a, b;

	memcpy(first, udp4, sizeof(first));
	memcpy(later, udp4, sizeof(later));
	first[20] = 0x20; /* more fragments */
	later[21] = 0x10; /* offset */
	later[35] = 77;	  /* payload where the first has its ports */
	assert_int_equal(parse(first, sizeof(first), &a), 0);
	assert_int_equal(parse(later, sizeof(later), &b), 0);
	assert_int_equal(a.flow, b.flow);
}

static void test_ipv6_flow(void **state)
{
	uint8_t bytes[14 + 40 + 8] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x86, 0xDD, 0x60};
	struct frame a, b;

	bytes[14 + 6] = 6; /* TCP */
	assert_int_equal(parse(bytes, sizeof(bytes), &a), 0);
	bytes[14 + 41] = 1; /* source port */
	assert_int_equal(parse(bytes, sizeof(bytes), &b), 0);
	assert_int_not_equal(a.flow, b.flow);
	for (size_t len = FRAME_HEADER_BYTES; len < sizeof(bytes); len++)
		assert_int_equal(parse(bytes, len, &a), 0);
}

static void test_mac_numbers(void **state)
{
	const uint8_t mac[6] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB};
	uint8_t back[6];

	assert_int_equal(frame_mac_number(mac), 0x0123456789AB);
	frame_mac_bytes(0x0123456789AB, back);
	assert_memory_equal(mac, back, 6);
	assert_true(frame_mac_is_multicast(0x0123456789AB));
	assert_true(frame_mac_is_multicast(FRAME_MAC_BROADCAST));
	assert_false(frame_mac_is_multicast(0x0223456789AB));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untagged),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_fragments_stay_together),
		cmocka_unit_test(test_ipv6_flow),
		cmocka_unit_test(test_mac_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
