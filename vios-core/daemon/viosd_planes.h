/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_planes.h - the data planes' place in the daemon: vios-netd and the SCSI targets. */
#ifndef VIOS_DAEMON_VIOSD_PLANES_H
#define VIOS_DAEMON_VIOSD_PLANES_H

#include "vios-core/daemon/viosd.h"

struct config;

/* 0 or -errno. */
int viosd_planes_new(struct viosd *v);
/* Adopts what runs, starts what does not: vios-netd, and without a cluster the targets of
 * frame.json. 0 or -errno. */
int viosd_planes_start(struct viosd *v);
void viosd_planes_free(struct viosd *v);
/* Shuts all down; the loop ends when they have gone. */
void viosd_planes_stop(struct viosd *v);

/* The configuration has changed; the inventory follows next. */
void viosd_planes_rules(struct viosd *v, const struct config *config);
/* The inventory knows it already. */
void viosd_planes_follow(struct viosd *v, const struct config *config);
/* Notes in the inventory what its targets are up to. */
void viosd_planes_facts(struct viosd *v);
/* Is the adapter served, by another VIOS than the one it prefers? user: struct viosd. */
bool viosd_planes_away(const char *adapter, void *user);

/* Who is to use his uplink may have changed. */
void viosd_planes_trunk(struct viosd *v);

/* framed_events: registers all that run; what it says of one. */
void viosd_planes_register(struct viosd *v);
void viosd_planes_dead(const char *vios, const char *incarnation, void *user);
void viosd_planes_suspect(
	const char *vios, const char *incarnation, const char *report, long long ms, void *user);

#endif
