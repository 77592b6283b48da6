/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_sea.h - this VIOS's side of each SEA, its uplink, and the policy (ha/policy) with real
 * facts. */
#ifndef VIOS_DAEMON_VIOSD_SEA_H
#define VIOS_DAEMON_VIOSD_SEA_H

#include "ha/policy/sea_policy.h"
#include "vios-core/daemon/link_nl.h"
#include "vios-core/daemon/summary.h"

#include <systemd/sd-event.h>

struct viosd;
struct config;

struct viosd_sea {
	char name[MODEL_NAME_MAX + 1]; /* "": none is configured, the uplink is frame.json's */
	char uplink[MODEL_NAME_MAX + 1], devargs[MODEL_DEVARGS_MAX + 1];
	struct link_nl *link; /* NULL: no kernel interface to watch */
	enum link_state noted;
	struct sea_policy policy;
	sd_event_source *timer;
};

/* In the order of sea_talk_list(). */
struct viosd_seas {
	size_t n;
	struct viosd_sea of[CONFIG_VIOS_SEAS_MAX];
	/* What vios-netd was told of the trunk; its VLANs are not known yet: as they were. */
	bool claims_known;
	struct vlan_set claims;
};

/* Before the state is known: the uplink of frame.json is watched. 0 or -errno, after a line that
 * says why. */
int viosd_sea_start(struct viosd *v);
void viosd_sea_follow(struct viosd *v, const struct config *config);
/* The peer has told what it knows. */
void viosd_sea_hear(struct viosd *v, const struct summary *summary);
/* Decides anew, and fills in what paths depend on, by the adapters' `sea`. */
void viosd_sea_step(struct viosd *v, struct path_facts facts[CONFIG_VIOS_SEAS_MAX]);
enum link_state viosd_sea_link(const struct viosd *v, const struct viosd_sea *sea);
/* Whether the VLANs that vios-netd is to claim are others now: v->seas.claims. */
bool viosd_sea_claims(struct viosd *v);
void viosd_sea_tell(const struct viosd *v, struct summary *summary);
/* {NAME: {...}} as entstat shows it. */
json_t *viosd_sea_json(const struct viosd *v);
void viosd_sea_fini(struct viosd *v);

#endif
