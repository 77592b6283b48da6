/* SPDX-License-Identifier: BSD-3-Clause */
/* neigh_test.c - what the switch learns of clients' addresses, wherever it hears of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/neigh.h"
#include "tests/unit/net/packets.h"

#define A UINT64_C(0x027669000001) /* of port 0 */
#define B UINT64_C(0x027669000002) /* of port 1 */
#define ALL_NODES UINT64_C(0x333300000001)

static struct neigh *neigh;
static struct neigh_address list[NEIGH_PORT_MAX];

static int set_up(void **state)
{
	neigh = neigh_new();
	return !neigh;
}

static int tear_down(void **state)
{
	neigh_free(neigh);
	return 0;
}

static void hear(const struct bytes *b, uint16_t vlan, uint32_t now_s)
{
	uint8_t *copy = test_malloc(b->n);
	struct frame frame;

	memcpy(copy, b->at, b->n);
	assert_int_equal(frame_parse(copy, b->n, &frame), 0);
	assert_true(neigh_cares(&frame));
	neigh_hear(neigh, copy, b->n, &frame, vlan,
		frame.src == A	 ? 0
		: frame.src == B ? 1
				 : PORT_NONE,
		now_s);
	test_free(copy);
}

static void says(uint64_t mac, struct ip ip, uint16_t vlan, uint32_t now_s)
{
	struct bytes b = arp(mac, 1, mac, ip, v4(10, 0, 0, 1));

	hear(&b, vlan, now_s);
}

static void nd(uint64_t mac, uint8_t type, uint8_t flags, struct ip src, struct ip target)
{
	const struct ip all_nodes = v6(0xFF02, 1);
	uint8_t body[24] = {type, 0, 0, 0, flags};
	struct bytes b;

	memcpy(body + 8, &target, 16);
	b = message(mac, ALL_NODES, &src, &all_nodes, 255, body, sizeof(body));
	hear(&b, 1, 10);
}

static void test_arp(void **state)
{
	struct bytes b = arp(A, 1, B, v4(10, 0, 0, 9), v4(10, 0, 0, 1));

	says(A, v4(10, 0, 0, 5), 30, 10);
	says(A, v4(0, 0, 0, 0), 30, 10); /* a probe: not its yet */
	hear(&b, 30, 10);		 /* of somebody else */
	b.n -= 10;
	hear(&b, 30, 10);
	assert_int_equal(neigh_list(neigh, 0, 10, list), 1);
	assert_int_equal(neigh_list(neigh, 1, 10, (struct neigh_address[NEIGH_PORT_MAX]){0}), 0);
	assert_int_equal(list[0].vlan, 30);
	assert_memory_equal(list[0].ip.byte + 12, ((uint8_t[]){10, 0, 0, 5}), 4);
	/* It ages, unless it is heard again. */
	assert_int_equal(neigh_list(neigh, 0, 9 + NEIGH_AGE_S, list), 1);
	assert_int_equal(neigh_list(neigh, 0, 10 + NEIGH_AGE_S, list), 0);
	says(A, v4(10, 0, 0, 5), 30, 1000);
	assert_int_equal(neigh_list(neigh, 0, 10 + NEIGH_AGE_S, list), 1);
	neigh_flush_port(neigh, 0);
	assert_int_equal(neigh_list(neigh, 0, 1000, list), 0);
}

static void test_address_that_moves(void **state)
{
	says(A, v4(10, 0, 0, 100), 1, 10);
	says(B, v4(10, 0, 0, 100), 2, 10); /* another network's */
	assert_int_equal(neigh_list(neigh, 0, 10, list), 1);
	says(B, v4(10, 0, 0, 100), 1, 11);
	assert_int_equal(neigh_list(neigh, 0, 11, list), 0);
	assert_int_equal(neigh_list(neigh, 1, 11, list), 2);
	/* To a host outside: it is not announced for a client any more. */
	says(UINT64_C(0x025555000001), v4(10, 0, 0, 100), 1, 12);
	assert_int_equal(neigh_list(neigh, 1, 12, list), 1);
	assert_int_equal(list[0].vlan, 2);
}

static void test_nd(void **state)
{
	const struct ip own = v6(0xFD00, 5), other = v6(0xFD00, 6), none = {{0}};

	nd(A, 135, 0, none, own); /* it asks whether it may have it */
	assert_int_equal(neigh_list(neigh, 0, 10, list), 0);
	nd(A, 135, 0, own, other);
	assert_int_equal(neigh_list(neigh, 0, 10, list), 1);
	assert_true(ip_equal(&list[0].ip, &own));
	assert_false(list[0].router);
	nd(A, 136, 0x20, own, other);
	assert_int_equal(neigh_list(neigh, 0, 10, list), 2);
	nd(B, 134, 0, v6(0xFE80, 1), none);
	assert_int_equal(neigh_list(neigh, 1, 10, list), 1);
	assert_true(list[0].router);
	nd(B, 128, 0, other, none); /* an echo request */
	assert_int_equal(neigh_list(neigh, 1, 10, list), 1);
}

static void test_limits(void **state)
{
	says(B, v4(10, 9, 9, 9), 1, 1);
	for (unsigned i = 0; i < 1000; i++)
		says(A, v4(10, 0, i >> 8, i & 0xFF), 1, 10 + i);
	assert_int_equal(neigh_list(neigh, 0, 1010, list), NEIGH_PORT_MAX);
	/* The newest ones. */
	for (unsigned i = 0; i < NEIGH_PORT_MAX; i++)
		assert_true((unsigned)(list[i].ip.byte[14] << 8 | list[i].ip.byte[15]) >=
			    1000 - NEIGH_PORT_MAX);
	assert_int_equal(neigh_list(neigh, 1, 1010, list), 1);
	/* In one second only so many. */
	neigh_flush_port(neigh, 0);
	for (unsigned i = 0; i < 1000; i++)
		says(A, v4(10, 1, i >> 8, i & 0xFF), 1, 2000);
	assert_int_equal(neigh_list(neigh, 0, 2000, list), NEIGH_PORT_MAX);
	for (unsigned i = 0; i < NEIGH_PORT_MAX; i++)
		assert_true(list[i].ip.byte[15] < 16);
}

#define NEIGH_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NEIGH_TEST(test_arp),
		NEIGH_TEST(test_address_that_moves),
		NEIGH_TEST(test_nd),
		NEIGH_TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
