/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_watch.h - a held daemon's loop and its slots: which are watched, and what is closed when. */
#ifndef VIOS_BASE_KEEP_WATCH_H
#define VIOS_BASE_KEEP_WATCH_H

#include "vios-core/base/keep_ops.h"

#include <systemd/sd-event.h>

struct keep_watch {
	sd_event *ev; /* borrowed */
	sd_event_source *source[KEEP_SLOTS];
};

/* Watches a slot for reading, plus events (EPOLLET); nothing if that is done already, or slot is
 * -1.
 */
void keep_watch_add(
	struct keep_watch *w, int slot, uint32_t events, sd_event_io_handler_t fn, void *user);
bool keep_watch_ready(int slot); /* it could be read now; -1: never */
/* Closes here what ops drops. Before the holder does: a number that is used again must not be
 * watched as the old one. */
void keep_watch_let_go(struct keep_watch *w, const struct keep_ops *ops);

#endif
