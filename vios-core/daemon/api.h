/* SPDX-License-Identifier: BSD-3-Clause */
/* api.h - the methods of viosd.sock that concern the configuration: rows of server.c's table. */
#ifndef VIOS_DAEMON_API_H
#define VIOS_DAEMON_API_H

#include "vios-core/base/rpc.h"

struct viosd;

/* Each answers the call, now or later; params: borrowed. */
void api_config_get(struct viosd *v, struct rpc_call *call);
void api_config_change(struct viosd *v, struct rpc_call *call, json_t *params);
/* The error log of this VIOS. */
void api_errlog(struct viosd *v, struct rpc_call *call, json_t *params);
/* What this VIOS's data plane and the muxes really run. */
void api_running(struct viosd *v, struct rpc_call *call);
/* What a file is, as this VIOS sees it. */
void api_file(struct viosd *v, struct rpc_call *call, json_t *params);
/* To vios-netd: for root alone. */
void api_trace(struct viosd *v, struct rpc_call *call, json_t *params, bool is_root);

#endif
