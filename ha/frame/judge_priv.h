/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_priv.h - what the judge's files share. Pure; owned by one struct judge, one thread. */
#ifndef VIOS_FRAME_JUDGE_PRIV_H
#define VIOS_FRAME_JUDGE_PRIV_H

#include "ha/frame/judge.h"
#include "ha/frame/silence.h"

#define MS_NS UINT64_C(1000000)

enum judge_state { J_WATCHED, J_SUSPECT, J_CHECKING, J_DYING, J_STATES };

enum judge_event {
	J_FINE,	     /* neither silent nor accused */
	J_SILENT,    /* silent or accused, and the rules do not allow the kill yet */
	J_ACCUSED,   /* somebody asks for its death */
	J_CLEARED,   /* the rules allow the kill, but for its threads' states */
	J_NONE_IN_D, /* answer to JUDGE_THREADS */
	J_SOME_IN_D, /* the same */
	J_VOID,	     /* what was seen so far proves nothing */
	J_DIED,
	J_EVENTS
};

struct judge_plane {
	bool used, matter; /* matter: only with requests in flight */
	bool accused;
	bool was_in_d; /* a thread, when that was last looked for */
	bool told_suspect, told_last, told_holdoff, told_blocked, told_stuck;
	enum judge_state state;
	char vios[JUDGE_NAME], plane[JUDGE_NAME];
	uint64_t incarnation;
	uint32_t workers;
	uint32_t live;	   /* adapters that are live on it */
	uint64_t since_ns; /* the look at which the suspicion arose; 0: the next look */
	uint64_t fresh_ns; /* when the other path was first seen to tick since; 0: not yet */
	uint64_t accused_until_ns;
	uint64_t recheck_ns; /* not before: a thread was in state D */
	uint64_t killed_ns;
	uint64_t
		stuck_ns; /* killed, and found to be stuck then; 0: not, or what was seen is void */
	bool powered;	  /* its VIOS was powered off for it */
	struct judge_sample sample;
	struct silence worker[JUDGE_WORKERS];
};

struct judge_request {
	uint64_t id;
	uint64_t incarnation; /* 0: every plane of vios */
	char vios[JUDGE_NAME];
};

struct judge {
	struct silence_rules silence;
	struct judge_rules rules;
	struct judge_plane plane[JUDGE_SLOTS];
	uint64_t look_ns, next_ns;
	uint64_t last_kill_ns; /* 0: none */
	char last_kill_vios[JUDGE_NAME], last_kill_plane[JUDGE_NAME];
	struct {
		uint32_t adapter; /* 0: free */
		uint64_t incarnation;
	} live[JUDGE_LIVE];
	bool program_runs;
	size_t n_requests;
	struct judge_request request[JUDGE_REQUESTS];
	uint64_t buried[JUDGE_SLOTS]; /* incarnations that died of late, a ring */
	size_t n_buried;
};

/* judge_step.c: the state machine */
void judge_step(struct judge *j, struct judge_plane *p, enum judge_event event, uint64_t now_ns,
	struct judge_actions *out);
/* 0: next and action of the cell are set; for the test that all are. */
bool judge_step_cell_set(unsigned state, unsigned event);

/* judge_guard.c: what the rules say */
struct judge_plane *judge_guard_other(struct judge *j, const struct judge_plane *p);
bool judge_guard_silent(const struct judge *j, const struct judge_plane *p, uint64_t now_ns);
bool judge_guard_other_fresh(struct judge *j, const struct judge_plane *p, uint64_t now_ns);
/* Each worker of q (NULL: there is none) was seen to tick after since_ns, and does not hang. */
bool judge_guard_ticks_since(
	const struct judge *j, const struct judge_plane *q, uint64_t since_ns, uint64_t now_ns);
bool judge_guard_last_resort(const struct judge *j, const struct judge_plane *p, uint64_t now_ns);
bool judge_guard_other_fencing(const struct judge *j, const struct judge_plane *p, uint64_t now_ns);
uint64_t judge_guard_holdoff_ns(
	const struct judge *j, const struct judge_plane *p, uint64_t now_ns);
uint64_t judge_guard_mute_ns(const struct judge_plane *p);
bool judge_guard_cleared(struct judge *j, const struct judge_plane *p, uint64_t now_ns);

/* judge_ask.c: requests and their answers */
void judge_ask_settle(struct judge *j, const struct judge_plane *p, enum judge_verdict verdict,
	uint64_t ms, struct judge_actions *out);

/* A zeroed action at the end of out. */
struct judge_action *judge_emit(struct judge_actions *out, enum judge_action_kind kind);
uint32_t judge_slot(const struct judge *j, const struct judge_plane *p);

#endif
