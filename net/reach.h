/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reach.h - when hosts outside are asked whether they are there, and what follows from their
 * answers. Pure; time is passed in; one owner.
 *
 *	         an answer                       nothing for lost_us
 *	UNKNOWN -----------> ANSWERS <---------------------------------> SILENT
 *	   |                           answers to `misses` in a row         ^
 *	   '----------------- nothing for lost_us --------------------------'
 */
#ifndef VIOS_NET_REACH_H
#define VIOS_NET_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/probe.h"

#define REACH_NEVER UINT64_MAX

enum reach_state {
	REACH_NONE,    /* nobody is asked */
	REACH_UNKNOWN, /* asked a moment ago for the first time */
	REACH_ANSWERS,
	REACH_SILENT,
	REACH_STATES
};

/* A target that has not answered for interval * misses is silent. In that time so many probes went
 * unanswered: they go out a little faster than one an interval. */
struct reach_rules {
	uint32_t interval_ms; /* at least 1 */
	uint32_t misses;      /* at least 1 */
};

struct reach_target {
	struct ip ip;
	enum reach_state state;
	uint64_t since_us; /* of its last answer, or since it is asked; not counting what is lost */
	uint64_t heard_us; /* its last answer; 0: none */
	uint32_t run;	   /* rounds answered in a row, while silent */
	bool asked, answered;				/* in this round */
	uint64_t n_probes, n_answers, n_missed, n_lost; /* n_lost: times that it became silent */
};

struct reach {
	struct reach_rules rules;
	unsigned n;
	struct reach_target target[PROBE_TARGETS];
	uint64_t next_us; /* the next round */
};

/* Other rules, other targets; those that stay keep their state. All zero asks nobody. */
void reach_set(struct reach *r, const struct reach_rules *rules, const struct probe_table *table,
	uint64_t now_us);
/* All are UNKNOWN: they are asked from elsewhere now. */
void reach_anew(struct reach *r, uint64_t now_us);
/* heard_us: when each was heard last, 0: never. sent: the probes of the last round have gone out;
 * if not, nobody can have answered. Returns those that are to be asked now, as bits. */
uint32_t reach_step(
	struct reach *r, const uint64_t heard_us[PROBE_TARGETS], bool sent, uint64_t now_us);
/* When the next step is due; REACH_NEVER. */
uint64_t reach_next_us(const struct reach *r);
/* Of all together: one that answers is enough, and one that may answer yet puts off the verdict. */
enum reach_state reach_state(const struct reach *r);
const char *reach_state_name(enum reach_state state); /* "answers" */

#endif
