/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_policy_test.c - two sides that hear each other at once: how VLANs change hands. What late and
 * lost messages do is the simulation's business (tests/sim/sea_sim.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/policy/sea_policy.h"

#define MS UINT64_C(1000000)

struct pair {
	struct sea_rules rules[2];
	struct sea_policy p[2];
	uint64_t now_ns;
	unsigned told;
};

static void configure(struct pair *pair, enum sea_mode a, enum sea_mode b)
{
	for (unsigned i = 0; i < 2; i++) {
		struct sea_rules *r = &pair->rules[i];

		vlan_set_read("1-8", &r->vlans);
		r->mode[0] = i ? b : a;
		r->mode[1] = i ? a : b;
		r->priority[0] = i + 1;
		r->priority[1] = 2 - i;
		r->first = i == 0;
		r->paired = true;
		r->health = (struct sea_health_rules){0, 1000 * MS, 3};
		r->start_ns = 100 * MS;
		r->repeat_ns = 20 * MS;
	}
}

/* Until neither has anything to say. */
static void settle(struct pair *pair)
{
	struct sea_out out;
	bool told = true;

	while (told) {
		told = false;
		for (unsigned i = 0; i < 2; i++) {
			sea_policy_step(&pair->p[i], pair->now_ns, &out);
			if (!out.send)
				continue;
			const struct sea_advert advert = sea_policy_advert(&pair->p[i]);

			told = true;
			assert_true(++pair->told < 1000);
			sea_policy_hear(&pair->p[!i], &advert);
		}
	}
}

static void pass(struct pair *pair, uint64_t ms)
{
	pair->now_ns += ms * MS;
	settle(pair);
}

static void begin(struct pair *pair, enum sea_mode a, enum sea_mode b)
{
	*pair = (struct pair){.now_ns = 1000 * MS};
	configure(pair, a, b);
	for (unsigned i = 0; i < 2; i++) {
		sea_policy_init(&pair->p[i], &pair->rules[i], 100 * (i + 1), pair->now_ns);
		sea_policy_link(&pair->p[i], true, pair->now_ns);
		sea_policy_serving(&pair->p[i], true);
		sea_policy_peer(&pair->p[i], true);
	}
	settle(pair);
}

static void reconfigure(struct pair *pair, enum sea_mode a, enum sea_mode b)
{
	configure(pair, a, b);
	for (unsigned i = 0; i < 2; i++)
		sea_policy_rules(&pair->p[i], &pair->rules[i]);
	settle(pair);
}

#define ASSERT_HAS(pair, i, vlans)                                                                 \
	do {                                                                                       \
		char has_[64];                                                                     \
		struct vlan_set set_ = sea_policy_primary(&(pair)->p[i]);                          \
		vlan_set_write(&set_, has_, sizeof(has_));                                         \
		assert_string_equal(has_, vlans);                                                  \
	} while (0)

static void the_lower_priority_serves(void **state)
{
	struct pair pair;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	ASSERT_HAS(&pair, 0, "1-8");
	ASSERT_HAS(&pair, 1, "");
	pass(&pair, 1000);
	assert_int_equal(pair.p[0].state, SEA_PRIMARY);
	assert_int_equal(pair.p[1].state, SEA_BACKUP);
	assert_true(sea_policy_trunk(&pair.p[0]) && sea_policy_trunk(&pair.p[1]));
}

static void standby_is_a_switch_and_auto_brings_it_back(void **state)
{
	struct pair pair;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	pass(&pair, 1000);
	reconfigure(&pair, SEA_STANDBY, SEA_AUTO);
	ASSERT_HAS(&pair, 0, "");
	ASSERT_HAS(&pair, 1, "1-8");
	assert_int_equal(pair.p[0].state, SEA_BACKUP);
	reconfigure(&pair, SEA_AUTO, SEA_AUTO);
	ASSERT_HAS(&pair, 0, "1-8");
}

static void a_lost_link_moves_all_and_health_time_keeps_it_there(void **state)
{
	struct pair pair;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	pass(&pair, 1000);
	sea_policy_link(&pair.p[0], false, pair.now_ns);
	settle(&pair);
	assert_int_equal(pair.p[0].state, SEA_LIMBO);
	ASSERT_HAS(&pair, 1, "1-8");
	sea_policy_link(&pair.p[0], true, pair.now_ns);
	settle(&pair);
	pass(&pair, 999);
	assert_int_equal(pair.p[0].state, SEA_UNHEALTHY);
	ASSERT_HAS(&pair, 1, "1-8");
	pass(&pair, 1);
	ASSERT_HAS(&pair, 0, "1-8");
	assert_int_equal(pair.p[1].counts.became_primary, 1);
	assert_int_equal(pair.p[1].counts.in[SEA_LIMBO], 2);
}

static void an_unhealthy_side_serves_when_its_peer_goes(void **state)
{
	struct pair pair;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	ASSERT_HAS(&pair, 1, "");
	assert_int_equal(pair.p[1].state, SEA_UNHEALTHY);
	sea_policy_peer(&pair.p[1], false);
	settle(&pair);
	ASSERT_HAS(&pair, 1, "1-8");
	assert_int_equal(pair.p[1].state, SEA_PRIMARY);
	assert_false(sea_policy_trunk(&pair.p[1]));
}

static void without_any_uplink_clients_still_have_a_primary(void **state)
{
	struct pair pair;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	pass(&pair, 1000);
	for (unsigned i = 0; i < 2; i++) {
		sea_policy_link(&pair.p[i], false, pair.now_ns);
		settle(&pair);
	}
	ASSERT_HAS(&pair, 0, "");
	ASSERT_HAS(&pair, 1, "1-8");
	assert_int_equal(pair.p[0].state, SEA_LIMBO);
	assert_int_equal(pair.p[1].state, SEA_LIMBO);
	sea_policy_peer(&pair.p[0], false);
	settle(&pair);
	ASSERT_HAS(&pair, 0, "1-8"); /* in LIMBO, and the only one */
}

static void sharing_is_four_and_four_and_comes_back(void **state)
{
	struct pair pair;

	begin(&pair, SEA_SHARING, SEA_SHARING);
	ASSERT_HAS(&pair, 0, "1-4");
	ASSERT_HAS(&pair, 1, "5-8");
	pass(&pair, 1000);
	assert_int_equal(pair.p[0].state, SEA_PRIMARY_SH);
	assert_int_equal(pair.p[1].state, SEA_BACKUP_SH);
	sea_policy_serving(&pair.p[1], false); /* its data plane was killed */
	settle(&pair);
	ASSERT_HAS(&pair, 0, "1-8");
	ASSERT_HAS(&pair, 1, "");
	sea_policy_serving(&pair.p[1], true);
	pass(&pair, 0);
	ASSERT_HAS(&pair, 1, "5-8");
	vlan_set_read("1-5", &pair.rules[0].vlans);
	pair.rules[1].vlans = pair.rules[0].vlans;
	for (unsigned i = 0; i < 2; i++)
		sea_policy_rules(&pair.p[i], &pair.rules[i]);
	settle(&pair);
	ASSERT_HAS(&pair, 0, "1-3");
	ASSERT_HAS(&pair, 1, "4-5");
}

static void two_that_meet_again_end_as_one(void **state)
{
	struct pair pair;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	for (unsigned i = 0; i < 2; i++)
		sea_policy_peer(&pair.p[i], false);
	settle(&pair);
	ASSERT_HAS(&pair, 0, "1-8");
	ASSERT_HAS(&pair, 1, "1-8");
	assert_false(sea_policy_trunk(&pair.p[0]) && sea_policy_trunk(&pair.p[1]));
	for (unsigned i = 0; i < 2; i++)
		sea_policy_peer(&pair.p[i], true);
	settle(&pair);
	ASSERT_HAS(&pair, 0, "1-8");
	ASSERT_HAS(&pair, 1, "");
	assert_true(sea_policy_trunk(&pair.p[0]) && sea_policy_trunk(&pair.p[1]));
}

/* The first side forgot all, while what it had granted was on its way. */
/* A side that has started and not heard the other one yet has all, too. */
static void two_that_share_and_meet_again_part_in_the_middle(void **state)
{
	struct sea_advert advert[2];
	struct sea_out out;
	struct pair pair;

	begin(&pair, SEA_SHARING, SEA_SHARING);
	pass(&pair, 1000);
	for (unsigned i = 0; i < 2; i++) {
		sea_policy_peer(&pair.p[i], false);
		sea_policy_step(&pair.p[i], pair.now_ns, &out);
		ASSERT_HAS(&pair, i, "1-8");
	}
	for (unsigned i = 0; i < 2; i++) {
		sea_policy_peer(&pair.p[i], true);
		sea_policy_step(&pair.p[i], pair.now_ns, &out);
		advert[i] = sea_policy_advert(&pair.p[i]);
	}
	/* At no time has one side all of them, and the other one nothing. */
	for (unsigned i = 0; i < 2; i++) {
		sea_policy_hear(&pair.p[i], &advert[!i]);
		sea_policy_step(&pair.p[i], pair.now_ns, &out);
		ASSERT_HAS(&pair, i, i ? "5-8" : "1-4");
	}
	pass(&pair, 100);
	ASSERT_HAS(&pair, 0, "1-4");
	ASSERT_HAS(&pair, 1, "5-8");
	assert_true(sea_policy_trunk(&pair.p[0]) && sea_policy_trunk(&pair.p[1]));
}

static void what_nobody_has_is_not_taken_on_old_news(void **state)
{
	struct pair pair;
	struct sea_advert grant, before;
	struct sea_out out;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	pass(&pair, 1000);
	before = sea_policy_advert(&pair.p[1]);
	sea_policy_link(&pair.p[0], false, pair.now_ns);
	sea_policy_step(&pair.p[0], pair.now_ns, &out);
	grant = sea_policy_advert(&pair.p[0]);
	sea_policy_init(&pair.p[0], &pair.rules[0], grant.seq + 100, pair.now_ns);
	sea_policy_link(&pair.p[0], true, pair.now_ns);
	sea_policy_serving(&pair.p[0], true);
	sea_policy_peer(&pair.p[0], true);
	sea_policy_hear(&pair.p[0], &before);
	sea_policy_step(&pair.p[0], pair.now_ns, &out);
	ASSERT_HAS(&pair, 0, "");
	sea_policy_hear(&pair.p[1], &grant);
	settle(&pair);
	ASSERT_HAS(&pair, 1, "1-8");
	ASSERT_HAS(&pair, 0, "");
}

/* VLANs are on their way when the two lose each other: neither had them in its last advert, then
 * each takes them. */
static void the_trunk_is_not_opened_on_old_news(void **state)
{
	struct pair pair;
	struct sea_advert news[2];
	struct sea_out out;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	pass(&pair, 1000);
	sea_policy_link(&pair.p[0], false, pair.now_ns);
	sea_policy_step(&pair.p[0], pair.now_ns, &out);
	for (unsigned i = 0; i < 2; i++) {
		news[i] = sea_policy_advert(&pair.p[i]);
		sea_policy_peer(&pair.p[i], false);
		sea_policy_step(&pair.p[i], pair.now_ns, &out);
		ASSERT_HAS(&pair, i, "1-8");
	}
	for (unsigned i = 0; i < 2; i++) {
		sea_policy_peer(&pair.p[i], true);
		sea_policy_hear(&pair.p[i], &news[!i]);
		assert_false(sea_policy_trunk(&pair.p[i]));
	}
	settle(&pair);
	assert_true(sea_policy_trunk(&pair.p[0]) && sea_policy_trunk(&pair.p[1]));
	ASSERT_HAS(&pair, 0, "");
	ASSERT_HAS(&pair, 1, "1-8");
}

static void when_all_is_told_nothing_is_due(void **state)
{
	struct pair pair;
	unsigned told;

	begin(&pair, SEA_AUTO, SEA_AUTO);
	pass(&pair, 1000);
	told = pair.told;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(sea_policy_next_ns(&pair.p[i], pair.now_ns), SEA_NEVER);
	pass(&pair, 100000);
	assert_int_equal(pair.told, told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lower_priority_serves),
		cmocka_unit_test(standby_is_a_switch_and_auto_brings_it_back),
		cmocka_unit_test(a_lost_link_moves_all_and_health_time_keeps_it_there),
		cmocka_unit_test(an_unhealthy_side_serves_when_its_peer_goes),
		cmocka_unit_test(without_any_uplink_clients_still_have_a_primary),
		cmocka_unit_test(sharing_is_four_and_four_and_comes_back),
		cmocka_unit_test(two_that_meet_again_end_as_one),
		cmocka_unit_test(two_that_share_and_meet_again_part_in_the_middle),
		cmocka_unit_test(what_nobody_has_is_not_taken_on_old_news),
		cmocka_unit_test(the_trunk_is_not_opened_on_old_news),
		cmocka_unit_test(when_all_is_told_nothing_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
