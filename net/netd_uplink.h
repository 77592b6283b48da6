/* SPDX-License-Identifier: BSD-3-Clause */
/* netd_uplink.h - one uplink, and what watches it. Main thread only. */
#ifndef VIOS_NET_NETD_UPLINK_H
#define VIOS_NET_NETD_UPLINK_H

#include <stdbool.h>

#include "net/link.h"
#include "net/members.h"
#include "net/prober.h"
#include "net/uplink.h"

struct netd;

struct netd_uplink { /* a place for one */
	struct netd *netd;
	unsigned number;       /* its port is PORT_UPLINK + number */
	struct uplink *uplink; /* NULL: none */
	struct link_watch *link;
	struct members *members; /* of an uplink that is an aggregation */
	struct prober *prober;
	bool link_up; /* as viosd was told */
};

#endif
