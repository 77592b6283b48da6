/* SPDX-License-Identifier: BSD-3-Clause */
/* link.h - the carrier of a kernel interface. Edge: libnl, sd-event. */
#ifndef VIOS_NET_LINK_H
#define VIOS_NET_LINK_H

#include <stdbool.h>
#include <systemd/sd-event.h>

struct link_watch;

/* Calls fn from the event loop whenever the carrier of the interface comes or goes, or the
 * interface vanishes. 0 or -errno. */
int link_watch_new(sd_event *ev, unsigned ifindex, void (*fn)(bool up, void *user), void *user,
	struct link_watch **out);
void link_watch_free(struct link_watch *watch);
/* As of the last message. */
bool link_watch_up(const struct link_watch *watch);

#endif
