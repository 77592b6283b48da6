/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * select.h - the life of one path of a client adapter. Pure: an event goes in, the next phase and
 * what to do come out. Which of two is taken is path_choice.h's.
 */
#ifndef VIOS_MUX_SELECT_H
#define VIOS_MUX_SELECT_H

#include "vios-core/model/adapter_status.h"

#include <stdbool.h>

#define SELECT_PATHS 2

enum select_phase {
	SELECT_ABSENT,	 /* no connection; one is being tried */
	SELECT_GREETING, /* features are being compared */
	SELECT_PRIMING,	 /* is told memory and rings */
	SELECT_READY,	 /* knows everything, answered everything */
	SELECT_LIVE,	 /* its rings are started: it owns them */
	SELECT_STOPPING, /* asked to stop; owns the rings until that is answered and proven */
	SELECT_LOST,	 /* connection gone; owns the rings until the contrary is proven */
	SELECT_REFUSED,	 /* unfit; tried again later */
	SELECT_PHASE_END
};

enum select_event {
	SELECT_CONNECTED,
	SELECT_GREETED,
	SELECT_CAUGHT_UP,
	SELECT_BEHIND,	     /* the client told something that the path does not know */
	SELECT_BROKEN,	     /* it answered wrong, late, "no" or with too few features */
	SELECT_HUNG_UP,	     /* its vhost-user connection */
	SELECT_CONTROL_LOST, /* its data plane's control connection */
	SELECT_START,
	SELECT_STOP,
	SELECT_STOPPED,	 /* rings stopped and released, both proven */
	SELECT_RELEASED, /* the data plane promised on its control connection: no more touch */
	SELECT_DIED,	 /* the process that owned the rings is proven dead */
	SELECT_FORGET,	 /* hang up, so that the VIOS lets go of a client's memory */
	SELECT_RETRY,
	SELECT_EVENT_END
};

enum select_action {
	SELECT_UNSET, /* a hole in the table: a bug */
	SELECT_NONE,
	SELECT_GREET,
	SELECT_PRIME,
	SELECT_CLOSE,	  /* hang up and try again */
	SELECT_CLOSE_ASK, /* hang up and ask for proof of release */
	SELECT_START_RINGS,
	SELECT_STOP_RINGS,
	SELECT_REPRIME, /* tell it everything again */
	SELECT_SYNC,	/* tell the running path what is new */
	SELECT_BUG	/* must not be asked */
};

struct select_step {
	enum select_phase next;
	enum select_action action;
};

struct select_step select_step(enum select_phase phase, enum select_event event);
/* May this path touch the client's rings? At most one path of an adapter may. */
bool select_owns(enum select_phase phase);
enum adapter_phase select_told(enum select_phase phase); /* as others hear of it */

#endif
