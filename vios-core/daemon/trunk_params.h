/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_params.h - the trunk between the two vios-netd of a frame: where it is, and who is to use
 * his uplink. Pure. */
#ifndef VIOS_DAEMON_TRUNK_PARAMS_H
#define VIOS_DAEMON_TRUNK_PARAMS_H

#include "vios-core/daemon/path_state.h"

#include <jansson.h>
#include <stdbool.h>

struct trunk_facts {
	bool preferred;	      /* with all else equal it is this VIOS */
	enum link_state link; /* of this VIOS's uplink; LINK_DOWN: it has none */
	bool peer_known;      /* the other viosd is online and has said how it is */
	bool peer_serves;     /* its vios-netd runs */
	enum link_state peer_link;
};

/* Whether this VIOS is to be the primary side of the VLANs. Both may find so of themselves while
 * they do not hear each other: then their switches agree, see net/turn.h. */
bool trunk_is_primary(const struct trunk_facts *facts);

/* Member `trunk` of netd's `configure`; a new object. server: this VIOS listens at the socket. */
json_t *trunk_params(const char *socket, bool server, bool primary);

#endif
