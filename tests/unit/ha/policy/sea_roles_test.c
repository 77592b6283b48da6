/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_roles_test.c - what the roles mean for the switches and the clients, step by step. That what
 * late and lost messages do to it is bounded is the simulation's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ha/policy/sea_roles.h"

#define MS UINT64_C(1000000)
#define NOW (1000 * MS)

static struct sea_policy side[2];

static void configure(unsigned i, enum sea_mode own, enum sea_mode peers)
{
	struct sea_rules rules = {.mode = {own, peers},
		.priority = {i + 1, 2 - i},
		.first = i == 0,
		.paired = true,
		.start_ns = 100 * MS,
		.repeat_ns = 20 * MS,
		.health = {0, 0, 3}};

	vlan_set_read("1-8", &rules.vlans);
	if (side[i].seq)
		sea_policy_rules(&side[i], &rules);
	else
		sea_policy_init(&side[i], &rules, 100 * (i + 1), NOW);
}

static void step(unsigned i)
{
	struct sea_out out;

	sea_policy_step(&side[i], NOW, &out);
}

/* What i has to say arrives. */
static void tell(unsigned i)
{
	const struct sea_advert advert = sea_policy_advert(&side[i]);

	sea_policy_hear(&side[!i], &advert);
	step(!i);
}

static void settle(void)
{
	for (unsigned n = 0; n < 20; n++)
		tell(n % 2);
}

static void begin(enum sea_mode a, enum sea_mode b)
{
	for (unsigned i = 0; i < 2; i++) {
		side[i] = (struct sea_policy){.seq = 0};
		configure(i, i ? b : a, i ? a : b);
		sea_policy_link(&side[i], true, NOW);
		sea_policy_serving(&side[i], true);
		sea_policy_peer(&side[i], true);
		step(i);
	}
}

#define ASSERT_SET(what, vlans)                                                                    \
	do {                                                                                       \
		char text_[64];                                                                    \
		const struct vlan_set set_ = what;                                                 \
		vlan_set_write(&set_, text_, sizeof(text_));                                       \
		assert_string_equal(text_, vlans);                                                 \
	} while (0)
#define ASSERT_CLAIMS(i, vlans) ASSERT_SET(sea_roles_claims(&side[i]), vlans)
#define ASSERT_LEAVES(i, vlans) ASSERT_SET(sea_roles_leaves(&side[i]), vlans)

static void nothing_is_known_at_the_start(void **state)
{
	begin(SEA_AUTO, SEA_AUTO);
	assert_false(sea_roles_known(&side[0]));
	settle();
	assert_true(sea_roles_known(&side[0]) && sea_roles_known(&side[1]));
	ASSERT_CLAIMS(0, "1-8");
	ASSERT_CLAIMS(1, "");
	ASSERT_LEAVES(0, "");
	ASSERT_LEAVES(1, ""); /* without load sharing clients are well where they are */
	/* The peer is gone. */
	begin(SEA_AUTO, SEA_AUTO);
	sea_policy_peer(&side[1], false);
	side[1].start_ns = NOW - 100 * MS;
	step(1);
	assert_true(sea_roles_known(&side[1]));
	ASSERT_CLAIMS(1, "1-8");
}

static void what_is_given_is_held_until_it_is_taken(void **state)
{
	begin(SEA_AUTO, SEA_AUTO);
	settle();
	configure(0, SEA_STANDBY, SEA_AUTO);
	configure(1, SEA_AUTO, SEA_STANDBY);
	step(0);
	assert_false(vlan_set_empty(&side[0].granted));
	ASSERT_SET(sea_policy_primary(&side[0]), "");
	ASSERT_CLAIMS(0, "1-8");
	ASSERT_CLAIMS(1, "");
	assert_true(sea_policy_yields(&side[0]));
	tell(0);
	ASSERT_CLAIMS(1, "1-8");
	ASSERT_CLAIMS(0, "1-8"); /* turn.c knows whose turn it is */
	tell(1);
	ASSERT_CLAIMS(0, "");
}

/* What it said before counts for nothing when it is there again. */
static void a_peer_that_has_said_nothing_has_no_clients(void **state)
{
	begin(SEA_SHARING, SEA_SHARING);
	settle();
	assert_false(vlan_set_empty(&side[0].peer.mine));
	assert_true(side[0].peer_heard);
	ASSERT_LEAVES(0, "5-8");
	sea_policy_peer(&side[0], false);
	sea_policy_peer(&side[0], true);
	ASSERT_LEAVES(0, "");
}

static void over_a_dead_uplink_nothing_is_held(void **state)
{
	begin(SEA_AUTO, SEA_AUTO);
	settle();
	sea_policy_link(&side[0], false, NOW);
	step(0);
	assert_false(vlan_set_empty(&side[0].granted));
	ASSERT_CLAIMS(0, "");
	tell(0);
	ASSERT_CLAIMS(1, "1-8");
	/* The other one has none either: who has the VLANs keeps them. */
	sea_policy_link(&side[1], false, NOW);
	step(1);
	settle();
	ASSERT_CLAIMS(1, "1-8");
	/* One that is alone serves, whatever its uplink. */
	sea_policy_peer(&side[0], false);
	step(0);
	ASSERT_CLAIMS(0, "1-8");
}

static void who_shares_leaves_the_others_clients(void **state)
{
	begin(SEA_SHARING, SEA_SHARING);
	settle();
	ASSERT_CLAIMS(0, "1-4");
	ASSERT_CLAIMS(1, "5-8");
	ASSERT_LEAVES(0, "5-8");
	ASSERT_LEAVES(1, "1-4");
	/* A dead uplink leaves all, and nobody leaves anything to it. */
	sea_policy_link(&side[1], false, NOW);
	step(1);
	assert_true(sea_policy_yields(&side[1]));
	tell(1);
	ASSERT_LEAVES(0, "");
	ASSERT_CLAIMS(0, "1-8");
	/* Back: while they are handed over, clients wait where they are. */
	settle();
	sea_policy_link(&side[1], true, NOW);
	step(1);
	tell(1);
	ASSERT_LEAVES(0, "5-8");
	ASSERT_CLAIMS(0, "1-8");
	ASSERT_LEAVES(1, "1-8");
	tell(0);
	ASSERT_LEAVES(1, "1-4");
	/* A peer that is gone is left nothing. */
	sea_policy_peer(&side[0], false);
	step(0);
	ASSERT_LEAVES(0, "");
	ASSERT_CLAIMS(0, "1-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_at_the_start),
		cmocka_unit_test(what_is_given_is_held_until_it_is_taken),
		cmocka_unit_test(a_peer_that_has_said_nothing_has_no_clients),
		cmocka_unit_test(over_a_dead_uplink_nothing_is_held),
		cmocka_unit_test(who_shares_leaves_the_others_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
