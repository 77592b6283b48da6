/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_params.c - see trunk_params.h. Pure; viosd's one thread; the caller owns what it gets. */
#include "vios-core/daemon/trunk_params.h"

#define VLAN_FIRST 1
#define VLAN_LAST 4094

static json_t *numbers(const struct vlan_set *set)
{
	json_t *list = json_array();

	for (uint16_t id = VLAN_FIRST; id <= VLAN_LAST; id++)
		if (vlan_set_has(set, id))
			json_array_append_new(list, json_integer(id));
	return list;
}

json_t *trunk_params(const char *socket, bool server, const struct vlan_set *claims)
{
	return json_pack("{s:s, s:b, s:o}", "socket", socket, "server", server, "primary",
		claims ? numbers(claims) : json_null());
}
