/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_promises.c - what the policy promises, checked against the truth. The numbers are those of
 * sea_sim.c. */
#include <stdio.h>

#include "tests/sim/sea_sim.h"

/* A few messages there and back, each lost as often as may be, and a start's waiting. */
#define BOUND_NS (1500 * MS)
#define MEET_NS (600 * MS)
/* A VLAN is nobody's while it is handed over: one message, lost as often as may be. */
#define HANDED_NS (250 * MS)

void sea_say(struct sea_sim *s, const char *what, long long a)
{
	if (s->trace)
		printf("%10.3f ms  %-32s %lld\n", (double)s->now_ns / 1e6, what, a);
}

void sea_promise(struct sea_sim *s, bool kept, const char *what)
{
	if (kept || s->failed)
		return;
	s->failed = true;
	printf("seed %llu at %.3f ms: broken promise: %s\n", (unsigned long long)s->seed,
		(double)s->now_ns / 1e6, what);
	for (int i = 0; s->trace && i < 2; i++) {
		const struct sea_policy *p = &s->node[i].p;

		printf("vios%d %s%s mode %d priority %u uplink %d seq %llu sets %llu heard %llu of "
		       "%llu: "
		       "mine %llx granted %llx of %llx\n",
			i + 1, s->node[i].alive ? "" : "dead ", sea_state_name(p->state),
			(int)p->self.mode, p->self.priority, (int)p->self.uplink,
			(unsigned long long)p->seq, (unsigned long long)p->sets_seq,
			(unsigned long long)p->peer.heard, (unsigned long long)p->peer.seq,
			(unsigned long long)p->mine.w[0], (unsigned long long)p->granted.w[0],
			(unsigned long long)p->rules.vlans.w[0]);
	}
}

static bool talk(const struct sea_sim *s)
{
	return !s->cut && s->node[0].alive && s->node[1].alive && s->node[0].p.peer_talks &&
	       s->node[1].p.peer_talks;
}

/* --- 1, 2: who has a VLAN --- */

static void check_owner(struct sea_sim *s, int i, uint16_t id)
{
	const bool a = vlan_set_has(&s->node[0].primary, id);
	const bool b = vlan_set_has(&s->node[1].primary, id);
	const int owner = a && b ? 2 : a ? 0 : b ? 1 : -1;

	sea_promise(s, owner != 2 || s->now_ns < s->together_from_ns + MEET_NS,
		"two primaries of a VLAN while the two talk");
	sea_promise(s,
		owner != 2 || !sea_policy_trunk(&s->node[0].p) || !sea_policy_trunk(&s->node[1].p),
		"a loop: two primaries of a VLAN, and the trunk is open");
	if (owner != s->owner[i] && owner >= 0)
		s->moves++;
	s->owner[i] = owner;
	if (owner >= 0)
		s->served_ns[i] = s->now_ns;
	for (int n = 0; n < 2; n++) {
		const struct vlan_set claims = sea_roles_claims(&s->node[n].p);

		sea_promise(s, !vlan_set_has(&s->node[n].primary, id) || vlan_set_has(&claims, id),
			"the primary of a VLAN does not claim it");
	}
}

/* --- 3, 4: the right one has it --- */

static struct sea_side truth(const struct sea_sim *s, int i)
{
	const struct sea_node *n = &s->node[i];

	return (struct sea_side){.mode = s->rules[i].mode[0],
		.priority = s->rules[i].priority[0],
		.serving = n->alive && n->serving,
		.uplink = n->link && n->reach ? SEA_UPLINK_WELL : SEA_UPLINK_DEAD,
		.settled = true};
}

static bool served_by(const struct sea_sim *s, int i)
{
	return vlan_set_equal(&s->node[i].primary, &s->rules[i].vlans);
}

static void check_apart(struct sea_sim *s)
{
	for (int i = 0; i < 2; i++) {
		const struct sea_side self = truth(s, i), other = truth(s, !i);

		if (sea_choice_worth(&self, &other, i == 0) != SEA_WORTHLESS)
			sea_promise(
				s, served_by(s, i), "one that is alone and could serve does not");
		sea_promise(s, !s->node[i].alive || !sea_policy_trunk(&s->node[i].p),
			"the trunk is open to a peer that is gone");
	}
}

static void check_shares(struct sea_sim *s)
{
	const unsigned a = vlan_set_count(&s->node[0].primary);
	const unsigned b = vlan_set_count(&s->node[1].primary);

	sea_promise(s, a + 1 >= b && b + 1 >= a, "load sharing is not even");
}

/* --- 7, 8: what follows for switches and clients --- */

static void check_claims(struct sea_sim *s, int i, const struct vlan_set claims[2])
{
	const uint16_t id = (uint16_t)(i + 1);
	const bool a = vlan_set_has(&claims[0], id), b = vlan_set_has(&claims[1], id);
	const struct vlan_set left[2] = {
		sea_roles_leaves(&s->node[0].p), sea_roles_leaves(&s->node[1].p)};

	sea_promise(s, a || b, "a VLAN that is handed over is claimed by nobody");
	if ((!a || !b) && (!vlan_set_has(&left[0], id) || !vlan_set_has(&left[1], id)))
		s->apart_ns[i] = s->now_ns;
	sea_promise(s, s->now_ns <= s->apart_ns[i] + HANDED_NS,
		"both claim a VLAN, or both leave it, for long");
}

static void check_left(struct sea_sim *s, bool shared)
{
	static const struct vlan_set none = {{0}};

	for (int i = 0; i < 2; i++) {
		const struct vlan_set left = sea_roles_leaves(&s->node[i].p);

		sea_promise(s, vlan_set_equal(&left, shared ? &s->node[!i].primary : &none),
			"clients are not where their VLANs are");
	}
}

/* All is well for long: what holds then, whatever was before. */
static void check_ranks(struct sea_sim *s, const struct sea_side side[2])
{
	const bool ahead = sea_choice_ahead(&side[0], &side[1], true);
	const bool by_mode = (side[0].mode == SEA_STANDBY) != (side[1].mode == SEA_STANDBY);

	check_left(s, sea_choice_share(&side[0], &side[1]));
	if (side[0].mode == SEA_DISABLED || side[1].mode == SEA_DISABLED)
		sea_promise(s, served_by(s, !ahead), "one that is disabled serves");
	else if (sea_choice_share(&side[0], &side[1]))
		check_shares(s);
	else if (side[0].uplink == side[1].uplink && side[0].uplink == SEA_UPLINK_WELL &&
		 (by_mode || !s->rules[0].noauto_failback))
		sea_promise(s, served_by(s, !ahead), "the side that ranks first does not serve");
}

static void check_together(struct sea_sim *s)
{
	const struct sea_side side[2] = {truth(s, 0), truth(s, 1)};
	const enum sea_worth worth[2] = {sea_choice_worth(&side[0], &side[1], true),
		sea_choice_worth(&side[1], &side[0], false)};
	const struct vlan_set claims[2] = {
		sea_roles_claims(&s->node[0].p), sea_roles_claims(&s->node[1].p)};
	const uint64_t long_ns = BOUND_NS + s->rules[0].health.health_ns + s->rules[0].failback_ns;

	for (int i = 0; i < SEA_SIM_VLANS; i++) {
		const bool wanted = vlan_set_has(&s->rules[0].vlans, (uint16_t)(i + 1));
		const int owner = s->owner[i];

		if (!wanted || (worth[0] == SEA_WORTHLESS && worth[1] == SEA_WORTHLESS))
			continue;
		sea_promise(s, s->now_ns <= s->served_ns[i] + HANDED_NS,
			"nobody serves a VLAN, and one could");
		check_claims(s, i, claims);
		if (owner == 0 || owner == 1)
			sea_promise(s,
				worth[owner] != SEA_WORTH_DEAD || worth[!owner] <= SEA_WORTH_DEAD,
				"one without uplink serves, and the other has one");
	}
	if (sea_policy_trunk(&s->node[0].p) && sea_policy_trunk(&s->node[1].p))
		s->open_ns = s->now_ns;
	sea_promise(s, s->now_ns <= s->open_ns + HANDED_NS, "the trunk stays closed");
	if (s->now_ns > s->quiet_from_ns + long_ns && worth[0] != SEA_WORTHLESS &&
		worth[1] != SEA_WORTHLESS)
		check_ranks(s, side);
}

void sea_check(struct sea_sim *s)
{
	if (!talk(s))
		s->together_from_ns = s->now_ns;
	for (int i = 0; i < SEA_SIM_VLANS; i++)
		check_owner(s, i, (uint16_t)(i + 1));
	/* Each cause may move a VLAN there and back; both may happen to it. */
	sea_promise(s, s->moves <= SEA_SIM_VLANS * (4 + 3 * s->faults), "too many switches");
	if (s->now_ns <= s->quiet_from_ns + BOUND_NS) {
		s->open_ns = s->now_ns;
		for (int i = 0; i < SEA_SIM_VLANS; i++)
			s->served_ns[i] = s->apart_ns[i] = s->now_ns;
		return;
	}
	if (talk(s))
		check_together(s);
	else
		check_apart(s);
}
