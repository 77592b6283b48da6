/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * select.c - the table of a path's life. Pure; owns nothing.
 *
 *                     RETRY                      FORGET, HUNG_UP (from GREETING, PRIMING, READY)
 *        +-------- REFUSED <----- BROKEN ----+--------------------------> ABSENT
 *        v                                   |
 *     ABSENT --CONNECTED--> GREETING --GREETED--> PRIMING --CAUGHT_UP--> READY
 *      ^  ^                                        ^   ^ <---BEHIND----- |
 *      |  |                                        |                   START
 *      |  |                        STOPPED         |                     v
 *      |  +---- DIED ---- STOPPING ----------------+                    LIVE
 *      |                   |    ^                                        |
 *      |                   |    +------------------ STOP ----------------+
 *      |                   v                                             |
 *      +- RELEASED, DIED - LOST <---- BROKEN, HUNG_UP, CONTROL_LOST -----+
 *
 * LIVE, STOPPING and LOST own the rings. The only ways out of these three are proofs: STOPPED,
 * RELEASED, DIED.
 */
#include "ha/mux/select.h"

/* clang-format off */
#define TO(phase, action) {SELECT_##phase, SELECT_##action}
#define STAY {SELECT_PHASE_END, SELECT_NONE}
#define BUG {SELECT_PHASE_END, SELECT_BUG}

static const struct select_step table[SELECT_EVENT_END][SELECT_PHASE_END] = {
/*                          ABSENT               GREETING           PRIMING            READY                  LIVE                     STOPPING              LOST              REFUSED */
[SELECT_CONNECTED]      = { TO(GREETING, GREET), BUG,               BUG,               BUG,                   BUG,                     BUG,                  BUG,              BUG },
[SELECT_GREETED]        = { BUG,                 TO(PRIMING, PRIME),BUG,               BUG,                   BUG,                     BUG,                  BUG,              BUG },
[SELECT_CAUGHT_UP]      = { BUG,                 BUG,               TO(READY, NONE),   STAY,                  STAY,                    STAY,                 BUG,              BUG },
[SELECT_BEHIND]         = { STAY,                STAY,              TO(PRIMING, PRIME),TO(PRIMING, PRIME),    TO(LIVE, SYNC),          STAY,                 STAY,             STAY },
[SELECT_BROKEN]         = { STAY,                TO(REFUSED, CLOSE),TO(REFUSED, CLOSE),TO(REFUSED, CLOSE),    TO(LOST, CLOSE_ASK),     TO(LOST, CLOSE_ASK),  STAY,             STAY },
[SELECT_HUNG_UP]        = { STAY,                TO(ABSENT, CLOSE), TO(ABSENT, CLOSE), TO(ABSENT, CLOSE),     TO(LOST, CLOSE_ASK),     TO(LOST, CLOSE_ASK),  STAY,             STAY },
[SELECT_CONTROL_LOST]   = { STAY,                STAY,              STAY,              STAY,                  TO(LOST, CLOSE_ASK),     TO(LOST, CLOSE_ASK),  STAY,             STAY },
[SELECT_START]          = { BUG,                 BUG,               BUG,               TO(LIVE, START_RINGS), BUG,                     BUG,                  BUG,              BUG },
[SELECT_STOP]           = { STAY,                STAY,              STAY,              STAY,                  TO(STOPPING, STOP_RINGS),STAY,                 STAY,             STAY },
[SELECT_STOPPED]        = { STAY,                STAY,              STAY,              STAY,                  BUG,                     TO(PRIMING, REPRIME), STAY,             STAY },
[SELECT_RELEASED]       = { STAY,                STAY,              STAY,              STAY,                  STAY,                    STAY,                 TO(ABSENT, NONE), STAY },
[SELECT_DIED]           = { STAY,                STAY,              STAY,              STAY,                  TO(ABSENT, CLOSE),       TO(ABSENT, CLOSE),    TO(ABSENT, NONE), STAY },
[SELECT_FORGET]         = { STAY,                TO(ABSENT, CLOSE), TO(ABSENT, CLOSE), TO(ABSENT, CLOSE),     BUG,                     BUG,                  STAY,             STAY },
[SELECT_RETRY]          = { STAY,                STAY,              STAY,              STAY,                  STAY,                    STAY,                 STAY,             TO(ABSENT, NONE) },
};
/* clang-format on */

static const enum adapter_phase told[SELECT_PHASE_END] = {
	[SELECT_ABSENT] = ADAPTER_PHASE_ABSENT,
	[SELECT_GREETING] = ADAPTER_PHASE_CONNECTING,
	[SELECT_PRIMING] = ADAPTER_PHASE_PRIMING,
	[SELECT_READY] = ADAPTER_PHASE_READY,
	[SELECT_LIVE] = ADAPTER_PHASE_LIVE,
	[SELECT_STOPPING] = ADAPTER_PHASE_RELEASING,
	[SELECT_LOST] = ADAPTER_PHASE_RELEASING,
	[SELECT_REFUSED] = ADAPTER_PHASE_REFUSED,
};

struct select_step select_step(enum select_phase phase, enum select_event event)
{
	struct select_step step = table[event][phase];

	if (step.next == SELECT_PHASE_END)
		step.next = phase;
	return step;
}

bool select_owns(enum select_phase phase)
{
	return phase == SELECT_LIVE || phase == SELECT_STOPPING || phase == SELECT_LOST;
}

enum adapter_phase select_told(enum select_phase phase)
{
	return told[phase];
}
