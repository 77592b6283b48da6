/* SPDX-License-Identifier: BSD-3-Clause */
/* netd_params.h - what vios-netd's switch goes by, out of the state. Pure. */
#ifndef VIOS_DAEMON_NETD_PARAMS_H
#define VIOS_DAEMON_NETD_PARAMS_H

#include "vios-core/model/config.h"

#include <jansson.h>

/* {"adapters": {CLIENT/ADAPTER: {pvid, vlans, own_mac_only, storm_per_s, allowed_ips, and rates as
 * in net/rates.h}}, "uplinks": [{name, devargs, pvid, vlans, storm_per_s, multicast_snooping,
 * large_receive, rates, netaddr..., aggregation (where its real adapter is one) as in
 * net/aggregate.h}], one a SEA, "trunk": any of them wants one} of this VIOS: a new object; members
 * of `configure` to be added to what netd is told of each. NULL: no memory. */
json_t *netd_params_rules(const struct config *config, const char *vios);

#endif
