/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_advert.h - what the two sides of a SEA tell each other. Pure. */
#ifndef VIOS_POLICY_SEA_ADVERT_H
#define VIOS_POLICY_SEA_ADVERT_H

#include "ha/policy/sea_health.h"
#include "ha/policy/sea_role.h"
#include "ha/policy/vlan_set.h"

enum sea_mode { SEA_AUTO, SEA_DISABLED, SEA_SHARING, SEA_STANDBY, SEA_MODES };

/* What one side says of itself. */
struct sea_side {
	enum sea_mode mode;
	uint32_t priority; /* lower wins */
	bool serving;	   /* its data plane */
	enum sea_uplink uplink;
	bool settled; /* well for so long that it may be given VLANs back */
};

/* All of it, each time: the newest one replaces those before. */
struct sea_advert {
	uint64_t seq;	/* rises with each change, for ever, also over restarts */
	uint64_t heard; /* the newest one of the peer's; 0: none */
	bool ask;	/* it is not known that the peer has heard this one: answer it */
	struct sea_side side;
	enum sea_state state;
	struct vlan_set mine;	 /* has the right to be their primary */
	struct vlan_set granted; /* had it: it is the peer's to take, and nobody else's */
};

#endif
