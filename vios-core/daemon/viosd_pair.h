/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_pair.h - the replicated state's place in the daemon: what concerns it goes here. */
#ifndef VIOS_DAEMON_VIOSD_PAIR_H
#define VIOS_DAEMON_VIOSD_PAIR_H

#include "vios-core/daemon/viosd.h"

/* Reads the state; nothing is lived by before pair_start(). 0 or -errno: a line has been written.
 */
int viosd_pair_new(struct viosd *v);
/* The group has changed, or Corosync has come or gone. */
void viosd_pair_view(struct viosd *v);
/* Notes which adapters this VIOS must not serve; true: they are others than before. */
bool viosd_pair_may_serve(struct viosd *v);
void viosd_pair_deliver(uint32_t node_id, const uint8_t *bytes, size_t n_bytes, void *user);
/* vios-framed, which keeps the witness, has come or gone. */
void viosd_pair_framed(struct viosd *v, bool connected);

#endif
