/* SPDX-License-Identifier: BSD-3-Clause */
/* switch_op.h - a planned switch of one adapter or of all, as an operator asks for it. */
#ifndef VIOS_DAEMON_SWITCH_OP_H
#define VIOS_DAEMON_SWITCH_OP_H

#include "vios-core/base/rpc.h"

struct viosd;

/* Asks the muxes concerned, all at once, and answers the call when the last of them has answered or
 * SWITCH_MS has passed. */
void switch_op_start(struct viosd *v, struct rpc_call *call, json_t *params);

#define SWITCH_MS 5000u

#endif
