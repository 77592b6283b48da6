/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.c - see signals.h. The main thread; the loop owns what is watched. */
#include "vios-core/base/signals.h"

#include <signal.h>

void signals_block(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int signals_watch(sd_event *ev, sd_event_signal_handler_t fn, void *user)
{
	int r = sd_event_add_signal(ev, NULL, SIGTERM, fn, user);

	if (r >= 0)
		r = sd_event_add_signal(ev, NULL, SIGINT, fn, user);
	return r < 0 ? r : 0;
}
