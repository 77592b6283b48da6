/* SPDX-License-Identifier: BSD-3-Clause */
/* retimer.h - one-shot timers that are set again and again. */
#ifndef VIOS_BASE_RETIMER_H
#define VIOS_BASE_RETIMER_H

#include <stdint.h>
#include <systemd/sd-event.h>

/* Calls fn once, wait_us from now (CLOCK_MONOTONIC); replaces what was set before. *source: NULL at
 * first, then the caller's to unref. 0 or -errno. */
int retimer_set(sd_event *ev, sd_event_source **source, uint64_t wait_us,
	sd_event_time_handler_t fn, void *user);
void retimer_stop(sd_event_source *source); /* NULL: nothing */

#endif
