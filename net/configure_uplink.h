/* SPDX-License-Identifier: BSD-3-Clause */
/* configure_uplink.h - the uplink comes into use, changes, and goes. Main thread. */
#ifndef VIOS_NET_CONFIGURE_UPLINK_H
#define VIOS_NET_CONFIGURE_UPLINK_H

#include "net/netd.h"

/* Opens what is wanted beside what is there, so that a failure changes nothing;
 * unless both need one device. 0 or -errno with why[] filled. */
int configure_open_uplink(struct netd *netd, const struct uplink_config *wanted,
	struct uplink **out, char *why, size_t why_size);
void configure_use_uplink(struct netd *netd, struct uplink *uplink);
/* What was opened is not wanted after all. */
void configure_undo_uplink(struct netd *netd, struct uplink *uplink);
/* Takes the uplink out of service, if there is one. */
void configure_drop_uplink(struct netd *netd);

/* While its members change: no worker uses the uplink between the two. False: one hangs in it, and
 * it is in use still. */
bool configure_uplink_aside(struct netd *netd);
void configure_uplink_back(struct netd *netd);

#endif
