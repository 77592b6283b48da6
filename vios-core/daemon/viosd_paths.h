/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_paths.h - paths to disks that fail and heal: the mux, the targets and the error log are
 * told what follows. */
#ifndef VIOS_DAEMON_VIOSD_PATHS_H
#define VIOS_DAEMON_VIOSD_PATHS_H

#include "vios-core/daemon/viosd.h"

/* A target's paths are otherwise than before; user: struct viosd. */
void viosd_paths_changed(struct scsid *s, enum path_fault_state before, void *user);
/* The mux has reported the adapter. */
void viosd_paths_reported(struct viosd *v, const struct inventory_adapter *entry);
/* Fills in what entry has of them. */
void viosd_paths_facts(
	const struct viosd *v, struct inventory_adapter *entry, const struct scsid *s);
/* After the muxes have been told: tells targets whether to answer, brings adapters back. */
void viosd_paths_act(struct viosd *v);

#endif
