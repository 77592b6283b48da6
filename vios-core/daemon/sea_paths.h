/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_paths.h - which client adapters a side of the SEA leaves to the other VIOS, by their VLANs.
 * Pure. */
#ifndef VIOS_DAEMON_SEA_PATHS_H
#define VIOS_DAEMON_SEA_PATHS_H

#include "ha/policy/vlan_set.h"
#include "vios-core/daemon/inventory.h"

#include <jansson.h>

/* rules: {CLIENT/ADAPTER: {"pvid"}}, or NULL. An adapter goes by its PVID; one whose PVID is not
 * known is not left. Marks each Ethernet adapter's `leaves`. */
void sea_paths_mark(
	struct inventory *inventory, const json_t *rules, const struct vlan_set *leaves);

/* Which SEA each Ethernet adapter goes by: the one that bridges its PVID; the first one, if none
 * does. vlans: of n SEAs. */
void sea_paths_assign(struct inventory *inventory, const json_t *rules,
	const struct vlan_set *const *vlans, size_t n);

#endif
