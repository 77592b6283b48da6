/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_policy.c - the right to a VLAN and how it changes hands. Pure; the caller owns the struct.
 *
 * Each VLAN's right is on one side, or on its way. Only who has it gives it: it stops being primary
 * and says so in the same advert (`granted`), and does not take it back while the peer talks. It
 * gives only when the peer has seen that it has it: so a grant and one back cannot be mistaken.
 * What nobody has (a side has forgotten it over a restart) is taken by the first side of the frame
 * alone. A peer that is gone leaves all; if it is not gone in truth, both
 * have the right: the trunk is closed with the taking until an advert that answers it shows that
 * they do not overlap, and where they do, one side drops its own: the second, or if they share
 * each the half that is the other's, so that not all clients move over and half of them back.
 *
 *	        peer gone; granted to it; nobody's (first side)
 *	nothing -------------------------------------------------> mine
 *	   ^                                                        |
 *	   |      the peer has it                      the peer     | gives
 *	   +------------------------ granted <----------------------+
 *	   '------------- both have it, and it is the peer's -------'
 */
#include "ha/policy/sea_policy.h"

#include "ha/policy/sea_choice.h"

#include <string.h>

void sea_policy_init(
	struct sea_policy *p, const struct sea_rules *rules, uint64_t first_seq, uint64_t now_ns)
{
	memset(p, 0, sizeof(*p));
	p->seq = p->sets_seq = p->alone_seq = first_seq;
	p->start_ns = now_ns;
	p->well_since_ns = SEA_NEVER;
	p->fresh = true;
	sea_health_init(&p->health, &rules->health, now_ns);
	sea_policy_rules(p, rules);
}

void sea_policy_rules(struct sea_policy *p, const struct sea_rules *rules)
{
	p->rules = *rules;
	p->self.mode = rules->mode[0];
	p->self.priority = rules->priority[0];
	sea_health_rules(&p->health, &rules->health, rules->n_targets);
}

void sea_policy_serving(struct sea_policy *p, bool serving)
{
	p->self.serving = serving;
}

void sea_policy_link(struct sea_policy *p, bool up, uint64_t now_ns)
{
	sea_health_link(&p->health, up, now_ns);
}

void sea_policy_probe(struct sea_policy *p, unsigned target, bool answered)
{
	sea_health_probe(&p->health, target, answered);
}

void sea_policy_peer(struct sea_policy *p, bool talks)
{
	if (talks == p->peer_talks)
		return;
	p->peer_talks = talks;
	p->peer_heard = false;
	p->told = false;
}

void sea_policy_hear(struct sea_policy *p, const struct sea_advert *advert)
{
	const uint64_t heard = p->peer.heard;
	const bool same = advert->seq == p->peer.seq;

	if (!p->peer_talks || advert->seq < p->peer.seq)
		return;
	p->peer = *advert;
	if (same && heard > advert->heard) /* it came later than a younger one */
		p->peer.heard = heard;
	p->owes_answer = p->owes_answer || advert->ask;
	p->peer_heard = true;
	p->fresh = false;
	p->counts.in[advert->state < SEA_STATES ? advert->state : SEA_INIT]++;
	p->counts.in_all++;
}

/* What is known of the peer: its own word, else what is configured; NULL: it has no side. */
static const struct sea_side *peer_side(const struct sea_policy *p, struct sea_side *configured)
{
	if (p->peer_talks && p->peer_heard)
		return &p->peer.side;
	*configured = (struct sea_side){.mode = p->rules.mode[1], .priority = p->rules.priority[1]};
	return p->rules.paired ? configured : NULL;
}

static enum sea_worth worth(const struct sea_policy *p)
{
	struct sea_side configured;

	return sea_choice_worth(&p->self, peer_side(p, &configured), p->rules.first);
}

static void look_at_self(struct sea_policy *p, uint64_t now_ns)
{
	p->self.uplink = sea_health_look(&p->health, now_ns);
	if (p->self.uplink != SEA_UPLINK_WELL || !p->self.serving)
		p->well_since_ns = SEA_NEVER;
	else if (p->well_since_ns == SEA_NEVER)
		p->well_since_ns = now_ns;
	p->self.settled =
		p->well_since_ns != SEA_NEVER && now_ns - p->well_since_ns >= p->rules.failback_ns;
}

/* At the start the peer may have a word to say, first. */
static bool waits(const struct sea_policy *p, uint64_t now_ns)
{
	return p->fresh && p->rules.paired && !p->peer_heard &&
	       now_ns - p->start_ns < p->rules.start_ns;
}

/* What nobody has given. */
static void take(struct sea_policy *p, const struct vlan_set *set)
{
	if (vlan_set_empty(set))
		return;
	p->mine = vlan_set_or(&p->mine, set);
	p->alone_seq = p->seq + 1; /* that this change is told with */
}

static void without_peer(struct sea_policy *p, uint64_t now_ns)
{
	struct vlan_set all;

	if (waits(p, now_ns))
		return;
	p->fresh = false;
	if (worth(p) == SEA_WORTHLESS) {
		memset(&p->mine, 0, sizeof(p->mine));
		return;
	}
	memset(&p->granted, 0, sizeof(p->granted));
	all = vlan_set_without(&p->rules.vlans, &p->mine);
	take(p, &all);
}

/* It knows the sets of this side as they are. */
static bool up_to_date(const struct sea_policy *p)
{
	return p->peer.heard >= p->sets_seq;
}

static void give(struct sea_policy *p, const struct vlan_set *set)
{
	p->mine = vlan_set_without(&p->mine, set);
	p->granted = vlan_set_or(&p->granted, set);
}

/* The newest advert grants only what this side has not had since: see give_what_is_due(). */
static void take_granted(struct sea_policy *p)
{
	struct vlan_set set = vlan_set_and(&p->peer.granted, &p->rules.vlans);

	set = vlan_set_without(&set, &p->granted);
	p->mine = vlan_set_or(&p->mine, &set);
}

/* Half of what nobody has, or all of it, is the peer's from the start. */
static void start_there(struct sea_policy *p, const struct vlan_set *orphans)
{
	struct vlan_set set = *orphans;

	if (sea_choice_share(&p->self, &p->peer.side))
		set = vlan_set_highest(orphans, vlan_set_count(orphans) / 2);
	else if (!sea_choice_starts_there(&p->self, &p->peer.side, p->rules.first))
		return;
	give(p, &set);
}

static void take_orphans(struct sea_policy *p)
{
	struct vlan_set set = vlan_set_without(&p->rules.vlans, &p->mine);

	if (!p->rules.first || !up_to_date(p))
		return;
	set = vlan_set_without(&set, &p->granted);
	set = vlan_set_without(&set, &p->peer.mine);
	set = vlan_set_without(&set, &p->peer.granted);
	if (vlan_set_empty(&set))
		return;
	take(p, &set);
	start_there(p, &set);
}

/* So many more than the peer that moving some makes it better. */
static unsigned surplus(const struct sea_policy *p)
{
	const struct vlan_set theirs = vlan_set_or(&p->peer.mine, &p->granted);
	const unsigned a = vlan_set_count(&p->mine), b = vlan_set_count(&theirs);

	return a > b ? (a - b) / 2 : 0;
}

static void give_what_is_due(struct sea_policy *p)
{
	struct vlan_set set = p->mine;

	/* The peer must have seen that this side has them, else its own grant and this one could
	 * not be told apart. */
	if (!up_to_date(p))
		return;
	if (sea_choice_share(&p->self, &p->peer.side)) {
		if (p->peer.side.uplink != SEA_UPLINK_WELL || !p->peer.side.settled)
			return;
		set = vlan_set_highest(&p->mine, surplus(p));
	} else if (!sea_choice_gives_all(
			   &p->self, &p->peer.side, p->rules.first, p->rules.noauto_failback)) {
		return;
	}
	give(p, &set);
}

/* Both believed the other one to be gone. */
static void part(struct sea_policy *p)
{
	const unsigned half = vlan_set_count(&p->rules.vlans) / 2;
	struct vlan_set both = vlan_set_and(&p->mine, &p->peer.mine), second = {{0}};

	if (sea_choice_share(&p->self, &p->peer.side))
		second = vlan_set_highest(&p->rules.vlans, half);
	both = p->rules.first ? vlan_set_and(&both, &second) : vlan_set_without(&both, &second);
	p->mine = vlan_set_without(&p->mine, &both);
}

static void with_peer(struct sea_policy *p)
{
	part(p);
	p->granted = vlan_set_without(&p->granted, &p->peer.mine);
	give_what_is_due(p);
	take_granted(p);
	take_orphans(p);
}

static void settle_sets(struct sea_policy *p, uint64_t now_ns)
{
	p->mine = vlan_set_and(&p->mine, &p->rules.vlans);
	p->granted = vlan_set_and(&p->granted, &p->rules.vlans);
	if (!p->rules.paired || !p->peer_talks)
		without_peer(p, now_ns);
	else if (p->peer_heard)
		with_peer(p);
}

bool sea_policy_shares(const struct sea_policy *p)
{
	return p->peer_talks && p->peer_heard && sea_choice_share(&p->self, &p->peer.side);
}

/* Ranks before the peer, which has what is its own. */
static bool returns(const struct sea_policy *p)
{
	return p->peer_talks && p->peer_heard &&
	       sea_choice_ahead(&p->self, &p->peer.side, p->rules.first) &&
	       (!p->rules.noauto_failback || p->self.mode != p->peer.side.mode);
}

static enum sea_event event_of(const struct sea_policy *p, uint64_t now_ns)
{
	const enum sea_worth w = worth(p);
	const bool has = !vlan_set_empty(&p->mine);

	if (w == SEA_WORTHLESS)
		return SEA_OUT;
	if (!has && waits(p, now_ns))
		return SEA_WAIT;
	if (w == SEA_WORTH_DEAD)
		return SEA_DEAD;
	if (!vlan_set_empty(&p->granted))
		return SEA_GIVE;
	if (sea_policy_shares(p) && (has || w == SEA_WORTH_WELL))
		return sea_choice_ahead(&p->self, &p->peer.side, p->rules.first) ? SEA_SHARE
										 : SEA_SHARE_TOO;
	if (has)
		return SEA_HOLD;
	if (w == SEA_WORTH_HEALING)
		return SEA_HEAL;
	return returns(p) ? SEA_RETURN : SEA_IDLE;
}

static void change_state(struct sea_policy *p, uint64_t now_ns, struct sea_out *out)
{
	const struct sea_cell *cell = sea_role_cell(p->state, event_of(p, now_ns));

	out->from = p->state;
	out->moved = cell->next != p->state;
	out->report = cell->report;
	p->state = cell->next;
	p->counts.became_primary += out->report == SEA_BECOME_PRIMARY;
	p->counts.became_backup += out->report == SEA_BECOME_BACKUP;
}

static bool unconfirmed(const struct sea_policy *p)
{
	return !p->peer_heard || p->peer.heard < p->seq;
}

static void tell(struct sea_policy *p, uint64_t now_ns, struct sea_out *out)
{
	const bool late = unconfirmed(p) && now_ns >= p->repeat_at_ns;

	out->send = p->rules.paired && p->peer_talks && (!p->told || p->owes_answer || late);
	if (!out->send)
		return;
	p->told = true;
	p->owes_answer = false;
	p->repeat_at_ns = now_ns + p->rules.repeat_ns;
	p->counts.out++;
}

static bool side_equal(const struct sea_side *a, const struct sea_side *b)
{
	return a->mode == b->mode && a->priority == b->priority && a->serving == b->serving &&
	       a->uplink == b->uplink && a->settled == b->settled;
}

void sea_policy_step(struct sea_policy *p, uint64_t now_ns, struct sea_out *out)
{
	static const struct sea_out nothing = {0};
	const struct sea_policy before = *p;
	struct vlan_set primary;
	bool sets;

	*out = nothing;
	look_at_self(p, now_ns);
	settle_sets(p, now_ns);
	change_state(p, now_ns, out);
	sets = !vlan_set_equal(&p->mine, &before.mine) ||
	       !vlan_set_equal(&p->granted, &before.granted);
	/* The first step tells, too, what was set since the start. */
	if (sets || out->moved || !side_equal(&p->self, &p->said)) {
		p->seq++;
		p->told = false;
		p->said = p->self;
	}
	if (sets)
		p->sets_seq = p->seq;
	primary = sea_policy_primary(p);
	out->roles =
		!vlan_set_equal(&primary, &p->primary_was) || p->trunk_was != sea_policy_trunk(p);
	p->primary_was = primary;
	p->trunk_was = sea_policy_trunk(p);
	tell(p, now_ns, out);
}

static uint64_t sooner(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t sea_policy_next_ns(const struct sea_policy *p, uint64_t now_ns)
{
	uint64_t at_ns = sea_health_next_ns(&p->health, now_ns);

	if (waits(p, now_ns))
		at_ns = sooner(at_ns, p->start_ns + p->rules.start_ns);
	if (p->well_since_ns != SEA_NEVER && !p->self.settled)
		at_ns = sooner(at_ns, p->well_since_ns + p->rules.failback_ns);
	if (p->rules.paired && p->peer_talks && unconfirmed(p))
		at_ns = sooner(at_ns, p->repeat_at_ns);
	return at_ns;
}

struct sea_advert sea_policy_advert(const struct sea_policy *p)
{
	return (struct sea_advert){.seq = p->seq,
		.heard = p->peer.seq,
		.ask = unconfirmed(p),
		.side = p->self,
		.state = p->state,
		.mine = p->mine,
		.granted = p->granted};
}

struct vlan_set sea_policy_primary(const struct sea_policy *p)
{
	static const struct vlan_set none = {{0}};

	return worth(p) == SEA_WORTHLESS ? none : p->mine;
}

bool sea_policy_yields(const struct sea_policy *p)
{
	const enum sea_worth w = worth(p);

	if (w <= SEA_WORTH_DEAD)
		return true;
	return p->peer_talks && p->peer_heard && sea_choice_mode_yields(&p->self, &p->peer.side) &&
	       sea_choice_worth(&p->peer.side, &p->self, !p->rules.first) > SEA_WORTH_DEAD;
}

bool sea_policy_trunk(const struct sea_policy *p)
{
	const struct vlan_set both = vlan_set_and(&p->mine, &p->peer.mine);

	return p->peer_talks && p->peer_heard && p->peer.heard >= p->alone_seq &&
	       vlan_set_empty(&both);
}
