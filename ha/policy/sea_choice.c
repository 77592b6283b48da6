/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_choice.c - the rules of who should have a VLAN. Pure; any thread; owns nothing.
 *
 * First the uplinks: a dead one gives to one that is not. Then the modes, which are the operator's
 * word and hold at once: auto and sharing before standby. Then the priority, if what is well again
 * may have its VLANs back. Whoever is disabled has no part beside one that is not; where both are,
 * nothing moves by itself: the one ahead has all, whatever its uplink.
 */
#include "ha/policy/sea_choice.h"

static bool ahead_by_priority(const struct sea_side *a, const struct sea_side *b, bool a_first)
{
	return a->priority != b->priority ? a->priority < b->priority : a_first;
}

enum sea_worth sea_choice_worth(
	const struct sea_side *side, const struct sea_side *other, bool first)
{
	static const enum sea_worth of[SEA_UPLINKS] = {
		[SEA_UPLINK_DEAD] = SEA_WORTH_DEAD,
		[SEA_UPLINK_HEALING] = SEA_WORTH_HEALING,
		[SEA_UPLINK_WELL] = SEA_WORTH_WELL,
	};

	if (side->mode == SEA_DISABLED && other) {
		if (other->mode != SEA_DISABLED || !ahead_by_priority(side, other, first))
			return SEA_WORTHLESS;
		return side->serving ? SEA_WORTH_WELL : SEA_WORTHLESS;
	}
	return side->serving ? of[side->uplink] : SEA_WORTHLESS;
}

static int by_mode(const struct sea_side *side)
{
	return side->mode == SEA_DISABLED ? 0 : side->mode == SEA_STANDBY ? 1 : 2;
}

bool sea_choice_mode_yields(const struct sea_side *a, const struct sea_side *b)
{
	return by_mode(b) > by_mode(a);
}

bool sea_choice_ahead(const struct sea_side *a, const struct sea_side *b, bool a_first)
{
	if (by_mode(a) != by_mode(b))
		return by_mode(a) > by_mode(b);
	return ahead_by_priority(a, b, a_first);
}

bool sea_choice_gives_all(const struct sea_side *holder, const struct sea_side *other,
	bool holder_first, bool noauto_failback)
{
	const enum sea_worth a = sea_choice_worth(holder, other, holder_first);
	const enum sea_worth b = sea_choice_worth(other, holder, !holder_first);

	if (b == SEA_WORTHLESS)
		return false;
	if (a == SEA_WORTHLESS)
		return true;
	if (a == SEA_WORTH_DEAD || b == SEA_WORTH_DEAD)
		return a < b;
	if (by_mode(holder) != by_mode(other))
		return by_mode(other) > by_mode(holder);
	if (sea_choice_share(holder, other))
		return false;
	return b == SEA_WORTH_WELL && other->settled && !noauto_failback &&
	       ahead_by_priority(other, holder, !holder_first);
}

bool sea_choice_share(const struct sea_side *a, const struct sea_side *b)
{
	return a->mode == SEA_SHARING && b->mode == SEA_SHARING && a->serving && b->serving &&
	       a->uplink != SEA_UPLINK_DEAD && b->uplink != SEA_UPLINK_DEAD;
}

bool sea_choice_starts_there(
	const struct sea_side *self, const struct sea_side *other, bool self_first)
{
	const enum sea_worth a = sea_choice_worth(self, other, self_first);
	const enum sea_worth b = sea_choice_worth(other, self, !self_first);
	const bool alike = a >= SEA_WORTH_HEALING && b >= SEA_WORTH_HEALING;

	return alike || a == b ? b != SEA_WORTHLESS && !sea_choice_ahead(self, other, self_first)
			       : b > a;
}
