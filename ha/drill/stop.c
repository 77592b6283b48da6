/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The wish to stop: a flag that the signal handler sets, and sleeps that look at it.
 *
 * The signals are blocked except while sleeping (ppoll), so none can slip in between the look and
 * the sleep. The traffic's threads block all signals: only the main thread gets them.
 */
#include "ha/drill/stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t
	wanted; /* writer: the handler; sig_atomic_t needs it, no thread reads it */
static sigset_t while_asleep;

static void on_signal(int signo)
{
	(void)signo;
	wanted = 1;
}

void stop_install(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&ours, signals[i]);
		sigaction(signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &ours, &while_asleep);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(&while_asleep, signals[i]);
}

bool stop_wanted(void)
{
	return wanted;
}

int64_t stop_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int stop_sleep_until_ms(int64_t at_ms)
{
	for (;;) {
		int64_t left_ms = at_ms - stop_now_ms();
		struct timespec ts = {
			.tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000};

		if (wanted)
			return -EINTR;
		if (left_ms <= 0)
			return 0;
		ppoll(NULL, 0, &ts, &while_asleep);
	}
}

int stop_sleep_ms(int64_t ms)
{
	return stop_sleep_until_ms(stop_now_ms() + ms);
}
