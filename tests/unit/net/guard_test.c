/* SPDX-License-Identifier: BSD-3-Clause */
/* guard_test.c - whose address a frame may say that it is from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/guard.h"
#include "tests/unit/net/packets.h"

#define OWN UINT64_C(0x027669000001)
#define OTHER UINT64_C(0x027669000002)
#define ALL_NODES UINT64_C(0x333300000001)

static struct guard guard;

static int set_up(void **state)
{
	guard = (struct guard){.n = 2, .allowed = {v4(10, 0, 0, 5), v6(0xFD00, 5)}};
	return 0;
}

static void expect(const struct bytes *b, enum drop reason)
{
	uint8_t *copy = test_malloc(b->n);
	struct frame frame;

	memcpy(copy, b->at, b->n);
	assert_int_equal(frame_parse(copy, b->n, &frame), 0);
	assert_string_equal(drop_name(guard_check(&guard, copy, b->n, &frame)), drop_name(reason));
	test_free(copy);
}

static struct bytes udp(struct ip src, struct ip dst, unsigned from_port, unsigned to_port)
{
	struct bytes b = ethernet(
		FRAME_MAC_BROADCAST, OWN, ip_is_v4(&dst) ? PACKET_TYPE_IPV4 : PACKET_TYPE_IPV6);

	add_ip(&b, &src, &dst, PACKET_UDP, 64, 8);
	add16(&b, from_port);
	add16(&b, to_port);
	add16(&b, 8);
	add16(&b, 0);
	return b;
}

static void expect_udp(struct ip src, struct ip dst, unsigned to_port, enum drop reason)
{
	struct bytes b = udp(src, dst, 68, to_port);

	expect(&b, reason);
}

static void test_ip(void **state)
{
	struct ip local, others;
	struct bytes cut;

	ip_link_local(OWN, &local);
	ip_link_local(OTHER, &others);
	expect_udp(v4(10, 0, 0, 5), v4(10, 0, 0, 1), 53, DROP_NONE);
	expect_udp(v4(10, 0, 0, 6), v4(10, 0, 0, 1), 53, DROP_SPOOFED_IP);
	expect_udp(v6(0xFD00, 5), v6(0xFD00, 1), 53, DROP_NONE);
	expect_udp(v6(0xFD00, 6), v6(0xFD00, 1), 53, DROP_SPOOFED_IP);
	expect_udp(local, v6(0xFF02, 1), 547, DROP_NONE);
	expect_udp(others, v6(0xFF02, 1), 547, DROP_SPOOFED_IP);
	/* It asks for an address: that and nothing else is from none. */
	expect_udp(v4(0, 0, 0, 0), v4(255, 255, 255, 255), 67, DROP_NONE);
	expect_udp(v4(0, 0, 0, 0), v4(255, 255, 255, 255), 53, DROP_SPOOFED_IP);
	expect_udp(v4(0, 0, 0, 0), v4(10, 0, 0, 1), 67, DROP_SPOOFED_IP);
	expect_udp((struct ip){{0}}, v6(0xFF02, 1), 547, DROP_SPOOFED_IP);
	cut = udp(v4(10, 0, 0, 5), v4(10, 0, 0, 1), 1, 1);
	cut.n = 14 + 19;
	expect(&cut, DROP_SPOOFED_IP);
	/* Without an IPv6 address in the list there is no IPv6. */
	guard.n = 1;
	expect_udp(local, v6(0xFF02, 1), 547, DROP_SPOOFED_IP);
}

static void test_other_protocols(void **state)
{
	struct bytes other = ethernet(FRAME_MAC_BROADCAST, OWN, 0x88CC), nested;

	add(&other, (uint8_t[46]){0}, 46);
	expect(&other, DROP_NONE);
	/* Behind a second tag there may be anything. */
	nested = ethernet(FRAME_MAC_BROADCAST, OWN, FRAME_TYPE_VLAN);
	add(&nested, (const uint8_t[]){0, 10, 0x88, 0xA8, 0, 20, 8, 0}, 8);
	expect(&nested, DROP_SPOOFED_IP);
}

static void expect_arp(
	unsigned op, uint64_t says_mac, struct ip sender, struct ip target, enum drop reason)
{
	struct bytes b = arp(OWN, op, says_mac, sender, target);

	expect(&b, reason);
}

static void test_arp(void **state)
{
	const struct ip own = v4(10, 0, 0, 5), gateway = v4(10, 0, 0, 1), none = v4(0, 0, 0, 0);
	struct bytes b;

	expect_arp(1, OWN, own, gateway, DROP_NONE);
	expect_arp(2, OWN, own, gateway, DROP_NONE);
	expect_arp(2, OWN, gateway, gateway, DROP_SPOOFED_ARP);
	expect_arp(1, OTHER, own, gateway, DROP_SPOOFED_ARP);
	/* Gratuitous ones, and probes (RFC 5227). */
	expect_arp(1, OWN, own, own, DROP_NONE);
	expect_arp(1, OWN, gateway, gateway, DROP_SPOOFED_ARP);
	expect_arp(1, OWN, none, own, DROP_NONE);
	expect_arp(1, OWN, none, gateway, DROP_SPOOFED_ARP);
	expect_arp(2, OWN, none, own, DROP_SPOOFED_ARP);
	b = arp(OWN, 1, OWN, own, gateway);
	b.n--;
	expect(&b, DROP_SPOOFED_ARP);
	/* Of another kind of network: cannot be checked. */
	b = arp(OWN, 1, OWN, own, gateway);
	b.at[15] = 6;
	expect(&b, DROP_SPOOFED_ARP);
}

/* type, target, and one option with a link-layer address. */
static void expect_nd(
	uint8_t type, struct ip src, struct ip target, uint64_t option_mac, enum drop reason)
{
	uint8_t body[32] = {type}, n = 24;
	const struct ip all_nodes = v6(0xFF02, 1);
	struct bytes b;

	memcpy(body + 8, &target, 16);
	if (option_mac) {
		body[24] = type == 136 ? 2 : 1;
		body[25] = 1;
		frame_mac_bytes(option_mac, body + 26);
		n = 32;
	}
	b = message(OWN, ALL_NODES, &src, &all_nodes, 255, body, n);
	expect(&b, reason);
}

static void test_nd(void **state)
{
	const struct ip own = v6(0xFD00, 5), gateway = v6(0xFD00, 1), none = {{0}};
	struct ip local;

	ip_link_local(OWN, &local);
	expect_nd(135, own, gateway, OWN, DROP_NONE);
	expect_nd(135, own, gateway, OTHER, DROP_SPOOFED_ND);
	expect_nd(135, gateway, own, OWN, DROP_SPOOFED_IP);
	/* Whether an address is free is asked from none. */
	expect_nd(135, none, own, 0, DROP_NONE);
	expect_nd(135, none, local, 0, DROP_NONE);
	expect_nd(135, none, gateway, 0, DROP_SPOOFED_ND);
	expect_nd(135, none, own, OWN, DROP_SPOOFED_ND);
	expect_nd(136, own, own, OWN, DROP_NONE);
	expect_nd(136, own, gateway, OWN, DROP_SPOOFED_ND);
	expect_nd(136, own, own, OTHER, DROP_SPOOFED_ND);
	/* It is no router. */
	expect_nd(134, local, own, 0, DROP_SPOOFED_ND);
	expect_nd(137, local, own, 0, DROP_SPOOFED_ND);
	expect_nd(129, own, own, 0, DROP_NONE); /* an echo's answer */
}

/* An extension header before it, or a fragment's, hides nothing. */
static void test_nd_behind_headers(void **state)
{
	const struct ip own = v6(0xFD00, 5), all_nodes = v6(0xFF02, 1);
	uint8_t advertisement[24] = {136}, fragment[8] = {PACKET_ICMPV6},
		option[8] = {PACKET_ICMPV6};
	struct bytes b = ethernet(ALL_NODES, OWN, PACKET_TYPE_IPV6);

	advertisement[23] = 1; /* ::1 is not its */
	add_ip(&b, &own, &all_nodes, 60, 255, 32);
	add(&b, option, 8);
	add(&b, advertisement, 24);
	expect(&b, DROP_SPOOFED_ND);
	memcpy(advertisement + 8, &own, 16);
	b = ethernet(ALL_NODES, OWN, PACKET_TYPE_IPV6);
	add_ip(&b, &own, &all_nodes, 44, 255, 32);
	add(&b, fragment, 8);
	add(&b, advertisement, 24);
	expect(&b, DROP_SPOOFED_ND);
	/* A later fragment of something has no type. */
	b.at[14 + 40 + 3] = 8;
	expect(&b, DROP_NONE);
	/* Headers without end. */
	b = ethernet(ALL_NODES, OWN, PACKET_TYPE_IPV6);
	add_ip(&b, &own, &all_nodes, 60, 255, 80);
	for (unsigned i = 0; i < 10; i++)
		add(&b, (const uint8_t[8]){60}, 8);
	expect(&b, DROP_SPOOFED_IP);
}

#define GUARD_TEST(fn) cmocka_unit_test_setup(fn, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(test_ip),
		GUARD_TEST(test_other_protocols),
		GUARD_TEST(test_arp),
		GUARD_TEST(test_nd),
		GUARD_TEST(test_nd_behind_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
