/* SPDX-License-Identifier: BSD-3-Clause */
/* sim.h - one run of the simulation: the world, the judge, and what was promised. */
#ifndef VIOS_SIM_SIM_H
#define VIOS_SIM_SIM_H

#include "tests/sim/world.h"

struct sim {
	uint64_t seed;
	bool trace, failed;
	struct world w;
	struct judge *j;
	struct judge_actions out;
	struct judge_rules rules;
	bool sleepy_run;	/* all sleep, and what stalls stalls all, shortly and often */
	bool stuck_run;		/* what is killed waits in the kernel, half of it for ever */
	bool idle_run;		/* all sleep, nothing happens */
	uint64_t light_ns;	/* targets with a request so often, or more; 0: of the other kind */
	bool one_rests;		/* all those requests go to the second VIOS */
	uint64_t look_ns;	/* the next one as planned, with its delay */
	uint64_t fault_ns;	/* the next fault */
	uint64_t both_until_ns; /* both stopped together until then; and from when */
	uint64_t both_from_ns;
	uint64_t clear_from_ns[2]; /* from then on nothing stood in the way of killing it */
	uint64_t alone_from_ns[2]; /* from then on it is hung and alone, undisturbed */
	uint64_t stuck_from_ns[2]; /* from then on nothing stood in the way of powering it off */
	uint64_t last_kill_ns;
	int last_kill_side;
	uint64_t program_until_ns;	      /* the power program runs */
	uint64_t request, asked_ns, asked_of; /* one at a time */
	uint64_t looks, kills, answers, powers;
};

static inline struct sim_process *sim_at(struct sim *s, int side)
{
	return &s->w.vios[side];
}

static inline uint64_t sim_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void sim_say(struct sim *s, const char *what, uint64_t a);
/* Prints the seed and what was broken, once a run. */
void sim_promise(struct sim *s, bool kept, const char *what);
/* Something stands in the way of kills, or has changed what they rest on: their time begins anew.
 */
void sim_disturb(struct sim *s);
void sim_check_hangs(struct sim *s);
void sim_check_kill(struct sim *s, int side);
void sim_check_power(struct sim *s, int side, bool asked);
/* When it counts as stuck: from then on a request is answered. */
uint64_t sim_stuck_ns(const struct sim *s, const struct sim_process *p);

#endif
