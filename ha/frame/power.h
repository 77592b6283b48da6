/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * power.h - powers a VIOS off and on by the frame's own program, for a fence agent, or unasked for
 * a data plane that does not die: one at a time. PROGRAM off|on|status VIOS; it exits with 0 when
 * it is done (status: 0 on, 2 off).
 */
#ifndef VIOS_FRAME_POWER_H
#define VIOS_FRAME_POWER_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "ha/frame/judge_types.h"
#include "vios-core/base/rpc.h"
#include "vios-core/model/frame_config.h"

enum { POWER_OFF = 1, POWER_ON = 2, POWER_STATUS = 4, POWER_AGAIN = 8 };

struct registry;

struct power {
	sd_event *ev;			 /* borrowed */
	const struct registry *registry; /* borrowed: what still runs */
	const char *program;		 /* borrowed; NULL: there is none */
	char known[MODEL_VIOS_MAX][MODEL_NAME_MAX + 1];
	/* What is under way. */
	bool busy;
	struct rpc_call *call; /* NULL: nobody asked */
	char vios[JUDGE_NAME];
	unsigned steps; /* that are left, the first is being done */
	pid_t pid;
	int pidfd; /* -1: the program has ended */
	sd_event_source *io, *timer;
	uint64_t until_us;
	bool is_off;		   /* a fencing, and the VIOS is on its way on again */
	sd_event_source *patience; /* of who waits for that; NULL: nobody does */
	/* One that was powered off for a fencing, and did not come on. */
	char again_vios[JUDGE_NAME];
	unsigned tries;
	sd_event_source *again; /* NULL: there is none, or it is being tried */
};

void power_init(struct power *p, sd_event *ev, const struct registry *registry, const char *program,
	const struct model_frame *frame);
void power_fini(struct power *p); /* answers what waits */
bool power_knows(const struct power *p, const char *vios);
bool power_busy(const struct power *p);
/* Does the steps in their order and answers the call, which it takes: when they are done, or some
 * seconds after the VIOS is off; none of its data planes is left then. There must be a program. */
void power_start(struct power *p, struct rpc_call *call, const char *vios, unsigned steps);
/* Off and on, unasked. Nothing when another one is under way. */
void power_cycle(struct power *p, const char *vios);
/* A fencing of a VIOS that is just being powered off unasked: it is done with that, and answered
 * (the call is taken). False: there is none to join. */
bool power_join(struct power *p, struct rpc_call *call, const char *vios, unsigned steps);

#endif
