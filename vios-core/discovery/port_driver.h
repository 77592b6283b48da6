/* SPDX-License-Identifier: BSD-3-Clause */
/* port_driver.h - what an interface's driver says of it (ethtool ioctls; no privilege needed). */
#ifndef VIOS_DISCOVERY_PORT_DRIVER_H
#define VIOS_DISCOVERY_PORT_DRIVER_H

#include "vios-core/discovery/adapter.h"

/* Fills in driver, bus, speed and permanent address of facts->name, as far as they are known, and
 * sets `asked`. A driver may take milliseconds: ask when something has changed, not each time. */
void port_driver_ask(struct port_facts *facts);

#endif
