/* SPDX-License-Identifier: BSD-3-Clause */
/* retimer.c - one-shot timers on the caller's loop, in its thread; the caller owns the source. */
#include "vios-core/base/retimer.h"

#include <time.h>

int retimer_set(sd_event *ev, sd_event_source **source, uint64_t wait_us,
	sd_event_time_handler_t fn, void *user)
{
	int err;

	if (!*source)
		err = sd_event_add_time_relative(ev, source, CLOCK_MONOTONIC, wait_us, 1, fn, user);
	else
		err = sd_event_source_set_time_relative(*source, wait_us);
	return err < 0 ? err : sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
}

void retimer_stop(sd_event_source *source)
{
	if (source)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
}
