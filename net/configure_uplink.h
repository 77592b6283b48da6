/* SPDX-License-Identifier: BSD-3-Clause */
/* configure_uplink.h - uplinks come into use, change, and go. Main thread. */
#ifndef VIOS_NET_CONFIGURE_UPLINK_H
#define VIOS_NET_CONFIGURE_UPLINK_H

#include "net/netd.h"

struct wanted_uplink {
	struct uplink_config config;
	struct uplink_rules rules;
	struct prober_config prober;
	unsigned number; /* its place */
	bool stays;	 /* it is there already */
	bool fresh;	 /* another one had the place, or none */
	struct uplink *opened;
};

struct wanted_uplinks {
	unsigned n;
	struct wanted_uplink of[PORT_UPLINKS];
};

/* configure_uplinks.c: members `uplinks`, a list, or `uplink`, of which each may be absent or null.
 * Each of another name, no VLAN of two. 0 or -EINVAL with why[] filled. */
int uplinks_read(const json_t *params, struct wanted_uplinks *out, char *why, size_t why_size);
/* Finds places, and opens what is new; if one cannot be, none is. 0 or -errno with why[] filled. */
int uplinks_open(struct netd *netd, struct wanted_uplinks *wanted, char *why, size_t why_size);
/* What was opened is not wanted after all. */
void uplinks_undo(struct netd *netd, struct wanted_uplinks *wanted);
/* Those that are not wanted go, those that were opened come into use. */
void uplinks_take(struct netd *netd, const struct wanted_uplinks *wanted);
/* The rules, by places. */
void uplinks_rules(const struct wanted_uplinks *wanted, struct uplinks_rules *out);

/* Of one place. */
void configure_use_uplink(struct netd_uplink *at, struct uplink *uplink);
/* Takes the uplink out of service, if there is one. */
void configure_drop_uplink(struct netd_uplink *at);

/* While its members change: no worker uses the uplink between the two. False: one hangs in it, and
 * it is in use still. */
bool configure_uplink_aside(struct netd_uplink *at);
void configure_uplink_back(struct netd_uplink *at);

#endif
