/* SPDX-License-Identifier: BSD-3-Clause */
/* forward_test.c - where frames go, and for which reason they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/forward.h"

#define CLIENT_A UINT64_C(0x027669000001) /* own address of port 0 */
#define CLIENT_B UINT64_C(0x027669000002) /* of port 1 */
#define OUTSIDE UINT64_C(0x025555000001)

static struct fdb *fdb;

static int set_up(void **state)
{
	fdb = fdb_new(1024, 8);
	return !fdb || fdb_static_add(fdb, CLIENT_A, 0) || fdb_static_add(fdb, CLIENT_B, 1);
}

static int tear_down(void **state)
{
	fdb_free(fdb);
	return 0;
}

static struct portset live_ports(bool a, bool b, bool uplink)
{
	struct portset live = {{0}};

	if (a)
		portset_add(&live, 0);
	if (b)
		portset_add(&live, 1);
	if (uplink)
		portset_add(&live, PORT_UPLINK);
	return live;
}

static struct forward go(uint16_t in_port, uint64_t src, uint64_t dst, struct portset live)
{
	struct frame frame = {.src = src, .dst = dst, .ethertype = 0x0800};
	struct forward out;

	forward_frame(fdb, &frame, in_port, &live, 0, &out);
	return out;
}

static void expect_port(struct forward out, uint16_t port)
{
	assert_int_equal(out.reason, DROP_NONE);
	assert_int_equal(out.port, port);
}

static void expect_drop(struct forward out, enum drop reason, uint16_t charged)
{
	assert_string_equal(drop_name(out.reason), drop_name(reason));
	assert_int_equal(out.charged, charged);
}

static void expect_flood(struct forward out, struct portset set)
{
	assert_int_equal(out.reason, DROP_NONE);
	assert_int_equal(out.port, PORT_NONE);
	assert_memory_equal(&out.set, &set, sizeof(set));
}

static void test_known(void **state)
{
	struct portset all = live_ports(true, true, true);

	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, all), 0);
	expect_port(go(0, CLIENT_A, OUTSIDE, all), PORT_UPLINK); /* learned just now */
	expect_port(go(0, CLIENT_A, CLIENT_B, all), 1);
}

static void test_not_live(void **state)
{
	struct portset only_a = live_ports(true, false, true);

	/* Client B lives in the other VIOS: what comes for it is not ours, what goes to it goes
	 * out. */
	expect_drop(go(PORT_UPLINK, OUTSIDE, CLIENT_B, only_a), DROP_NOT_LIVE, 1);
	expect_port(go(0, CLIENT_A, CLIENT_B, only_a), PORT_UPLINK);
	expect_drop(go(0, CLIENT_A, CLIENT_B, live_ports(true, false, false)), DROP_NO_TARGET, 0);
}

static void test_broadcast_and_unknown(void **state)
{
	struct portset all = live_ports(true, true, true);

	expect_flood(
		go(PORT_UPLINK, OUTSIDE, FRAME_MAC_BROADCAST, all), live_ports(true, true, false));
	expect_flood(go(0, CLIENT_A, FRAME_MAC_BROADCAST, all), live_ports(false, true, true));
	expect_flood(go(0, CLIENT_A, 0x020000000077, all), live_ports(false, true, true));
	expect_drop(go(PORT_UPLINK, OUTSIDE, FRAME_MAC_BROADCAST, live_ports(false, false, true)),
		DROP_NO_TARGET, PORT_UPLINK);
}

static void test_own_frame_comes_back(void **state)
{
	struct portset all = live_ports(true, true, true);

	/* It does not move the address, and does not reach the client that sent it. */
	expect_flood(go(PORT_UPLINK, CLIENT_A, FRAME_MAC_BROADCAST, all),
		live_ports(false, true, false));
	expect_drop(go(PORT_UPLINK, CLIENT_A, CLIENT_A, all), DROP_HAIRPIN, PORT_UPLINK);
	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, all), 0);
	/* The same client, served by the other VIOS, reaches ours. */
	expect_port(go(PORT_UPLINK, CLIENT_A, CLIENT_B, live_ports(false, true, true)), 1);
}

static void test_sources(void **state)
{
	struct portset all = live_ports(true, true, true);

	expect_drop(go(0, CLIENT_B, OUTSIDE, all), DROP_BAD_SOURCE, 0);
	expect_drop(go(0, 0, OUTSIDE, all), DROP_BAD_SOURCE, 0);
	expect_drop(go(0, CLIENT_A | FRAME_MAC_MULTICAST, OUTSIDE, all), DROP_BAD_SOURCE, 0);
	assert_int_equal(fdb_learned_count(fdb, 0), 0);
	/* The gateway's, which was heard just now. */
	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, all), 0);
	expect_drop(go(1, OUTSIDE, FRAME_MAC_BROADCAST, all), DROP_BAD_SOURCE, 1);
	expect_port(go(0, CLIENT_A, OUTSIDE, all), PORT_UPLINK);
}

static void test_reserved_groups(void **state)
{
	struct portset all = live_ports(true, true, true);

	expect_drop(go(0, CLIENT_A, 0x0180C2000000, all), DROP_RESERVED, 0);
	expect_drop(go(PORT_UPLINK, OUTSIDE, 0x0180C200000F, all), DROP_RESERVED, PORT_UPLINK);
	expect_flood(go(0, CLIENT_A, 0x0180C2000010, all), live_ports(false, true, true));
}

static void test_hairpin(void **state)
{
	struct portset all = live_ports(true, true, true);

	go(PORT_UPLINK, OUTSIDE, FRAME_MAC_BROADCAST, all);
	expect_drop(go(PORT_UPLINK, OUTSIDE + 1, OUTSIDE, all), DROP_HAIRPIN, PORT_UPLINK);
	expect_drop(go(0, CLIENT_A, CLIENT_A, all), DROP_HAIRPIN, 0);
}

static void test_learned_behind_a_client_that_left(void **state)
{
	struct portset all = live_ports(true, true, true);

	go(1, OUTSIDE, FRAME_MAC_BROADCAST, all);
	expect_port(go(0, CLIENT_A, OUTSIDE, all), 1);
	expect_flood(go(0, CLIENT_A, OUTSIDE, live_ports(true, false, true)),
		live_ports(false, false, true));
}

static void test_every_reason_has_a_name(void **state)
{
	for (unsigned a = 0; a < DROP_COUNT; a++) {
		assert_non_null(drop_name(a));
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(drop_name(a), drop_name(b));
	}
}

static void test_portset(void **state)
{
	struct portset set = {{0}};
	unsigned seen = 0;

	for (unsigned p = 0; p < PORT_COUNT; p += 7)
		portset_add(&set, p);
	portset_add(&set, PORT_UPLINK);
	for (uint16_t p = portset_next(&set, 0); p != PORT_NONE; p = portset_next(&set, p + 1u)) {
		assert_true(p % 7 == 0 || p == PORT_UPLINK);
		seen++;
	}
	assert_int_equal(seen, portset_count(&set));
	assert_int_equal(portset_next(&set, PORT_UPLINK), PORT_UPLINK);
	assert_int_equal(portset_next(&set, PORT_UPLINK + 1), PORT_NONE);
	portset_remove(&set, 63);
	assert_false(portset_has(&set, 63));
	assert_int_equal(portset_next(&set, 57), 70);
	assert_false(portset_has(&set, PORT_NONE));
}

#define FORWARD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORWARD_TEST(test_known),
		FORWARD_TEST(test_not_live),
		FORWARD_TEST(test_broadcast_and_unknown),
		FORWARD_TEST(test_own_frame_comes_back),
		FORWARD_TEST(test_sources),
		FORWARD_TEST(test_reserved_groups),
		FORWARD_TEST(test_hairpin),
		FORWARD_TEST(test_learned_behind_a_client_that_left),
		cmocka_unit_test(test_every_reason_has_a_name),
		cmocka_unit_test(test_portset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
