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
static struct rules *rules;
static struct portset fresh;

static int set_rules(uint16_t port, uint16_t pvid, uint16_t tagged, bool own_mac_only)
{
	const struct rules_port what = {.pvid = pvid,
		.n_vlans = tagged ? 1 : 0,
		.vlans = &tagged,
		.own_mac_only = own_mac_only};

	return rules_set(rules, port, &what);
}

/* All untagged in VLAN 1, unless a test makes others. */
static void others(uint16_t pvid_a, uint16_t tagged_a, uint16_t pvid_b, uint16_t tagged_b,
	uint16_t tagged_uplink)
{
	rules_free(rules);
	rules = rules_new();
	assert_non_null(rules);
	assert_int_equal(set_rules(0, pvid_a, tagged_a, false), 0);
	assert_int_equal(set_rules(1, pvid_b, tagged_b, false), 0);
	assert_int_equal(set_rules(PORT_UPLINK, 1, tagged_uplink, false), 0);
}

static int set_up(void **state)
{
	fdb = fdb_new(1024, 8);
	fresh = (struct portset){{0}};
	others(1, 0, 1, 0, 0);
	return !fdb || fdb_static_add(fdb, CLIENT_A, 0) || fdb_static_add(fdb, CLIENT_B, 1);
}

static int tear_down(void **state)
{
	fdb_free(fdb);
	rules_free(rules);
	rules = NULL;
	return 0;
}

static const struct vlanset none, first = {{1 << 1}};

/* The same with a trunk; primary: of VLAN 1. */
static struct portset with_trunk(struct portset live, bool primary)
{
	rules_set_trunk(rules, primary ? &first : &none);
	portset_add(&live, PORT_TRUNK);
	return live;
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

static struct forward decide(uint16_t in_port, const struct frame *frame, struct portset live)
{
	const struct forward_by by = {
		.fdb = fdb, .rules = rules, .live = live, .fresh = fresh, .now_s = 0};
	struct forward out;

	forward_frame(&by, frame, in_port, &out);
	return out;
}

static struct forward go(uint16_t in_port, uint64_t src, uint64_t dst, struct portset live)
{
	struct frame frame = {.src = src, .dst = dst, .ethertype = 0x0800};

	if (in_port == PORT_TRUNK) { /* always with a tag */
		frame.tag = FRAME_TAGGED | 1;
		frame.vlan = 1;
	}

	return decide(in_port, &frame, live);
}

static struct forward go_tagged(
	uint16_t in_port, uint64_t src, uint64_t dst, uint16_t vlan, bool nested)
{
	struct frame frame = {.src = src,
		.dst = dst,
		.ethertype = nested ? 0x8100 : 0x0800,
		.tag = FRAME_TAGGED | 0xA000 | vlan,
		.vlan = vlan,
		.nested = nested};

	return decide(in_port, &frame, live_ports(true, true, true));
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

	/* It moves nothing and reaches nobody. */
	expect_drop(go(PORT_UPLINK, CLIENT_A, FRAME_MAC_BROADCAST, all), DROP_LOOP, PORT_UPLINK);
	expect_drop(go(PORT_UPLINK, CLIENT_A, CLIENT_B, all), DROP_LOOP, PORT_UPLINK);
	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, all), 0);
	/* One that has just come: the other VIOS may have sent it. It does not reach its sender. */
	portset_add(&fresh, 0);
	expect_port(go(PORT_UPLINK, CLIENT_A, CLIENT_B, all), 1);
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

static void test_portset(void **state)
{
	struct portset set = {{0}};
	unsigned seen = 0;

	for (unsigned p = 0; p < PORT_CLIENTS; p += 7)
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

static void test_about_to_leave(void **state)
{
	struct frame rarp = {.src = CLIENT_A, .dst = FRAME_MAC_BROADCAST, .ethertype = 0x8035};

	/* The other VIOS announces it while it is still live here. */
	expect_flood(decide(PORT_UPLINK, &rarp, live_ports(true, true, true)),
		live_ports(false, true, false));
}

static void test_vlans_do_not_hear_each_other(void **state)
{
	struct portset all = live_ports(true, true, true);

	others(10, 0, 20, 0, 10);
	expect_flood(go(0, CLIENT_A, FRAME_MAC_BROADCAST, all), live_ports(false, false, true));
	expect_drop(go(1, CLIENT_B, FRAME_MAC_BROADCAST, all), DROP_NO_TARGET, 1);
	expect_drop(go(0, CLIENT_A, CLIENT_B, all), DROP_OTHER_VLAN, 0);
	expect_drop(go(1, CLIENT_B, CLIENT_A, all), DROP_OTHER_VLAN, 1);
	/* Nor is what goes to one that is not live here sent out in the wrong VLAN. */
	expect_drop(go(0, CLIENT_A, CLIENT_B, live_ports(true, false, true)), DROP_OTHER_VLAN, 0);
	expect_drop(go_tagged(0, CLIENT_A, CLIENT_B, 20, false), DROP_VLAN, 0);
	expect_drop(go_tagged(PORT_UPLINK, OUTSIDE, CLIENT_B, 20, false), DROP_VLAN, PORT_UPLINK);
	expect_port(go_tagged(PORT_UPLINK, OUTSIDE, CLIENT_A, 10, false), 0);
	expect_drop(go(PORT_UPLINK, OUTSIDE + 1, CLIENT_A, all), DROP_OTHER_VLAN, PORT_UPLINK);
	expect_drop(go_tagged(0, CLIENT_A, CLIENT_B, 4095, false), DROP_VLAN, 0);
}

static void test_tags_of_one_vlan(void **state)
{
	others(1, 30, 30, 0, 30);
	assert_int_equal(go_tagged(0, CLIENT_A, FRAME_MAC_BROADCAST, 30, false).vlan, 30);
	expect_flood(go_tagged(0, CLIENT_A, FRAME_MAC_BROADCAST, 30, false),
		live_ports(false, true, true));
	expect_port(go_tagged(0, CLIENT_A, CLIENT_B, 30, false), 1);
	expect_port(go(1, CLIENT_B, CLIENT_A, live_ports(true, true, true)), 0);
	/* Only priority: as untagged (802.1Q 6.9.1). */
	assert_int_equal(go_tagged(0, CLIENT_A, FRAME_MAC_BROADCAST, 0, false).vlan, 1);
	/* Of the PVID: as untagged. */
	assert_int_equal(go_tagged(0, CLIENT_A, FRAME_MAC_BROADCAST, 1, false).vlan, 1);
}

static void test_learned_per_vlan(void **state)
{
	struct portset all = live_ports(true, true, true);

	others(1, 30, 1, 30, 30);
	go_tagged(PORT_UPLINK, OUTSIDE, CLIENT_A, 30, false);
	expect_port(go_tagged(0, CLIENT_A, OUTSIDE, 30, false), PORT_UPLINK);
	expect_flood(go(0, CLIENT_A, OUTSIDE, all), live_ports(false, true, true));
	/* Where it was learned is not in the VLAN any more. */
	others(1, 30, 1, 30, 0);
	expect_flood(go_tagged(0, CLIENT_A, OUTSIDE, 30, false), live_ports(false, true, false));
}

static void test_a_tag_behind_the_tag(void **state)
{
	/* B and the uplink take VLAN 1 untagged: what A has put behind its tag would choose
	 * another. */
	others(1, 30, 1, 30, 30);
	expect_drop(go_tagged(0, CLIENT_A, CLIENT_B, 1, true), DROP_NESTED_TAG, 0);
	expect_drop(go_tagged(0, CLIENT_A, CLIENT_B, 0, true), DROP_NESTED_TAG, 0);
	expect_drop(go_tagged(0, CLIENT_A, FRAME_MAC_BROADCAST, 1, true), DROP_NESTED_TAG, 0);
	expect_port(go_tagged(0, CLIENT_A, CLIENT_B, 30, true), 1);
	others(1, 30, 30, 0, 30);
	expect_flood(go_tagged(0, CLIENT_A, FRAME_MAC_BROADCAST, 30, true),
		live_ports(false, false, true));
	/* Not even held for one that will be live. */
	rules_free(rules);
	rules = rules_new();
	assert_int_equal(set_rules(0, 30, 0, false) | set_rules(PORT_UPLINK, 1, 30, false), 0);
	{
		struct frame frame = {.src = OUTSIDE,
			.dst = CLIENT_A,
			.ethertype = 0x8100,
			.tag = FRAME_TAGGED | 30,
			.vlan = 30,
			.nested = true};

		expect_drop(decide(PORT_UPLINK, &frame, live_ports(false, true, true)),
			DROP_NESTED_TAG, PORT_UPLINK);
	}
}

static void test_own_mac_only(void **state)
{
	struct portset all = live_ports(true, true, true);

	expect_flood(go(0, OUTSIDE, FRAME_MAC_BROADCAST, all), live_ports(false, true, true));
	assert_int_equal(fdb_learned_count(fdb, 0), 1);
	portset_add(&rules->own_mac_only, 0);
	expect_drop(go(0, OUTSIDE + 1, FRAME_MAC_BROADCAST, all), DROP_SPOOFED, 0);
	assert_int_equal(fdb_learned_count(fdb, 0), 1);
	expect_flood(go(0, CLIENT_A, FRAME_MAC_BROADCAST, all), live_ports(false, true, true));
	expect_drop(go(0, CLIENT_B, FRAME_MAC_BROADCAST, all), DROP_BAD_SOURCE, 0);
}

static struct portset and (struct portset live, uint16_t port)
{
	portset_add(&live, port);
	return live;
}

static void expect_over(struct forward out, uint16_t charged, uint16_t over)
{
	expect_drop(out, DROP_NOT_LIVE, charged);
	assert_int_equal(out.over, over);
}

static void test_trunk_of_the_primary(void **state)
{
	struct portset live = with_trunk(live_ports(true, false, true), true);
	struct portset out = live_ports(false, false, true);

	expect_flood(go(0, CLIENT_A, FRAME_MAC_BROADCAST, live), and(out, PORT_TRUNK));
	expect_flood(go(PORT_UPLINK, OUTSIDE, FRAME_MAC_BROADCAST, live),
		and(live_ports(true, false, false), PORT_TRUNK));
	/* From the other VIOS's clients: here and out, never back. */
	expect_flood(
		go(PORT_TRUNK, CLIENT_B, FRAME_MAC_BROADCAST, live), live_ports(true, false, true));
	expect_port(go(PORT_TRUNK, CLIENT_B, OUTSIDE, live), PORT_UPLINK);
	expect_port(go(PORT_TRUNK, CLIENT_B, CLIENT_A, live), 0);
	/* Client B is over there, unless it is about to be here. */
	expect_over(go(0, CLIENT_A, CLIENT_B, live), 1, PORT_TRUNK);
	expect_over(go(PORT_UPLINK, OUTSIDE, CLIENT_B, live), 1, PORT_TRUNK);
	expect_over(go(PORT_TRUNK, OUTSIDE + 1, CLIENT_B, live), 1, PORT_NONE);
	/* What the pair's clients have sent comes back by the uplink. */
	expect_drop(go(PORT_UPLINK, CLIENT_B, FRAME_MAC_BROADCAST, live), DROP_LOOP, PORT_UPLINK);
	portset_add(&fresh, PORT_TRUNK);
	expect_flood(go(PORT_UPLINK, CLIENT_B, FRAME_MAC_BROADCAST, live),
		and(live_ports(true, false, false), PORT_TRUNK));
}

static void test_trunk_of_the_other(void **state)
{
	struct portset live = with_trunk(live_ports(true, false, true), false);

	expect_flood(go(0, CLIENT_A, FRAME_MAC_BROADCAST, live),
		and(live_ports(false, false, false), PORT_TRUNK));
	expect_drop(go(PORT_UPLINK, OUTSIDE, CLIENT_A, live), DROP_NOT_PRIMARY, PORT_UPLINK);
	assert_int_equal(fdb_learned_count(fdb, PORT_UPLINK), 0);
	/* An address outside is learned behind the trunk. */
	expect_port(go(PORT_TRUNK, OUTSIDE, CLIENT_A, live), 0);
	expect_port(go(0, CLIENT_A, OUTSIDE, live), PORT_TRUNK);
	expect_drop(go(PORT_TRUNK, CLIENT_B, OUTSIDE, live), DROP_HAIRPIN, PORT_TRUNK);
	/* The trunk breaks: as without one. */
	live = live_ports(true, false, true);
	expect_flood(go(0, CLIENT_A, OUTSIDE, live), live_ports(false, false, true));
	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, live), 0);
	expect_port(go(0, CLIENT_A, OUTSIDE, live), PORT_UPLINK);
}

static void test_trunk_moves_the_primary(void **state)
{
	struct portset live = with_trunk(live_ports(true, false, true), true);

	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, live), 0);
	rules_set_trunk(rules, &none);
	/* Learned behind an uplink that is not used now. */
	expect_flood(
		go(0, CLIENT_A, OUTSIDE, live), and(live_ports(false, false, false), PORT_TRUNK));
}

/* The switch outside has not noticed yet. */
static void test_trunk_turns_the_primary(void **state)
{
	struct portset live = with_trunk(live_ports(true, false, true), false);

	rules->turning = first;
	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, live), 0);
	expect_over(go(PORT_UPLINK, OUTSIDE, CLIENT_B, live), 1, PORT_TRUNK);
	assert_int_equal(fdb_learned_count(fdb, PORT_UPLINK), 0);
	/* At the other side it goes to a client or nowhere. */
	expect_over(go(PORT_TRUNK, OUTSIDE, CLIENT_B, live), 1, PORT_NONE);
	expect_drop(
		go(PORT_UPLINK, OUTSIDE, FRAME_MAC_BROADCAST, live), DROP_NOT_PRIMARY, PORT_UPLINK);
	expect_drop(go(PORT_UPLINK, OUTSIDE, OUTSIDE + 1, live), DROP_NOT_PRIMARY, PORT_UPLINK);
	rules->turning = none;
	expect_drop(go(PORT_UPLINK, OUTSIDE, CLIENT_A, live), DROP_NOT_PRIMARY, PORT_UPLINK);
	/* The new primary does not believe that its sender is beyond the trunk. */
	live = with_trunk(live, true);
	rules->turning = first;
	expect_port(go(PORT_UPLINK, OUTSIDE, CLIENT_A, live), 0);
	expect_port(go(PORT_TRUNK, OUTSIDE, CLIENT_A, live), 0);
	expect_port(go(0, CLIENT_A, OUTSIDE, live), PORT_UPLINK);
	rules->turning = none;
	expect_port(go(PORT_TRUNK, OUTSIDE, CLIENT_A, live), 0);
	expect_port(go(0, CLIENT_A, OUTSIDE, live), PORT_TRUNK);
}

static void test_trunk_carries_every_vlan(void **state)
{
	struct portset live;

	others(10, 0, 20, 0, 0);
	live = with_trunk(live_ports(true, true, true), true);
	/* Not out, where VLAN 10 is not, nor to another VLAN. */
	expect_flood(go(0, CLIENT_A, FRAME_MAC_BROADCAST, live),
		and(live_ports(false, false, false), PORT_TRUNK));
	expect_drop(go(PORT_TRUNK, OUTSIDE, CLIENT_A, live), DROP_OTHER_VLAN, PORT_TRUNK);
	rules_set_trunk(rules, &none);
	assert_int_equal(rules_edit(rules, PORT_TRUNK, 10, 0), FRAME_EDIT_PUSH | 10);
	assert_int_equal(rules_edit(rules, PORT_TRUNK, 10, FRAME_TAGGED | 10), 0);
}

static void test_moved_over_the_trunk(void **state)
{
	struct portset live = with_trunk(live_ports(true, true, true), true);

	/* What it sent at the other side comes after it; later it is an echo. */
	expect_drop(go(PORT_TRUNK, CLIENT_A, CLIENT_B, live), DROP_LOOP, PORT_TRUNK);
	portset_add(&fresh, 0);
	expect_port(go(PORT_TRUNK, CLIENT_A, CLIENT_B, live), 1);
}

static void test_no_rules_no_frames(void **state)
{
	rules_free(rules);
	rules = rules_new();
	expect_drop(go(0, CLIENT_A, CLIENT_B, live_ports(true, true, true)), DROP_VLAN, 0);
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
		FORWARD_TEST(test_about_to_leave),
		FORWARD_TEST(test_vlans_do_not_hear_each_other),
		FORWARD_TEST(test_tags_of_one_vlan),
		FORWARD_TEST(test_learned_per_vlan),
		FORWARD_TEST(test_a_tag_behind_the_tag),
		FORWARD_TEST(test_own_mac_only),
		FORWARD_TEST(test_no_rules_no_frames),
		FORWARD_TEST(test_trunk_of_the_primary),
		FORWARD_TEST(test_trunk_of_the_other),
		FORWARD_TEST(test_trunk_moves_the_primary),
		FORWARD_TEST(test_trunk_turns_the_primary),
		FORWARD_TEST(test_trunk_carries_every_vlan),
		FORWARD_TEST(test_moved_over_the_trunk),
		cmocka_unit_test(test_portset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
