/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervise.h - when viosd starts, adopts, configures and stops its data plane. Pure: events in,
 * actions out; the owner keeps the timer, the process and the connection.
 */
#ifndef VIOS_DAEMON_SUPERVISE_H
#define VIOS_DAEMON_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

enum supervise_state {
	SUP_IDLE,	 /* nothing asked for yet */
	SUP_PROBING,	 /* is one running already? */
	SUP_STARTING,	 /* started; its socket does not answer yet */
	SUP_GREETING,	 /* connected, hello sent */
	SUP_CONFIGURING, /* configure sent */
	SUP_UP,
	SUP_UNFIT,	 /* it refused the configuration; asked again later */
	SUP_LOST,	 /* the process lives, the connection does not */
	SUP_BACKOFF,	 /* dead; waits before the next start */
	SUP_STOPPING,	 /* asked to shut down */
	SUP_TERMINATING, /* SIGTERM sent */
	SUP_STOPPED,
	SUP_N_STATES
};

enum supervise_event {
	SUP_EV_START,
	SUP_EV_CONNECTED,
	SUP_EV_REFUSED, /* nobody listens, and a process is known to live */
	SUP_EV_ABSENT,	/* nobody listens, and no process is known */
	SUP_EV_GREETED,
	SUP_EV_MUTE, /* no answer, or a wrong one */
	SUP_EV_CONFIGURED,
	SUP_EV_UNFIT, /* configure was refused */
	SUP_EV_HANGUP,
	SUP_EV_DEAD, /* the pidfd says so */
	SUP_EV_SPAWN_FAILED,
	SUP_EV_TIMER,
	SUP_EV_STOP,
	SUP_N_EVENTS
};

enum supervise_action {
	SUP_CONNECT = 1 << 0, /* leads to CONNECTED, REFUSED or ABSENT at once */
	SUP_SPAWN = 1 << 1,   /* may lead to SPAWN_FAILED at once */
	SUP_HELLO = 1 << 2,
	SUP_CONFIGURE = 1 << 3,
	SUP_CLOSE = 1 << 4,   /* drop the connection */
	SUP_FORGET = 1 << 5,  /* drop the process: pidfd, incarnation, heartbeat page */
	SUP_SERVE = 1 << 6,   /* its paths can be used from now on */
	SUP_UNSERVE = 1 << 7, /* its paths cannot be used from now on */
	SUP_HEALTHY = 1 << 8, /* it has been up for SUP_HEALTHY_MS: failures are forgotten */
	SUP_SHUTDOWN = 1 << 9,
	SUP_TERM = 1 << 10, /* SIGTERM, if the process is known */
	SUP_DONE = 1 << 11, /* stopped for good */
};

#define SUP_POLL_MS 10u
#define SUP_POLL_SLOW_MS 100u
#define SUP_POLLS_FAST 100u
#define SUP_RETRY_MS 100u
#define SUP_BACKOFF_FIRST_MS 100u
#define SUP_BACKOFF_MAX_MS 5000u
#define SUP_HEALTHY_MS 10000u
#define SUP_UNFIT_MS 5000u
#define SUP_STOP_MS 5000u

struct supervise {
	enum supervise_state state;
	unsigned failures; /* deaths in a row without SUP_HEALTHY_MS of health between them */
	unsigned polls;	   /* of the socket since the last start */
	bool serving;	   /* paths can be used */
	bool decided;	   /* whether one was there to be adopted is known */
};

enum supervise_timer_op { SUP_TIMER_KEEP, SUP_TIMER_OFF, SUP_TIMER_SET };

struct supervise_out {
	unsigned actions; /* enum supervise_action; carried out in the order of their values */
	enum supervise_timer_op timer;
	uint32_t timer_ms;
};

void supervise_init(struct supervise *sup);
struct supervise_out supervise_step(struct supervise *sup, enum supervise_event event);
/* For tests: whether somebody has thought about this cell. */
bool supervise_cell_is_set(enum supervise_state state, enum supervise_event event);
const char *supervise_state_name(enum supervise_state state);
/* What an operator is told: "up", "down", "starting". */
const char *supervise_word(const struct supervise *sup);

#endif
