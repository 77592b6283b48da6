/* SPDX-License-Identifier: BSD-3-Clause */
/* agent_tables.h - the resource agents that there are, and the order of their parameters. Pure. */
#ifndef VIOS_PACEMAKER_AGENT_TABLES_H
#define VIOS_PACEMAKER_AGENT_TABLES_H

#include "ha/pacemaker/agent_table.h"

enum vios_param { V_VIOS, V_RUN, V_VIOSD, V_STATE, V_LOG, V_OPTIONS, V_WAIT };
enum client_param { C_CLIENT, C_RUN, C_VIOMUXD, C_LOG, C_OPTIONS };

extern const struct agent vios_agent, client_agent;

#endif
