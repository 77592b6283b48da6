/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_uplinks.h - what vios-netd says of its uplinks. Pure; jansson on memory only. */
#ifndef VIOS_DAEMON_PLANE_UPLINKS_H
#define VIOS_DAEMON_PLANE_UPLINKS_H

#include "vios-core/daemon/path_state.h"
#include "vios-core/model/config_objects.h"

#include <jansson.h>

struct plane_uplink {
	char name[MODEL_NAME_MAX + 1];
	enum link_state link, netaddr; /* netaddr: LINK_UP: an address that is asked answers */
};

/* All zero: nothing is known. */
struct plane_uplinks {
	size_t n;
	struct plane_uplink of[CONFIG_VIOS_SEAS_MAX];
};

/* Its answer to `status`; its notes `uplink` and `netaddr`. One that is older has one uplink, and
 * does not name it in a note `netaddr`. True: something has changed. */
bool plane_uplinks_status(struct plane_uplinks *uplinks, const json_t *status);
bool plane_uplinks_link(struct plane_uplinks *uplinks, const json_t *note);
bool plane_uplinks_netaddr(struct plane_uplinks *uplinks, const json_t *note);

/* Never NULL: of one that is not known nothing is. */
const struct plane_uplink *plane_uplinks_find(
	const struct plane_uplinks *uplinks, const char *name);

#endif
