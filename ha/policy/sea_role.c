/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_role.c - the table of states. Pure; constant.
 *
 *	          peer heard, or none           nothing to have
 *	INIT ----------------------> PRIMARY <----------------- BACKUP
 *	  |                           |   ^  \                    ^
 *	  | both share                |   |   `- gives -> NOTIFY -+
 *	  '---> PRIMARY_SH, BACKUP_SH |   |                       |
 *	          (from and to any    |   '--- is given --- RECOVERY
 *	           that is well)      |                           ^
 *	                 uplink dead  v                           | ranks first
 *	        (from any) --------> LIMBO -- uplink back --> UNHEALTHY -- health_time --> BACKUP
 *
 * LIMBO and UNHEALTHY say how the uplink is, not what the side has: one in LIMBO whose peer is no
 * better keeps its VLANs, so that clients reach each other; one that is well but has not been for
 * long is PRIMARY as soon as it has VLANs, because its peer is gone or worse.
 */
#include "ha/policy/sea_role.h"

#include <errno.h>
#include <string.h>

#define TO(state, what)                                                                            \
	{                                                                                          \
		1, SEA_##state, SEA_##what                                                         \
	}
#define STAY(state) TO(state, QUIET)

/* clang-format off */
static const struct sea_cell cells[SEA_STATES][SEA_EVENTS] = {
	[SEA_INIT] = {
		[SEA_OUT]       = STAY(INIT),
		[SEA_WAIT]      = STAY(INIT),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, QUIET),
		[SEA_IDLE]      = TO(BACKUP, BECOME_BACKUP),
		[SEA_RETURN]    = TO(RECOVERY, QUIET),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY),
		[SEA_GIVE]      = TO(BACKUP, BECOME_BACKUP), /* given at once: it had never served */
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, BECOME_BACKUP),
	},
	[SEA_PRIMARY] = {
		[SEA_OUT]       = TO(INIT, BECOME_BACKUP),
		[SEA_WAIT]      = TO(INIT, BECOME_BACKUP),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, BECOME_BACKUP),
		[SEA_IDLE]      = TO(BACKUP, BECOME_BACKUP),
		[SEA_RETURN]    = TO(RECOVERY, BECOME_BACKUP),
		[SEA_HOLD]      = STAY(PRIMARY),
		[SEA_GIVE]      = TO(NOTIFY, QUIET),
		[SEA_SHARE]     = TO(PRIMARY_SH, QUIET),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, BECOME_BACKUP),
	},
	[SEA_BACKUP] = {
		[SEA_OUT]       = TO(INIT, QUIET),
		[SEA_WAIT]      = TO(INIT, QUIET),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, QUIET),
		[SEA_IDLE]      = STAY(BACKUP),
		[SEA_RETURN]    = TO(RECOVERY, QUIET),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY),
		[SEA_GIVE]      = STAY(BACKUP), /* what had nobody is given on */
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, QUIET),
	},
	[SEA_PRIMARY_SH] = {
		[SEA_OUT]       = TO(INIT, BECOME_BACKUP),
		[SEA_WAIT]      = TO(INIT, BECOME_BACKUP),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, BECOME_BACKUP),
		[SEA_IDLE]      = TO(BACKUP, BECOME_BACKUP),
		[SEA_RETURN]    = TO(RECOVERY, BECOME_BACKUP),
		[SEA_HOLD]      = TO(PRIMARY, QUIET),
		[SEA_GIVE]      = TO(NOTIFY, QUIET),
		[SEA_SHARE]     = STAY(PRIMARY_SH),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, BECOME_BACKUP),
	},
	[SEA_BACKUP_SH] = {
		[SEA_OUT]       = TO(INIT, QUIET),
		[SEA_WAIT]      = TO(INIT, QUIET),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, QUIET),
		[SEA_IDLE]      = TO(BACKUP, QUIET),
		[SEA_RETURN]    = TO(RECOVERY, QUIET),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY),
		[SEA_GIVE]      = TO(NOTIFY, QUIET),
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = STAY(BACKUP_SH),
	},
	[SEA_RECOVERY] = {
		[SEA_OUT]       = TO(INIT, QUIET),
		[SEA_WAIT]      = TO(INIT, QUIET),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, QUIET),
		[SEA_IDLE]      = TO(BACKUP, BECOME_BACKUP),
		[SEA_RETURN]    = STAY(RECOVERY),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY),
		[SEA_GIVE]      = STAY(RECOVERY),
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, BECOME_BACKUP),
	},
	[SEA_NOTIFY] = {
		[SEA_OUT]       = TO(INIT, BECOME_BACKUP),
		[SEA_WAIT]      = TO(INIT, BECOME_BACKUP),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, BECOME_BACKUP),
		[SEA_IDLE]      = TO(BACKUP, BECOME_BACKUP),
		[SEA_RETURN]    = TO(RECOVERY, BECOME_BACKUP),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY), /* the peer went before it took them */
		[SEA_GIVE]      = STAY(NOTIFY),
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, BECOME_BACKUP),
	},
	[SEA_LIMBO] = {
		[SEA_OUT]       = TO(INIT, QUIET),
		[SEA_WAIT]      = TO(INIT, QUIET),
		[SEA_DEAD]      = STAY(LIMBO),
		[SEA_HEAL]      = TO(UNHEALTHY, RECOVERED),
		[SEA_IDLE]      = TO(BACKUP, RECOVERED),
		[SEA_RETURN]    = TO(RECOVERY, RECOVERED),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY),
		[SEA_GIVE]      = TO(UNHEALTHY, RECOVERED),
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, RECOVERED),
	},
	[SEA_UNHEALTHY] = {
		[SEA_OUT]       = TO(INIT, QUIET),
		[SEA_WAIT]      = TO(INIT, QUIET),
		[SEA_DEAD]      = TO(LIMBO, TO_LIMBO),
		[SEA_HEAL]      = STAY(UNHEALTHY),
		[SEA_IDLE]      = TO(BACKUP, BECOME_BACKUP),
		[SEA_RETURN]    = TO(RECOVERY, QUIET),
		[SEA_HOLD]      = TO(PRIMARY, BECOME_PRIMARY), /* the peer is gone, or worse */
		[SEA_GIVE]      = STAY(UNHEALTHY),
		[SEA_SHARE]     = TO(PRIMARY_SH, BECOME_PRIMARY),
		[SEA_SHARE_TOO] = TO(BACKUP_SH, BECOME_BACKUP),
	},
};
/* clang-format on */

static const char *const names[SEA_STATES] = {
	[SEA_INIT] = "INIT",
	[SEA_PRIMARY] = "PRIMARY",
	[SEA_BACKUP] = "BACKUP",
	[SEA_PRIMARY_SH] = "PRIMARY_SH",
	[SEA_BACKUP_SH] = "BACKUP_SH",
	[SEA_RECOVERY] = "RECOVERY",
	[SEA_NOTIFY] = "NOTIFY",
	[SEA_LIMBO] = "LIMBO",
	[SEA_UNHEALTHY] = "UNHEALTHY",
};

static const char *const reports[SEA_REPORTS] = {
	[SEA_QUIET] = "",
	[SEA_BECOME_PRIMARY] = "BECOME PRIMARY",
	[SEA_BECOME_BACKUP] = "BECOME BACKUP",
	[SEA_TO_LIMBO] = "SWITCHING TO LIMBO STATE",
	[SEA_RECOVERED] = "RECOVERED FROM LIMBO STATE",
};

const struct sea_cell *sea_role_cell(enum sea_state state, enum sea_event event)
{
	return &cells[state][event];
}

const char *sea_state_name(enum sea_state state)
{
	return names[state];
}

int sea_state_parse(const char *name, enum sea_state *out)
{
	for (enum sea_state s = 0; name && s < SEA_STATES; s++) {
		if (strcmp(name, names[s]) == 0) {
			*out = s;
			return 0;
		}
	}
	return -EINVAL;
}

const char *sea_report_name(enum sea_report report)
{
	return reports[report];
}
