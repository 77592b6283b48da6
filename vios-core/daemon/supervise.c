// SPDX-License-Identifier: BSD-3-Clause
/*
 * supervise.c - the life of a data plane as viosd sees it, as one table. Pure; viosd's one thread
 * calls it from plane.c, which owns the struct and carries out the actions.
 *
 *   IDLE --START--> PROBING --ABSENT--> STARTING <--TIMER, ABSENT-- BACKOFF <---.
 *                      |                   |                          (via PROBING) |
 *                  CONNECTED           CONNECTED                                | DEAD
 *                      v                   v                                    | (any state below)
 *                   GREETING --GREETED--> CONFIGURING --CONFIGURED--> UP -------+
 *                    ^    \                |  ^    \                  |         |
 *          CONNECTED |     MUTE, HANGUP    |  TIMER UNFIT           HANGUP      |
 *                    |      v              |   \    v                 v         |
 *                   LOST <-'<--------------'    UNFIT             -> LOST ------'
 *
 *   STOP: UP --> STOPPING --TIMER--> TERMINATING --TIMER, DEAD--> STOPPED
 *
 * A data plane is looked for before one is started, always: after viosd's own restart the old one
 * still serves, and a start would be refused by its lock. It is never started beside a process that
 * is known to live, however mute that is: judging hangs is the frame daemon's business. One hang-up
 * of a data plane that was up does not take its paths away (the rings are not served through this
 * connection); its death, silence, refusal or a second hang-up does.
 */
#include "vios-core/daemon/supervise.h"

#include <stddef.h>

enum timer_kind { T_KEEP, T_OFF, T_POLL, T_RETRY, T_BACKOFF, T_HEALTHY, T_UNFIT, T_STOP };

struct cell {
	bool set;
	enum supervise_state next;
	unsigned actions;
	enum timer_kind timer;
};

/* clang-format off */
#define GO(state, timer, actions) { true, state, (actions), timer }
/* Cannot happen, or changes nothing: an answer that comes after its connection was dropped, say. */
#define STAY(state) { true, state, 0, T_KEEP }
#define DIES GO(SUP_BACKOFF, T_BACKOFF, SUP_CLOSE | SUP_FORGET | SUP_UNSERVE)
#define TERMINATES GO(SUP_TERMINATING, T_STOP, SUP_CLOSE | SUP_UNSERVE | SUP_TERM)
#define STOPS GO(SUP_STOPPED, T_OFF, SUP_UNSERVE | SUP_DONE)
#define GOES_MUTE GO(SUP_LOST, T_RETRY, SUP_CLOSE | SUP_UNSERVE)

static const struct cell table[SUP_N_STATES][SUP_N_EVENTS] = {
	[SUP_IDLE] = {
		[SUP_EV_START] = GO(SUP_PROBING, T_OFF, SUP_CONNECT),
		[SUP_EV_CONNECTED] = STAY(SUP_IDLE),
		[SUP_EV_REFUSED] = STAY(SUP_IDLE),
		[SUP_EV_ABSENT] = STAY(SUP_IDLE),
		[SUP_EV_GREETED] = STAY(SUP_IDLE),
		[SUP_EV_MUTE] = STAY(SUP_IDLE),
		[SUP_EV_CONFIGURED] = STAY(SUP_IDLE),
		[SUP_EV_UNFIT] = STAY(SUP_IDLE),
		[SUP_EV_HANGUP] = STAY(SUP_IDLE),
		[SUP_EV_DEAD] = STAY(SUP_IDLE),
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_IDLE),
		[SUP_EV_TIMER] = STAY(SUP_IDLE),
		[SUP_EV_STOP] = STOPS,
	},
	[SUP_PROBING] = {
		[SUP_EV_START] = STAY(SUP_PROBING),
		[SUP_EV_CONNECTED] = GO(SUP_GREETING, T_OFF, SUP_HELLO),
		[SUP_EV_REFUSED] = GO(SUP_LOST, T_RETRY, 0),
		[SUP_EV_ABSENT] = GO(SUP_STARTING, T_POLL, SUP_SPAWN | SUP_UNSERVE),
		[SUP_EV_GREETED] = STAY(SUP_PROBING),
		[SUP_EV_MUTE] = STAY(SUP_PROBING),
		[SUP_EV_CONFIGURED] = STAY(SUP_PROBING),
		[SUP_EV_UNFIT] = STAY(SUP_PROBING),
		[SUP_EV_HANGUP] = STAY(SUP_PROBING),
		[SUP_EV_DEAD] = STAY(SUP_PROBING),
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_PROBING),
		[SUP_EV_TIMER] = GO(SUP_PROBING, T_OFF, SUP_CONNECT),
		[SUP_EV_STOP] = STOPS,
	},
	[SUP_STARTING] = {
		[SUP_EV_START] = STAY(SUP_STARTING),
		[SUP_EV_CONNECTED] = GO(SUP_GREETING, T_OFF, SUP_HELLO),
		[SUP_EV_REFUSED] = GO(SUP_STARTING, T_POLL, 0),
		[SUP_EV_ABSENT] = DIES,
		[SUP_EV_GREETED] = STAY(SUP_STARTING),
		[SUP_EV_MUTE] = STAY(SUP_STARTING),
		[SUP_EV_CONFIGURED] = STAY(SUP_STARTING),
		[SUP_EV_UNFIT] = STAY(SUP_STARTING),
		[SUP_EV_HANGUP] = STAY(SUP_STARTING),
		[SUP_EV_DEAD] = DIES,
		[SUP_EV_SPAWN_FAILED] = DIES,
		[SUP_EV_TIMER] = GO(SUP_STARTING, T_OFF, SUP_CONNECT),
		[SUP_EV_STOP] = TERMINATES,
	},
	[SUP_GREETING] = {
		[SUP_EV_START] = STAY(SUP_GREETING),
		[SUP_EV_CONNECTED] = STAY(SUP_GREETING),
		[SUP_EV_REFUSED] = STAY(SUP_GREETING),
		[SUP_EV_ABSENT] = STAY(SUP_GREETING),
		[SUP_EV_GREETED] = GO(SUP_CONFIGURING, T_OFF, SUP_CONFIGURE),
		[SUP_EV_MUTE] = GOES_MUTE,
		[SUP_EV_CONFIGURED] = STAY(SUP_GREETING),
		[SUP_EV_UNFIT] = STAY(SUP_GREETING),
		[SUP_EV_HANGUP] = GOES_MUTE,
		[SUP_EV_DEAD] = DIES,
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_GREETING),
		[SUP_EV_TIMER] = STAY(SUP_GREETING),
		[SUP_EV_STOP] = TERMINATES,
	},
	[SUP_CONFIGURING] = {
		[SUP_EV_START] = STAY(SUP_CONFIGURING),
		[SUP_EV_CONNECTED] = STAY(SUP_CONFIGURING),
		[SUP_EV_REFUSED] = STAY(SUP_CONFIGURING),
		[SUP_EV_ABSENT] = STAY(SUP_CONFIGURING),
		[SUP_EV_GREETED] = STAY(SUP_CONFIGURING),
		[SUP_EV_MUTE] = GOES_MUTE,
		[SUP_EV_CONFIGURED] = GO(SUP_UP, T_HEALTHY, SUP_SERVE),
		[SUP_EV_UNFIT] = GO(SUP_UNFIT, T_UNFIT, SUP_UNSERVE),
		[SUP_EV_HANGUP] = GOES_MUTE,
		[SUP_EV_DEAD] = DIES,
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_CONFIGURING),
		[SUP_EV_TIMER] = STAY(SUP_CONFIGURING),
		[SUP_EV_STOP] = GO(SUP_STOPPING, T_STOP, SUP_UNSERVE | SUP_SHUTDOWN),
	},
	[SUP_UP] = {
		[SUP_EV_START] = STAY(SUP_UP),
		[SUP_EV_CONNECTED] = STAY(SUP_UP),
		[SUP_EV_REFUSED] = STAY(SUP_UP),
		[SUP_EV_ABSENT] = STAY(SUP_UP),
		[SUP_EV_GREETED] = STAY(SUP_UP),
		[SUP_EV_MUTE] = GOES_MUTE,
		[SUP_EV_CONFIGURED] = STAY(SUP_UP),
		[SUP_EV_UNFIT] = GO(SUP_UNFIT, T_UNFIT, SUP_UNSERVE),
		[SUP_EV_HANGUP] = GO(SUP_LOST, T_RETRY, SUP_CLOSE),
		[SUP_EV_DEAD] = DIES,
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_UP),
		[SUP_EV_TIMER] = GO(SUP_UP, T_OFF, SUP_HEALTHY),
		[SUP_EV_STOP] = GO(SUP_STOPPING, T_STOP, SUP_UNSERVE | SUP_SHUTDOWN),
	},
	[SUP_UNFIT] = {
		[SUP_EV_START] = STAY(SUP_UNFIT),
		[SUP_EV_CONNECTED] = STAY(SUP_UNFIT),
		[SUP_EV_REFUSED] = STAY(SUP_UNFIT),
		[SUP_EV_ABSENT] = STAY(SUP_UNFIT),
		[SUP_EV_GREETED] = STAY(SUP_UNFIT),
		[SUP_EV_MUTE] = GOES_MUTE,
		[SUP_EV_CONFIGURED] = STAY(SUP_UNFIT),
		[SUP_EV_UNFIT] = STAY(SUP_UNFIT),
		[SUP_EV_HANGUP] = GO(SUP_LOST, T_RETRY, SUP_CLOSE),
		[SUP_EV_DEAD] = DIES,
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_UNFIT),
		[SUP_EV_TIMER] = GO(SUP_CONFIGURING, T_OFF, SUP_CONFIGURE),
		[SUP_EV_STOP] = GO(SUP_STOPPING, T_STOP, SUP_SHUTDOWN),
	},
	[SUP_LOST] = {
		[SUP_EV_START] = STAY(SUP_LOST),
		[SUP_EV_CONNECTED] = GO(SUP_GREETING, T_OFF, SUP_HELLO),
		[SUP_EV_REFUSED] = GO(SUP_LOST, T_RETRY, SUP_UNSERVE),
		[SUP_EV_ABSENT] = DIES,
		[SUP_EV_GREETED] = STAY(SUP_LOST),
		[SUP_EV_MUTE] = STAY(SUP_LOST),
		[SUP_EV_CONFIGURED] = STAY(SUP_LOST),
		[SUP_EV_UNFIT] = STAY(SUP_LOST),
		[SUP_EV_HANGUP] = STAY(SUP_LOST),
		[SUP_EV_DEAD] = DIES,
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_LOST),
		[SUP_EV_TIMER] = GO(SUP_LOST, T_OFF, SUP_CONNECT),
		[SUP_EV_STOP] = TERMINATES,
	},
	[SUP_BACKOFF] = {
		[SUP_EV_START] = STAY(SUP_BACKOFF),
		[SUP_EV_CONNECTED] = STAY(SUP_BACKOFF),
		[SUP_EV_REFUSED] = STAY(SUP_BACKOFF),
		[SUP_EV_ABSENT] = STAY(SUP_BACKOFF),
		[SUP_EV_GREETED] = STAY(SUP_BACKOFF),
		[SUP_EV_MUTE] = STAY(SUP_BACKOFF),
		[SUP_EV_CONFIGURED] = STAY(SUP_BACKOFF),
		[SUP_EV_UNFIT] = STAY(SUP_BACKOFF),
		[SUP_EV_HANGUP] = STAY(SUP_BACKOFF),
		[SUP_EV_DEAD] = STAY(SUP_BACKOFF),
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_BACKOFF),
		[SUP_EV_TIMER] = GO(SUP_PROBING, T_OFF, SUP_CONNECT),
		[SUP_EV_STOP] = STOPS,
	},
	[SUP_STOPPING] = {
		[SUP_EV_START] = STAY(SUP_STOPPING),
		[SUP_EV_CONNECTED] = STAY(SUP_STOPPING),
		[SUP_EV_REFUSED] = STAY(SUP_STOPPING),
		[SUP_EV_ABSENT] = STAY(SUP_STOPPING),
		[SUP_EV_GREETED] = STAY(SUP_STOPPING),
		[SUP_EV_MUTE] = TERMINATES,
		[SUP_EV_CONFIGURED] = STAY(SUP_STOPPING),
		[SUP_EV_UNFIT] = STAY(SUP_STOPPING),
		[SUP_EV_HANGUP] = GO(SUP_STOPPING, T_KEEP, SUP_CLOSE),
		[SUP_EV_DEAD] = GO(SUP_STOPPED, T_OFF, SUP_CLOSE | SUP_FORGET | SUP_DONE),
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_STOPPING),
		[SUP_EV_TIMER] = TERMINATES,
		[SUP_EV_STOP] = STAY(SUP_STOPPING),
	},
	[SUP_TERMINATING] = {
		[SUP_EV_START] = STAY(SUP_TERMINATING),
		[SUP_EV_CONNECTED] = STAY(SUP_TERMINATING),
		[SUP_EV_REFUSED] = STAY(SUP_TERMINATING),
		[SUP_EV_ABSENT] = STAY(SUP_TERMINATING),
		[SUP_EV_GREETED] = STAY(SUP_TERMINATING),
		[SUP_EV_MUTE] = STAY(SUP_TERMINATING),
		[SUP_EV_CONFIGURED] = STAY(SUP_TERMINATING),
		[SUP_EV_UNFIT] = STAY(SUP_TERMINATING),
		[SUP_EV_HANGUP] = STAY(SUP_TERMINATING),
		[SUP_EV_DEAD] = GO(SUP_STOPPED, T_OFF, SUP_CLOSE | SUP_FORGET | SUP_DONE),
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_TERMINATING),
		[SUP_EV_TIMER] = GO(SUP_STOPPED, T_OFF, SUP_DONE),
		[SUP_EV_STOP] = STAY(SUP_TERMINATING),
	},
	[SUP_STOPPED] = {
		[SUP_EV_START] = GO(SUP_PROBING, T_OFF, SUP_CONNECT),
		[SUP_EV_CONNECTED] = STAY(SUP_STOPPED),
		[SUP_EV_REFUSED] = STAY(SUP_STOPPED),
		[SUP_EV_ABSENT] = STAY(SUP_STOPPED),
		[SUP_EV_GREETED] = STAY(SUP_STOPPED),
		[SUP_EV_MUTE] = STAY(SUP_STOPPED),
		[SUP_EV_CONFIGURED] = STAY(SUP_STOPPED),
		[SUP_EV_UNFIT] = STAY(SUP_STOPPED),
		[SUP_EV_HANGUP] = STAY(SUP_STOPPED),
		[SUP_EV_DEAD] = STAY(SUP_STOPPED),
		[SUP_EV_SPAWN_FAILED] = STAY(SUP_STOPPED),
		[SUP_EV_TIMER] = STAY(SUP_STOPPED),
		[SUP_EV_STOP] = GO(SUP_STOPPED, T_OFF, SUP_DONE),
	},
};

static const char *const state_names[SUP_N_STATES] = {
	[SUP_IDLE] = "idle", [SUP_PROBING] = "probing", [SUP_STARTING] = "starting",
	[SUP_GREETING] = "greeting", [SUP_CONFIGURING] = "configuring", [SUP_UP] = "up",
	[SUP_UNFIT] = "unfit", [SUP_LOST] = "lost", [SUP_BACKOFF] = "backoff",
	[SUP_STOPPING] = "stopping", [SUP_TERMINATING] = "terminating", [SUP_STOPPED] = "stopped",
};
/* clang-format on */

void supervise_init(struct supervise *sup)
{
	*sup = (struct supervise){.state = SUP_IDLE};
}

/* At once the first time, then 100 ms, 200 ms ... 5 s. */
static uint32_t backoff_ms(unsigned failures)
{
	if (failures == 0)
		return 0;
	uint32_t delay_ms = SUP_BACKOFF_FIRST_MS;
	for (unsigned i = 1; i < failures && delay_ms < SUP_BACKOFF_MAX_MS; i++)
		delay_ms *= 2;
	return delay_ms < SUP_BACKOFF_MAX_MS ? delay_ms : SUP_BACKOFF_MAX_MS;
}

static uint32_t timer_ms(struct supervise *sup, enum timer_kind kind)
{
	switch (kind) {
	case T_POLL:
		return ++sup->polls <= SUP_POLLS_FAST ? SUP_POLL_MS : SUP_POLL_SLOW_MS;
	case T_RETRY:
		return SUP_RETRY_MS;
	case T_BACKOFF:
		return backoff_ms(sup->failures++);
	case T_HEALTHY:
		return SUP_HEALTHY_MS;
	case T_UNFIT:
		return SUP_UNFIT_MS;
	case T_STOP:
		return SUP_STOP_MS;
	case T_KEEP:
	case T_OFF:
		break;
	}
	return 0;
}

struct supervise_out supervise_step(struct supervise *sup, enum supervise_event event)
{
	const struct cell *cell = &table[sup->state][event];
	struct supervise_out out = {.actions = cell->actions};

	sup->state = cell->next;
	if (cell->actions & SUP_SPAWN)
		sup->polls = 0;
	if (cell->actions & SUP_HEALTHY)
		sup->failures = 0;
	if (cell->actions & (SUP_SERVE | SUP_UNSERVE)) {
		sup->serving = cell->actions & SUP_SERVE;
		sup->decided = true;
	}
	if (cell->timer == T_OFF)
		out.timer = SUP_TIMER_OFF;
	else if (cell->timer != T_KEEP)
		out.timer = SUP_TIMER_SET;
	out.timer_ms = timer_ms(sup, cell->timer);
	return out;
}

bool supervise_cell_is_set(enum supervise_state state, enum supervise_event event)
{
	return table[state][event].set;
}

const char *supervise_state_name(enum supervise_state state)
{
	return state_names[state];
}

const char *supervise_word(const struct supervise *sup)
{
	switch (sup->state) {
	case SUP_UP:
		return "up";
	case SUP_STARTING:
	case SUP_GREETING:
	case SUP_CONFIGURING:
	case SUP_PROBING:
		return "starting";
	default:
		return sup->serving ? "up" : "down";
	}
}
