/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_sim.h - one run: two sides of a SEA, what lies between them, and the truth about both. */
#ifndef VIOS_SIM_SEA_SIM_H
#define VIOS_SIM_SEA_SIM_H

#include "ha/policy/sea_choice.h"
#include "ha/policy/sea_roles.h"
#include "tests/sim/world.h"

#define SEA_SIM_MESSAGES 256
#define SEA_SIM_VLANS 8
#define SEA_SIM_LOST_MOST 4 /* messages of one side in a row */

struct sea_message {
	uint64_t at_ns; /* NEVER: none */
	int to;
	struct sea_advert advert;
};

struct sea_node {
	bool alive, link, reach, serving;
	uint64_t back_ns; /* it starts again then */
	bool talks_next;  /* what its membership will say, and when */
	uint64_t talks_ns;
	uint64_t rules_ns; /* it adopts the configuration then */
	uint64_t probe_ns;
	unsigned lost; /* in a row */
	uint64_t seq;  /* a clock that never goes back */
	struct sea_policy p;
	struct vlan_set primary;
};

struct sea_sim {
	uint64_t seed, now_ns, fault_ns, faults, told, moves, steps;
	bool trace, failed, cut, brisk; /* brisk: the last cut is short, and noticed at once */
	uint64_t cut_until_ns;
	struct sim_rng rng;
	struct sea_rules rules[2]; /* as configured; the nodes follow a little later */
	struct sea_node node[2];
	struct sea_message message[SEA_SIM_MESSAGES];
	uint64_t quiet_from_ns;	   /* nothing has happened since, but time */
	uint64_t together_from_ns; /* since then each has heard the other without a break */
	int owner[SEA_SIM_VLANS];  /* -1: none, 2: both */
	uint64_t served_ns[SEA_SIM_VLANS], open_ns; /* last so seen, while all is quiet */
	uint64_t apart_ns[SEA_SIM_VLANS];	    /* last not claimed by both, nor left by both */
};

void sea_say(struct sea_sim *s, const char *what, long long a);
void sea_promise(struct sea_sim *s, bool kept, const char *what);
/* After each step. */
void sea_check(struct sea_sim *s);

#endif
