/* SPDX-License-Identifier: BSD-3-Clause */
/* config_netaddr.h - whom a side of a SEA probes: limits and defaults. Pure. */
#ifndef VIOS_MODEL_CONFIG_NETADDR_H
#define VIOS_MODEL_CONFIG_NETADDR_H

#include "vios-core/model/ip_list.h"

#define CONFIG_NETADDRS 8
#define CONFIG_NETADDR_MAX (CONFIG_NETADDRS * (IP_TEXT_MAX + 1) - 1)
#define CONFIG_NETADDR_MS 1000
#define CONFIG_NETADDR_MS_MIN 20
#define CONFIG_NETADDR_MISSES 3

#endif
