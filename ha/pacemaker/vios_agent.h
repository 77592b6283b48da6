/* SPDX-License-Identifier: BSD-3-Clause */
/* vios_agent.h - the parts of ocf:vios:vios that know each other: a VIOS under Pacemaker. */
#ifndef VIOS_PACEMAKER_VIOS_AGENT_H
#define VIOS_PACEMAKER_VIOS_AGENT_H

#include <limits.h>

#include "ha/pacemaker/agent.h"
#include "ha/pacemaker/agent_tables.h"
#include "ha/pacemaker/role_text.h"
#include "ha/pacemaker/talk.h"

/* The call's VIOS and frame. 0, or -errno with the reason given. */
int vios_site(const struct agent_call *call, struct talk_site *site);

/* vios_role.c: the role that Pacemaker last set. A file that cannot be read counts as unpromoted.
 */
void vios_role_load(const struct talk_site *site, struct role *out);
int vios_role_store(const struct talk_site *site, const struct role *role);
int vios_role_drop(const struct talk_site *site);

/* vios_score.c: tells Pacemaker what it may decide by. Only what has changed, unless all is set;
 * role takes note of it. True: role has changed. */
bool vios_publish(struct role *role, const struct facts *facts, bool all);
void vios_unpublish(void);

/* vios_start.c. 0, or -errno with the reason given. */
int vios_start_viosd(const struct agent_call *call, const struct talk_site *site);

/* vios_stop.c */
enum ocf vios_stop_all(struct agent_call *call, const struct talk_site *site);

#endif
