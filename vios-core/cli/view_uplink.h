/* SPDX-License-Identifier: BSD-3-Clause */
/* view_uplink.h - the uplinks that a vios-netd tells of; one that is older has one at most. Pure.
 */
#ifndef VIOS_CLI_VIEW_UPLINK_H
#define VIOS_CLI_VIEW_UPLINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

size_t view_uplinks(const json_t *netd);
const json_t *view_uplink_at(const json_t *netd, size_t i);
/* The one of this name; NULL: none. */
const json_t *view_uplink(const json_t *netd, const char *name);

/* view_lsmap.c: a SEA bridges a VLAN of the client adapter. */
bool view_shares_vlan(const json_t *sea, const json_t *veth);

#endif
