/* SPDX-License-Identifier: BSD-3-Clause */
/* uevent_sock.h - hears the kernel's uevents (NETLINK_KOBJECT_UEVENT). */
#ifndef VIOS_DISCOVERY_UEVENT_SOCK_H
#define VIOS_DISCOVERY_UEVENT_SOCK_H

#include <systemd/sd-event.h>

struct uevent_sock;

/* changed: called from the loop when a device of interest came, went or changed, or when events
 * were lost and one may have. 0 or -errno. */
int uevent_sock_new(
	sd_event *ev, void (*changed)(void *user), void *user, struct uevent_sock **out);
void uevent_sock_free(struct uevent_sock *sock); /* NULL: nothing */

#endif
