/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_sea.h - this VIOS's side of the SEA that has its uplink: the policy (ha/policy) with real
 * facts. */
#ifndef VIOS_DAEMON_VIOSD_SEA_H
#define VIOS_DAEMON_VIOSD_SEA_H

#include "ha/policy/sea_policy.h"
#include "vios-core/daemon/summary.h"

#include <systemd/sd-event.h>

struct viosd;
struct config;

struct viosd_sea {
	char name[MODEL_NAME_MAX + 1]; /* "": none is configured */
	struct sea_policy policy;
	sd_event_source *timer;
	/* What vios-netd was told of the trunk; its VLANs are not known yet: as they were. */
	bool claims_known;
	struct vlan_set claims;
};

void viosd_sea_follow(struct viosd *v, const struct config *config);
/* The peer has told what it knows. */
void viosd_sea_hear(struct viosd *v, const struct summary *summary);
/* Decides anew. True: clients are better off on the other VIOS. */
bool viosd_sea_step(struct viosd *v);
/* Whether the VLANs that vios-netd is to claim are others now: v->sea.claims. */
bool viosd_sea_claims(struct viosd *v);
void viosd_sea_tell(const struct viosd *v, struct summary *summary);
/* {NAME: {...}} as entstat shows it. */
json_t *viosd_sea_json(const struct viosd *v);
void viosd_sea_fini(struct viosd *v);

#endif
