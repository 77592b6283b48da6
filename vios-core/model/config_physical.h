/* SPDX-License-Identifier: BSD-3-Clause */
/* config_physical.h - a physical adapter of a VIOS, or several as one. Pure. See config_objects.h.
 */
#ifndef VIOS_MODEL_CONFIG_PHYSICAL_H
#define VIOS_MODEL_CONFIG_PHYSICAL_H

#include "vios-core/model/frame_config.h"

#define CONFIG_MEMBERS_MAX 8
#define CONFIG_AGGREGATION_DEVARGS "net_bonding" /* vios-netd makes its port of the members */
enum config_physical_type { CONFIG_PHYSICAL_ETHERNET, CONFIG_PHYSICAL_AGGREGATION };
enum config_aggregation { CONFIG_ACTIVE_BACKUP, CONFIG_BALANCE_XOR, CONFIG_8023AD };
struct config_physical {
	char vios[MODEL_NAME_MAX + 1], name[MODEL_NAME_MAX + 1];
	enum config_physical_type type;
	char devargs[MODEL_DEVARGS_MAX + 1]; /* of an aggregation: "" */
	size_t n_members;		     /* of an aggregation; the first is the one to prefer */
	char members[CONFIG_MEMBERS_MAX][MODEL_NAME_MAX + 1];
	enum config_aggregation mode;
};

#endif
