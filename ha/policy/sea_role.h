/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_role.h - the states of one side of a SEA, by their names of old, and what leads from one to
 * the next. Pure. */
#ifndef VIOS_POLICY_SEA_ROLE_H
#define VIOS_POLICY_SEA_ROLE_H

#include <stdint.h>

enum sea_state {
	SEA_INIT, /* not heard of the peer yet, or without part */
	SEA_PRIMARY,
	SEA_BACKUP,
	SEA_PRIMARY_SH, /* load sharing, the side that ranks first */
	SEA_BACKUP_SH,	/* load sharing, the other one: it has its share, too */
	SEA_RECOVERY,	/* well again and ranking first: waits to be given its VLANs back */
	SEA_NOTIFY,	/* has given VLANs, the peer has not confirmed yet */
	SEA_LIMBO,	/* its uplink is dead; has VLANs only if there is no better side */
	SEA_UNHEALTHY,	/* well, but not for health_time yet, and the peer serves */
	SEA_STATES
};

/* What is the case now, from sea_policy.c. One that has part has a data plane that serves and an
 * ha_mode that lets it. */
enum sea_event {
	SEA_OUT,       /* it has no part */
	SEA_WAIT,      /* it waits for the first word of the peer */
	SEA_DEAD,      /* its uplink is dead */
	SEA_HEAL,      /* has nothing, its uplink has not been well for long */
	SEA_IDLE,      /* has nothing and need not */
	SEA_RETURN,    /* has nothing, and should have */
	SEA_HOLD,      /* has VLANs, as the only one */
	SEA_GIVE,      /* has given some, not confirmed yet */
	SEA_SHARE,     /* load sharing, ranks first */
	SEA_SHARE_TOO, /* load sharing, ranks second */
	SEA_EVENTS
};

enum sea_report {
	SEA_QUIET,
	SEA_BECOME_PRIMARY,
	SEA_BECOME_BACKUP,
	SEA_TO_LIMBO,
	SEA_RECOVERED, /* of LIMBO */
	SEA_REPORTS
};

struct sea_cell {
	uint8_t set; /* every cell is: a zero would be a hole */
	uint8_t next;
	uint8_t report;
};

const struct sea_cell *sea_role_cell(enum sea_state state, enum sea_event event);
const char *sea_state_name(enum sea_state state); /* "PRIMARY_SH" */
/* name may be NULL. 0 or -EINVAL. */
int sea_state_parse(const char *name, enum sea_state *out);
const char *sea_report_name(enum sea_report report); /* "BECOME PRIMARY" */

#endif
