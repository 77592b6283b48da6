/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * retry.h - tries something again and again, at growing waits, until it comes about; and more and
 * more seldom what fails as soon as it is used.
 */
#ifndef VIOS_BASE_RETRY_H
#define VIOS_BASE_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define RETRY_MIN_MS 20
#define RETRY_MAX_MS 1000
#define RETRY_FIT_MS 1000 /* what was fit for so long may fail and be tried at once again */

struct retry {
	sd_event *ev;		/* borrowed */
	void (*fn)(void *user); /* the attempt */
	void *user;
	sd_event_source *timer;
	bool armed;	       /* fn is going to be called */
	unsigned wait_ms;      /* the next one; first 0, then RETRY_MIN_MS */
	uint64_t fit_since_ns; /* 0: it is not fit */
	bool failed;	       /* since it was fit */
};

void retry_init(struct retry *r, sd_event *ev, void (*fn)(void *user), void *user);
void retry_fini(struct retry *r); /* idempotent */
/* fn is called after the next wait; the one after that is twice as long, up to RETRY_MAX_MS. */
void retry_later(struct retry *r);
void retry_soon(struct retry *r); /* if it is armed: fn is called from the loop, at once */
void retry_stop(struct retry *r); /* nothing is armed any more */
void retry_anew(struct retry *r); /* waits begin at 0 again */

/* What the attempts are for, whenever it changes: is it fit for use; has it failed; is it over, so
 * that it is tried again? Waits begin anew if it had been fit for long, or did not fail. */
void retry_judge(struct retry *r, bool fit, bool failed, bool over);

#endif
