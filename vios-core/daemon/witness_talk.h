/* SPDX-License-Identifier: BSD-3-Clause */
/* witness_talk.h - what the replica and the frame's witness say to each other, as JSON. Pure;
 * jansson on memory only. */
#ifndef VIOS_DAEMON_WITNESS_TALK_H
#define VIOS_DAEMON_WITNESS_TALK_H

#include "ha/cluster/replica_types.h"

#include <jansson.h>

/* The params of `witness_raise` for an action REPLICA_WITNESS_RAISE; NULL: no memory. */
json_t *witness_raise_params(const char *vios, const struct replica_action *raise);
/* An answer of vios-framed, which may be anything. 0 or -EBADMSG. */
int witness_answer_read(const json_t *result, struct replica_witness *out);

#endif
