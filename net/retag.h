/* SPDX-License-Identifier: BSD-3-Clause */
/* retag.h - a frame's tag, changed in its packet buffer. Edge: mbuf. */
#ifndef VIOS_NET_RETAG_H
#define VIOS_NET_RETAG_H

#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/* The frame with this edit (frame.h) instead of m, which is taken over; a copy out of pool when
 * others have m too. NULL: there is no room, and m is gone. */
struct rte_mbuf *retag(struct rte_mbuf *m, uint32_t edit, struct rte_mempool *pool);

#endif
