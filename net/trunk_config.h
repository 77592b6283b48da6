/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_config.h - the trunk as it is configured: member `trunk` of `configure`. Pure; jansson on
 * memory only. */
#ifndef VIOS_NET_TRUNK_CONFIG_H
#define VIOS_NET_TRUNK_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/vlanset.h"

#define TRUNK_SOCKET_MAX 107

struct trunk_config {
	bool wanted;
	bool server; /* listens; the other side connects */
	bool keep;   /* `primary` as it was told before; of a trunk that is new: none */
	char socket[TRUNK_SOCKET_MAX + 1];
	struct vlanset primary; /* VLANs that this side is to be the primary of */
};

/* {"socket", "server", "primary": true, false, [VLAN] or null}; absent: there is none. object: not
 * trusted. 0 or -EINVAL with why[] filled. */
int trunk_config_read(const json_t *object, struct trunk_config *out, char *why, size_t why_size);

#endif
