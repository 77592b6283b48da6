/* SPDX-License-Identifier: BSD-3-Clause */
/* retry.c - see retry.h. The thread of its loop; owns its timer. */
#include "vios-core/base/retry.h"

#include "vios-core/base/loop.h"
#include "vios-core/base/retimer.h"

void retry_init(struct retry *r, sd_event *ev, void (*fn)(void *user), void *user)
{
	*r = (struct retry){.ev = ev, .fn = fn, .user = user};
}

void retry_fini(struct retry *r)
{
	r->timer = sd_event_source_disable_unref(r->timer);
	r->armed = false;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct retry *r = user;

	r->armed = false;
	r->fn(r->user);
	return 0;
}

static unsigned longer(unsigned wait_ms)
{
	if (wait_ms < RETRY_MIN_MS)
		return RETRY_MIN_MS;
	return wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
}

void retry_later(struct retry *r)
{
	r->armed = retimer_set(r->ev, &r->timer, r->wait_ms * UINT64_C(1000), on_timer, r) >= 0;
	r->wait_ms = longer(r->wait_ms);
}

void retry_soon(struct retry *r)
{
	if (!r->armed)
		return;
	retry_anew(r);
	sd_event_source_set_time_relative(r->timer, 0);
}

void retry_stop(struct retry *r)
{
	retimer_stop(r->timer);
	r->armed = false;
}

void retry_anew(struct retry *r)
{
	r->wait_ms = 0;
}

void retry_judge(struct retry *r, bool fit, bool failed, bool over)
{
	const uint64_t now_ns = loop_now_ns();

	r->failed |= failed;
	if (fit) {
		if (r->fit_since_ns == 0)
			r->fit_since_ns = now_ns;
		return;
	}
	if (r->fit_since_ns == 0 || !over)
		return;
	if (!r->failed || now_ns - r->fit_since_ns >= RETRY_FIT_MS * UINT64_C(1000000))
		retry_anew(r);
	r->fit_since_ns = 0;
	r->failed = false;
}
