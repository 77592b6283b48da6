/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_params.c - see trunk_params.h. Pure; viosd's one thread. One VIOS is the primary of all
 * VLANs: the first of the frame, unless its uplink is down while the other one's is not.
 */
#include "vios-core/daemon/trunk_params.h"

bool trunk_is_primary(const struct trunk_facts *facts)
{
	if (facts->link == LINK_DOWN)
		return false;
	return facts->preferred || !facts->peer_known || !facts->peer_serves ||
	       facts->peer_link == LINK_DOWN;
}

json_t *trunk_params(const char *socket, bool server, bool primary)
{
	return json_pack("{s:s, s:b, s:b}", "socket", socket, "server", server, "primary", primary);
}
