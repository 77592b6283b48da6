/* SPDX-License-Identifier: BSD-3-Clause */
/* link_nl.h - watches the carrier of one kernel interface in viosd's network namespace
 * (rtnetlink(7)). */
#ifndef VIOS_DAEMON_LINK_NL_H
#define VIOS_DAEMON_LINK_NL_H

#include "vios-core/daemon/path_state.h"

#include <systemd/sd-event.h>

struct link_nl;

/* changed is called from the loop, at the notification. An interface that does not exist is down
 * until it appears. 0 or -errno. */
int link_nl_new(sd_event *ev, const char *iface, void (*changed)(void *user), void *user,
	struct link_nl **out);
void link_nl_free(struct link_nl *link);
/* NULL: LINK_UNKNOWN. */
enum link_state link_nl_state(const struct link_nl *link);

#endif
