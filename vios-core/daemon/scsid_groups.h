/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsid_groups.h - target port groups (SPC-5): through which of a client's server adapters a disk
 * is reached, and which of them is best. Pure; jansson on memory only.
 */
#ifndef VIOS_DAEMON_SCSID_GROUPS_H
#define VIOS_DAEMON_SCSID_GROUPS_H

#include "vios-core/daemon/scsid_params.h"
#include "vios-core/model/config.h"

#include <jansson.h>

/* Relative target port and target port group of an adapter: 1 to 65,535, of its id, which never
 * comes back. */
int scsid_port_number(const struct config_vhost *vhost);

/*
 * `groups` of a LUN in `configure`: one for each adapter of the LUN's client that has its backing
 * device, [{"adapter", "id", "port", "state", "preferred"}], in the order of their ids. NULL: its
 * own adapter is the only one, or there is no memory.
 */
json_t *scsid_groups(const struct config *config, const struct config_vtd *vtd);

/*
 * Exactly one group of each LUN is active/optimized: the one with the lowest path_priority, the
 * first of these, of those whose adapter is not away from the VIOS that it prefers; else of all.
 * params: of `configure`, changed in place. True: something has changed.
 */
bool scsid_groups_choose(json_t *params, bool (*away)(const char *adapter, void *user), void *user);

/*
 * SET TARGET PORT GROUPS by the client of an adapter (CLIENT/ADAPTER): for that LUN of it, that
 * group is to be active/optimized. `ops` of the change of the state that make it so; an empty list:
 * it is so. NULL: it cannot be, and in why why not, or there is no memory.
 */
json_t *scsid_groups_set(const struct config *config, const char *adapter, json_int_t lun,
	json_int_t group, bool (*away)(const char *adapter, void *user), void *user,
	char why[SCSID_WHY_BYTES]);

#endif
