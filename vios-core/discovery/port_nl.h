/* SPDX-License-Identifier: BSD-3-Clause */
/* port_nl.h - the Ethernet interfaces of viosd's network namespace, as rtnetlink(7) tells. */
#ifndef VIOS_DISCOVERY_PORT_NL_H
#define VIOS_DISCOVERY_PORT_NL_H

#include "vios-core/discovery/adapter.h"

#include <stddef.h>
#include <systemd/sd-event.h>

#define PORT_NL_MAX 1024

struct port_nl;

/* changed: called from the loop, once for however many have changed. 0 or -errno. */
int port_nl_new(sd_event *ev, void (*changed)(void *user), void *user, struct port_nl **out);
void port_nl_free(struct port_nl *ports); /* NULL: nothing */
/* Sorted by ifindex. The driver's part is the caller's to fill in; it is kept until the interface's
 * name or carrier changes, which clears `asked`. NULL: there are none. */
struct port_facts *port_nl_list(struct port_nl *ports, size_t *n);

#endif
