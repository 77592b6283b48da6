/* SPDX-License-Identifier: BSD-3-Clause */
/* uplinks_test.c - several uplinks, each with VLANs of its own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/announce.h"
#include "net/ingress.h"

#include "packets.h"

#define CLIENT_A UINT64_C(0x027669000001) /* port 0: VLAN 1, 2 tagged */
#define CLIENT_B UINT64_C(0x027669000002) /* port 1: VLAN 2 */
#define OUTSIDE UINT64_C(0x025555000001)
#define U0 PORT_UPLINK
#define U1 (PORT_UPLINK + 1)
#define LAST (PORT_UPLINK + PORT_UPLINKS - 1)

static struct rules *rules;
static struct ingress *in;
static struct probe_ear ears[PORT_UPLINKS];

static int set_rules(uint16_t port, uint16_t pvid, uint16_t tagged)
{
	return rules_set(rules, port,
		&(struct rules_port){.pvid = pvid, .n_vlans = tagged ? 1 : 0, .vlans = &tagged});
}

static int set_up(void **state)
{
	rules = rules_new();
	in = calloc(1, sizeof(*in));
	if (!rules || !in)
		return -1;
	in->by.fdb = fdb_new(1024, 8);
	in->ear = ears;
	ingress_init(in, 1);
	return set_rules(0, 1, 2) || set_rules(1, 2, 0) || set_rules(U0, 1, 10) ||
	       set_rules(U1, 2, 20) || fdb_static_add(in->by.fdb, CLIENT_A, 0) ||
	       fdb_static_add(in->by.fdb, CLIENT_B, 1);
}

static int tear_down(void **state)
{
	fdb_free(in->by.fdb);
	rules_free(rules);
	free(in);
	return 0;
}

static struct portset set_of(unsigned n, ...)
{
	struct portset set = {{0}};
	va_list ports;

	va_start(ports, n);
	for (unsigned i = 0; i < n; i++)
		portset_add(&set, va_arg(ports, unsigned));
	va_end(ports);
	return set;
}

#define ALL set_of(4, 0u, 1u, (unsigned)U0, (unsigned)U1)

/* vlan 0: without a tag */
static struct forward go(
	uint16_t port, uint64_t src, uint64_t dst, uint16_t vlan, struct portset live)
{
	const struct frame frame = {.src = src,
		.dst = dst,
		.ethertype = 0x0800,
		.tag = vlan ? FRAME_TAGGED | (uint32_t)vlan : 0,
		.vlan = vlan};
	struct forward out;

	ingress_begin(in, rules, &live, 5000000);
	in->by.fresh = (struct portset){{0}};
	forward_frame(&in->by, &frame, port, &out);
	return out;
}

static void expect(struct forward out, enum drop reason, uint16_t port)
{
	assert_string_equal(drop_name(out.reason), drop_name(reason));
	assert_int_equal(reason == DROP_NONE ? out.port : out.charged, port);
}

static void expect_flood(struct forward out, struct portset set)
{
	expect(out, DROP_NONE, PORT_NONE);
	assert_memory_equal(&out.set, &set, sizeof(set));
}

static void test_each_has_its_vlans(void **state)
{
	expect_flood(go(0, CLIENT_A, OUTSIDE, 0, ALL), set_of(1, (unsigned)U0));
	expect_flood(go(0, CLIENT_A, OUTSIDE, 2, ALL), set_of(2, 1u, (unsigned)U1));
	expect_flood(go(1, CLIENT_B, FRAME_MAC_BROADCAST, 0, ALL), set_of(2, 0u, (unsigned)U1));
	expect(go(U0, OUTSIDE, CLIENT_A, 2, ALL), DROP_VLAN, U0);
	expect(go(U1, OUTSIDE, CLIENT_A, 10, ALL), DROP_VLAN, U1);
	expect(go(U1, OUTSIDE, CLIENT_A, 0, ALL), DROP_NONE, 0); /* its PVID is VLAN 2 */
	/* One address behind both: each VLAN for itself. */
	expect(go(U0, OUTSIDE, CLIENT_A, 0, ALL), DROP_NONE, 0);
	expect(go(0, CLIENT_A, OUTSIDE, 0, ALL), DROP_NONE, U0);
	expect(go(0, CLIENT_A, OUTSIDE, 2, ALL), DROP_NONE, U1);
	expect(go(1, CLIENT_B, OUTSIDE, 0, ALL), DROP_NONE, U1);
	/* Two that are heard at one uplink do not go there, and to no other one. */
	expect(go(U1, OUTSIDE + 1, OUTSIDE, 0, ALL), DROP_HAIRPIN, U1);
	expect_flood(go(U0, OUTSIDE, FRAME_MAC_BROADCAST, 0, ALL), set_of(1, 0u));
	expect(go(U0, OUTSIDE, FRAME_MAC_BROADCAST, 10, ALL), DROP_NO_TARGET, U0);
}

static void test_loss_of_one(void **state)
{
	const struct portset without = set_of(3, 0u, 1u, (unsigned)U0);

	expect(go(U1, OUTSIDE, CLIENT_B, 0, ALL), DROP_NONE, 1);
	expect_flood(go(1, CLIENT_B, OUTSIDE, 0, without), set_of(1, 0u));
	expect_flood(go(0, CLIENT_A, OUTSIDE, 0, without), set_of(1, (unsigned)U0));
	/* One that the other VIOS serves is beyond the uplink of the VLAN. */
	expect(go(0, CLIENT_A, CLIENT_B, 2, set_of(3, 0u, (unsigned)U0, (unsigned)U1)), DROP_NONE,
		U1);
	expect(go(0, CLIENT_A, CLIENT_B, 2, set_of(2, 0u, (unsigned)U0)), DROP_NO_TARGET, 0);
}

/* Each VLAN has its primary, whichever uplink it is on. */
static void test_primary(void **state)
{
	struct portset live = set_of(5, 0u, 1u, (unsigned)U0, (unsigned)U1, (unsigned)PORT_TRUNK);
	const struct vlanset primary = {{1 << 2}};

	rules_set_trunk(rules, &primary);
	expect_flood(go(0, CLIENT_A, OUTSIDE, 0, live), set_of(1, (unsigned)PORT_TRUNK));
	expect_flood(go(0, CLIENT_A, OUTSIDE, 2, live),
		set_of(3, 1u, (unsigned)U1, (unsigned)PORT_TRUNK));
	expect(go(U0, OUTSIDE, CLIENT_A, 0, live), DROP_NOT_PRIMARY, U0);
	expect(go(U1, OUTSIDE, CLIENT_A, 0, live), DROP_NONE, 0);
	/* Of VLAN 20 it is not, and no client here has it. */
	expect(go(PORT_TRUNK, OUTSIDE + 1, FRAME_MAC_BROADCAST, 20, live), DROP_NO_TARGET,
		PORT_TRUNK);
}

/* The other way round: what the second one brings is the other side's. */
static void test_primary_of_the_first(void **state)
{
	struct portset live = set_of(5, 0u, 1u, (unsigned)U0, (unsigned)U1, (unsigned)PORT_TRUNK);
	const struct vlanset primary = {{1 << 1}};

	rules_set_trunk(rules, &primary);
	expect(go(U1, OUTSIDE, CLIENT_B, 0, live), DROP_NOT_PRIMARY, U1);
	expect(go(U0, OUTSIDE, CLIENT_A, 0, live), DROP_NONE, 0);
}

/* More to nobody known than a client may flood goes to its VLAN's uplink alone. */
static void test_pruned(void **state)
{
	const struct rules_port storming = {.pvid = 2, .storm_per_s = 1};
	struct bytes bytes = ethernet(OUTSIDE + 7, CLIENT_B, 0x0800);
	struct ingress_frame what = {bytes.at, bytes.n, bytes.n, SIZE_MAX};
	struct portset live = ALL;
	struct forward out;
	struct frame frame;
	bool pruned = false;

	rules_free(rules);
	rules = rules_new();
	assert_int_equal(set_rules(0, 1, 2) | rules_set(rules, 1, &storming) | set_rules(U0, 1, 0) |
				 set_rules(U1, 2, 0),
		0);
	ingress_begin(in, rules, &live, 9000000);
	for (unsigned i = 0; i < 100 && !pruned; i++)
		ingress_decide(in, 1, &what, &frame, &out, &pruned);
	assert_true(pruned);
	expect(out, DROP_NONE, U1);
}

/* What was learned when a VLAN was another uplink's is of no use any more. */
static void test_vlan_moves(void **state)
{
	expect(go(U1, OUTSIDE, CLIENT_B, 0, ALL), DROP_NONE, 1);
	expect(go(1, CLIENT_B, OUTSIDE, 0, ALL), DROP_NONE, U1);
	rules_free(rules);
	rules = rules_new();
	assert_int_equal(set_rules(0, 1, 2) | set_rules(1, 2, 0) | set_rules(U0, 1, 2), 0);
	assert_int_equal(set_rules(U1, 3, 0), 0);
	expect_flood(go(1, CLIENT_B, OUTSIDE, 0, ALL), set_of(2, 0u, (unsigned)U0));
	expect(go(U0, OUTSIDE, CLIENT_B, 2, ALL), DROP_NONE, 1);
	expect(go(1, CLIENT_B, OUTSIDE, 0, ALL), DROP_NONE, U0);
}

static void test_no_vlan_twice(void **state)
{
	const uint16_t vlans[] = {30, 20};
	const struct rules_port third = {.pvid = 3, .n_vlans = 2, .vlans = vlans};

	assert_int_equal(set_rules(LAST, 10, 0), -EINVAL);
	assert_int_equal(set_rules(LAST, 3, 2), -EINVAL);
	assert_int_equal(rules_set(rules, LAST, &third), -EINVAL);
	/* Nothing of it was taken. */
	assert_false(rules_member(rules, 3, LAST) || rules_member(rules, 30, LAST));
	assert_int_equal(rules_uplink(rules, 20), U1);
	assert_int_equal(set_rules(LAST, 3, 30), 0);
	assert_int_equal(rules_uplink(rules, 30), LAST);
}

static void test_announced_where_it_is(void **state)
{
	struct announce what = {
		.rules = rules, .port = 0, .mac = CLIENT_A, .mac_only = true, .now_s = 5};
	struct announce_out out;
	struct frame frame;

	assert_int_equal(announce_frame(&what, 0, &out), ANNOUNCE_RARP_BYTES);
	assert_int_equal(out.uplink, U0);
	assert_int_equal(announce_frame(&what, 1, &out), ANNOUNCE_RARP_BYTES);
	assert_int_equal(out.uplink, U1); /* untagged there, though the client has it tagged */
	assert_int_equal(frame_parse(out.bytes, ANNOUNCE_RARP_BYTES, &frame), 0);
	assert_int_equal(frame.tag, 0);
	assert_int_equal(announce_frame(&what, 2, &out), -1);
}

/* Whom one uplink asks is not taken for an answer at another one. */
static void test_probes(void **state)
{
	const uint64_t own = UINT64_C(0x02aabbccddee);
	struct bytes reply = arp(OUTSIDE, 2, OUTSIDE, v4(10, 0, 0, 1), v4(0, 0, 0, 0));
	struct ingress_frame what = {reply.at, reply.n, reply.n, SIZE_MAX};
	struct portset live = ALL;
	struct forward out;
	struct frame frame;
	bool pruned;

	memset(ears, 0, sizeof(ears));
	frame_mac_bytes(own, reply.at);
	frame_mac_bytes(own, reply.at + 32);
	rules->probe[1] = (struct probe_table){.mac = own, .n = 1, .target = {v4(10, 0, 0, 1)}};
	ingress_begin(in, rules, &live, 9000000);
	ingress_decide(in, U0, &what, &frame, &out, &pruned);
	assert_int_not_equal(out.reason, DROP_FOR_VIOS);
	ingress_decide(in, U1, &what, &frame, &out, &pruned);
	expect(out, DROP_FOR_VIOS, U1);
	assert_true(ears[0].heard_us[0] == 0 && ears[1].heard_us[0] == 9000000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_each_has_its_vlans),
		TEST(test_loss_of_one),
		TEST(test_primary),
		TEST(test_primary_of_the_first),
		TEST(test_pruned),
		TEST(test_vlan_moves),
		TEST(test_no_vlan_twice),
		TEST(test_announced_where_it_is),
		TEST(test_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
