/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_types.h - the judge's vocabulary: rules, samples and actions. Pure. */
#ifndef VIOS_FRAME_JUDGE_TYPES_H
#define VIOS_FRAME_JUDGE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define JUDGE_SLOTS 128
#define JUDGE_WORKERS 16
#define JUDGE_NAME 80 /* "scsid:" and two names */
#define JUDGE_REQUESTS 64
#define JUDGE_LIVE 4096
#define JUDGE_ACTIONS (4 * JUDGE_SLOTS + 2 * JUDGE_REQUESTS)

struct judge_rules {
	uint64_t hang_ns, last_resort_ns, holdoff_ns;
	uint64_t power_ns; /* since a kill that nobody died of; 0: the frame has no power program */
};

enum judge_action_kind {
	JUDGE_PING,    /* slot, mask: these workers */
	JUDGE_THREADS, /* slot: read its threads' states now and call judge_threads() */
	JUDGE_KILL,    /* slot: SIGKILL */
	JUDGE_REPORT,  /* slot, report, ms */
	JUDGE_DEAD,    /* slot is free from now on: tell the muxes */
	JUDGE_ANSWER,  /* request, verdict, ms */
	JUDGE_POWER,   /* slot: power its VIOS off and on */
};

enum judge_report {
	JUDGE_SUSPECTED,    /* silent; the other path is being asked */
	JUDGE_LAST_HUNG,    /* silent, and no other path ticks: killed only after ms from now on */
	JUDGE_HELD_OFF,	    /* would be killed, but the last kill is too fresh: ms to go */
	JUDGE_BLOCKED,	    /* a thread is in state D: not a hang */
	JUDGE_RECOVERED,    /* it ticks again, or the evidence is void */
	JUDGE_WILL_NOT_DIE, /* killed ms ago and still there */
	JUDGE_OVERSLEPT,    /* the watcher itself, by ms; slot is void */
	JUDGE_POWERED_OFF,  /* killed ms ago and still there: its VIOS goes with it */
};

enum judge_verdict {
	JUDGE_KILLED,  /* it is dead */
	JUDGE_UNKNOWN, /* no such data plane */
	JUDGE_LOST,    /* another fencing is under way */
	JUDGE_LAST, /* the other path does not tick: it may be the last that serves a live path */
	JUDGE_HOLDOFF,	   /* ms to go */
	JUDGE_IN_KERNEL,   /* a thread in state D */
	JUDGE_STILL_THERE, /* killed, and not dead yet */
	JUDGE_BUSY,	   /* too many requests */
	JUDGE_STUCK,	   /* as JUDGE_STILL_THERE, and its VIOS may be powered off */
};

struct judge_action {
	enum judge_action_kind kind;
	enum judge_report report;
	enum judge_verdict verdict;
	uint32_t slot, mask;
	uint64_t request, ms;
};

struct judge_actions {
	size_t n;
	struct judge_action v[JUDGE_ACTIONS];
};

struct judge_sample {
	uint64_t ticks[JUDGE_WORKERS];
	uint32_t state[JUDGE_WORKERS]; /* enum silence_state */
	uint32_t in_flight;
};

#endif
