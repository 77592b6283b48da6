/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_msg.h - what two switches tell each other over the trunk's socket, as bytes. Pure. */
#ifndef VIOS_NET_TRUNK_MSG_H
#define VIOS_NET_TRUNK_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/turn.h"

#define TRUNK_MSG_BYTES (40 + 2 * sizeof(struct vlanset))
#define TRUNK_MSG_RINGS_MAX 14 /* one a worker */

enum trunk_msg_type { TRUNK_MSG_HELLO = 1, TRUNK_MSG_SAY };

struct trunk_msg {
	enum trunk_msg_type type;
	uint32_t n_rings;     /* hello: in the memory file beside it; as many event descriptors */
	uint64_t incarnation; /* of the sender's process */
	struct turn_say say;
};

void trunk_msg_write(const struct trunk_msg *msg, uint8_t out[TRUNK_MSG_BYTES]);
/* false: it is none. Never reads beyond len_bytes. */
bool trunk_msg_read(const uint8_t *bytes, size_t len_bytes, struct trunk_msg *out);

#endif
