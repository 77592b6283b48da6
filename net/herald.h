/* SPDX-License-Identifier: BSD-3-Clause */
/* herald.h - tells the switches outside where the adapters of one worker are. Edge: mbuf. */
#ifndef VIOS_NET_HERALD_H
#define VIOS_NET_HERALD_H

#include "net/bridge.h"

/* One that is live: begins now. */
void herald_announce(struct bridge *bridge, uint16_t port_number);
/* Those that are expected are announced before they are live: the switch outside turns first. */
void herald_expected(struct bridge *bridge, uint32_t expected);
/* Goes on with what is left. Whether there is more to come. */
bool herald_go_on(struct bridge *bridge);

#endif
