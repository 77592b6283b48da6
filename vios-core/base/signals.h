/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.h - the signals of a daemon. */
#ifndef VIOS_BASE_SIGNALS_H
#define VIOS_BASE_SIGNALS_H

#include <systemd/sd-event.h>

/* SIGTERM and SIGINT are kept for the loop, SIGPIPE is ignored. Before any thread exists: threads
 * inherit it. */
void signals_block(void);
/* fn on SIGTERM and SIGINT (NULL: the loop ends). 0 or -errno. */
int signals_watch(sd_event *ev, sd_event_signal_handler_t fn, void *user);

#endif
