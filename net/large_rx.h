/* SPDX-License-Identifier: BSD-3-Clause */
/* large_rx.h - a burst from an uplink (from 0 on), its TCP frames gathered (gather.h) where the
 * rules ask for it. Edge: mbuf. */
#ifndef VIOS_NET_LARGE_RX_H
#define VIOS_NET_LARGE_RX_H

struct bridge;
struct rte_mbuf;

/* Takes at most max frames. Returns how many there are to switch; those that became part of others
 * are counted. */
unsigned large_rx(struct bridge *bridge, unsigned uplink, struct rte_mbuf **frames, unsigned max);

#endif
