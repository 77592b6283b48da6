/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_roles.h - what the role of one side of a SEA means for its switch and for its clients. Pure.
 */
#ifndef VIOS_POLICY_SEA_ROLES_H
#define VIOS_POLICY_SEA_ROLES_H

#include "ha/policy/sea_policy.h"

/* False: it has decided nothing yet; what its switch was told before holds. */
bool sea_roles_known(const struct sea_policy *p);
/* Of these VLANs its switch is to use the uplink, as long as the two switches are one. More than
 * sea_policy_primary(): what was given is held until the peer has taken it, if the uplink is not
 * dead. The two switches see to it that only one uses a VLAN (net/turn.h). */
struct vlan_set sea_roles_claims(const struct sea_policy *p);
/* Clients of these VLANs are better off on the other VIOS, as the load is shared and they are its;
 * besides, all are if sea_policy_yields(). */
struct vlan_set sea_roles_leaves(const struct sea_policy *p);

#endif
