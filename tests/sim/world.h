/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * world.h - two VIOS on virtual time: processes whose workers tick, sleep, hang and die, a host
 * that stalls, and the truth about all of it. Deterministic: everything random comes from one seed.
 */
#ifndef VIOS_SIM_WORLD_H
#define VIOS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "ha/frame/judge.h"

#define MS UINT64_C(1000000)
#define SIM_WORKERS 4
#define NEVER UINT64_MAX

enum disease {
	WELL,
	STOPPED, /* as by SIGSTOP; it may be continued */
	HUNG,	 /* one worker spins for ever */
	ON_DISK, /* stopped, with a thread in state D; it ends by itself */
};

struct sim_worker {
	uint64_t ticks;
	uint32_t state;
	bool sleeper;
	uint64_t ping_ns;      /* it will answer a ping then; NEVER: none */
	uint64_t last_tick_ns; /* the truth */
	uint64_t asked_ns;     /* the last ping, or its answer */
	uint64_t able_ns;      /* until then it could have ticked */
};

/* A target with a request now and then: worker 0 only answers, worker 1 works by itself. */
struct sim_light {
	uint64_t gap_ns;   /* the longest between two requests; 0: no such process */
	uint64_t event_ns; /* the next request, or the end of this one */
	bool in_flight;
	uint64_t since_ns; /* since then it was never long without such work: */
	uint64_t seen_ns;  /* its last work that nobody can take for an answer to a ping */
	bool busy;	   /* fell ill shortly after such work */
};

struct sim_process {
	bool exists, registered, dying;
	enum disease disease;
	uint64_t ill_since_ns, ill_until_ns;
	uint32_t hung_worker;
	uint64_t incarnation, slot;
	uint64_t change_ns; /* dead, or registered again, then */
	uint64_t killed_ns;
	bool powered; /* its VIOS was powered off for it */
	uint32_t workers;
	struct sim_worker worker[SIM_WORKERS];
	struct sim_light light;
};

struct sim_rng {
	uint64_t s;
};

struct world {
	struct sim_rng rng;
	uint64_t now_ns;
	struct sim_process vios[2];
	uint64_t host_stall_until_ns; /* nothing runs, the watcher included */
	uint64_t host_stall_end_ns;   /* of the last one */
	uint64_t host_stall_ns;	      /* how long that one was */
	uint64_t hang_ns;	      /* the watcher's */
	uint64_t incarnations;
};

uint64_t sim_random(struct sim_rng *rng, uint64_t below);
uint64_t sim_between(struct sim_rng *rng, uint64_t low, uint64_t high);
/* True while workers of p run at all. */
bool sim_runs(const struct world *w, const struct sim_process *p);
/* Lets time pass to then; nothing changes in between but ticks. */
void sim_advance(struct world *w, uint64_t then_ns);
void sim_birth(struct world *w, struct sim_process *p, bool sleepers);
/* Makes a new one such a target. */
void sim_lighten(struct world *w, struct sim_process *p, uint64_t gap_ns);
void sim_ping(struct world *w, struct sim_process *p, uint32_t mask);
void sim_sample(const struct sim_process *p, struct judge_sample *out);
/* Now that it falls ill: is it to be noticed as one at work? */
bool sim_light_busy(const struct world *w, const struct sim_process *p);
/* The worker that has not ticked for longest: since when. */
uint64_t sim_worst_tick_ns(const struct sim_process *p);

#endif
