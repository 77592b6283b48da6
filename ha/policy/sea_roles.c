/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_roles.c - see sea_roles.h. Pure; any thread; owns nothing.
 *
 *	VLAN        its switch claims it     its clients' paths here (load sharing)
 *	mine        yes                      optimized
 *	granted     until the peer has it    non-optimized
 *	the peer's  no                       non-optimized
 *	nobody's    no                       optimized
 */
#include "ha/policy/sea_roles.h"

bool sea_roles_known(const struct sea_policy *p)
{
	return !p->fresh;
}

struct vlan_set sea_roles_claims(const struct sea_policy *p)
{
	const struct vlan_set primary = sea_policy_primary(p);

	/* Over a dead uplink nothing is held for anybody. */
	if (!p->peer_talks || !p->self.serving || p->self.uplink == SEA_UPLINK_DEAD)
		return primary;
	return vlan_set_or(&primary, &p->granted);
}

struct vlan_set sea_roles_leaves(const struct sea_policy *p)
{
	static const struct vlan_set none = {{0}};
	struct vlan_set theirs;

	if (!sea_policy_shares(p))
		return none;
	theirs = vlan_set_or(&p->peer.mine, &p->granted);
	theirs = vlan_set_without(&theirs, &p->mine);
	return vlan_set_and(&theirs, &p->rules.vlans);
}
