/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_params.h - the trunk between the two vios-netd of a frame, as vios-netd is told of it.
 * Pure. */
#ifndef VIOS_DAEMON_TRUNK_PARAMS_H
#define VIOS_DAEMON_TRUNK_PARAMS_H

#include "ha/policy/vlan_set.h"

#include <jansson.h>
#include <stdbool.h>

/* Member `trunk` of netd's `configure`; a new object. server: this VIOS listens at the socket.
 * claims: the VLANs that it is to be the primary of (sea_roles.h); NULL: as it was told before.
 * Both may claim one: then their switches agree, see net/turn.h. */
json_t *trunk_params(const char *socket, bool server, const struct vlan_set *claims);

#endif
