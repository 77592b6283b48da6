/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.c - see loop.h. Main thread; the caller owns the loop, the loop owns what is watched. */
#include "vios-core/base/loop.h"

#include "vios-core/base/priority.h"
#include "vios-core/base/resident.h"

#include <signal.h>
#include <time.h>

#define SETTLED_US 2000000

void loop_block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int loop_watch_signals(sd_event *ev, sd_event_signal_handler_t fn, void *user)
{
	int r = sd_event_add_signal(ev, NULL, SIGTERM, fn, user);

	if (r >= 0)
		r = sd_event_add_signal(ev, NULL, SIGINT, fn, user);
	return r < 0 ? r : 0;
}

int loop_new(sd_event **out)
{
	int r = sd_event_new(out);

	loop_block_signals();
	return r < 0 ? r : loop_watch_signals(*out, NULL, NULL);
}

static int on_back(sd_event_source *source, uint64_t usec, void *user)
{
	return 0; /* on_round() follows */
}

static int on_round(sd_event_source *source, void *user)
{
	sd_event_source *timer = user;
	uint64_t back_ns = priority_account();

	if (back_ns == UINT64_MAX)
		return 0;
	sd_event_source_set_time(timer, back_ns / 1000 + 1);
	return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

int loop_account(sd_event *ev)
{
	sd_event_source *timer;
	int r = sd_event_add_time(ev, &timer, CLOCK_MONOTONIC, UINT64_MAX, 0, on_back, NULL);

	if (r < 0)
		return r;
	sd_event_source_set_floating(timer, 1);
	r = sd_event_source_set_enabled(timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_post(ev, NULL, on_round, timer);
	sd_event_source_unref(timer);
	return r < 0 ? r : 0;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *user)
{
	resident_text();
	return 0;
}

int loop_bring_in(sd_event *ev)
{
	int r = sd_event_add_time_relative(
		ev, NULL, CLOCK_MONOTONIC, SETTLED_US, 0, on_settled, NULL);

	return r < 0 ? r : 0;
}

uint64_t loop_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
