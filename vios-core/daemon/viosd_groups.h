/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_groups.h - a client says which of its ways to a disk is to be the best one. */
#ifndef VIOS_DAEMON_VIOSD_GROUPS_H
#define VIOS_DAEMON_VIOSD_GROUPS_H

#include "vios-core/daemon/viosd.h"

/* `set_groups` of a target {adapter, lun, group}: answered when the pair has made the change, or
 * with the reason why it has not. user: struct viosd. */
void viosd_groups_set(struct scsid *s, struct rpc_call *call, json_t *params, void *user);

#endif
