/* SPDX-License-Identifier: BSD-3-Clause */
/* confine.h - frames to multicast groups go to who wants them (snoop.h), instead of to all of their
 * VLAN. Pure. */
#ifndef VIOS_NET_CONFINE_H
#define VIOS_NET_CONFINE_H

#include "net/forward.h"
#include "net/snoop.h"

/* bytes: the frame, whose header is *frame, to a group; out: flooded. Takes ports out of its set;
 * drops it if none is left. *message: what it says of groups; for snoop_hear() if it is taken. */
void confine_frame(const struct snoop *snoop, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame, uint16_t in_port, uint32_t now_s, struct forward *out,
	struct mcast *message);

#endif
