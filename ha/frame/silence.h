/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * silence.h - is one worker of a data plane silent? Pure: ticks and time in, a verdict out.
 *
 * A worker that has not been seen to tick for half the hang time is pinged; one that does not tick
 * in spite of the ping is silent: at the hang time after its last tick if it was busy, a whole hang
 * time after the ping if all it did was answer pings (it slept, and may have to be scheduled
 * first) or has no requests (one that hangs takes none, so it never seems to have any).
 *
 * Where requests matter one that worked by itself within the last SILENCE_WARM_HANGS hang times is
 * `warm`, with requests at this look or without: most looks at a lightly loaded one fall between
 * two, and the few others find it asleep, waiting for its disk. It is looked at, asked and judged
 * as one at work; later as one without requests.
 *
 * One that has not answered for a fifth of the hang time is in doubt. From then on its judge
 * watches the other path, and when it counts as silent most of the moment that it has to be given
 * is over.
 */
#ifndef VIOS_FRAME_SILENCE_H
#define VIOS_FRAME_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_WARM_HANGS 5

/* As in the heartbeat page; any other value counts as SILENCE_POLLING. */
enum silence_state { SILENCE_ABSENT, SILENCE_POLLING, SILENCE_SLEEPING };

struct silence_rules {
	uint64_t hang_ns;
	uint64_t quiet_ping_ns; /* how often a worker without requests is pinged */
};

struct silence {
	uint64_t ticks;	    /* as last seen */
	uint64_t ticked_ns; /* when a change was last seen; 0: never */
	uint64_t quiet_ns;  /* silence counts from here: ticked_ns, or later when the clock was not
			       trusted */
	uint64_t known_ns;  /* as quiet_ns, but requests that arrive do not start it anew */
	uint64_t pinged_ns; /* the ping that is not answered yet; 0: none */
	uint64_t mute_ns;   /* time that the watcher was awake and the ping unanswered */
	uint32_t state;	    /* as last seen */
	bool active;	    /* the last change came by itself, not after a ping */
	bool lapsed;	    /* it was in doubt, and has not been seen to tick since */
	uint64_t doubt_ns;  /* the look that first found it in doubt; 0: it is not, or anew */
	uint64_t tried_ns;  /* the other path was first seen to tick since then; 0: not yet */
	bool came_back;	    /* it had lapsed, and this look saw it tick */
	bool matter;	    /* requests do; set by who begins to watch */
	uint64_t warmth_ns; /* for how long it stays warm, unasked, while the watcher is awake */
	bool idle;	    /* requests matter, it has none, and is not warm: pinged rarely */
	bool warm;	    /* requests matter, and it worked a moment ago */
};

/* Begins to watch: a full hang time is granted from now. */
void silence_begin(struct silence *s, uint64_t ticks, uint32_t state, uint64_t now_ns);
/* A new look at it. quiet: requests matter, and it has none. awake_ns: time since the last look for
 * which the watcher vouches. */
void silence_look(struct silence *s, const struct silence_rules *rules, uint64_t ticks,
	uint32_t state, bool quiet, uint64_t now_ns, uint64_t awake_ns);
/* What was seen so far proves nothing (the watcher overslept, or all slept): count anew. */
void silence_rebase(struct silence *s, uint64_t now_ns);
/* The watcher was late by late_ns: that time does not count, and a quarter of the hang time is
 * granted anew. */
void silence_credit(
	struct silence *s, const struct silence_rules *rules, uint64_t late_ns, uint64_t now_ns);

bool silence_wants_ping(
	const struct silence *s, const struct silence_rules *rules, uint64_t now_ns);
void silence_pinged(struct silence *s, uint64_t now_ns);
/* Its ping has not been answered for a fifth of the hang time. */
bool silence_in_doubt(const struct silence *s, const struct silence_rules *rules, uint64_t now_ns);
/* How long it is given to tick, from when the other path is seen to. Two that are stopped together
 * are back within a fifth of the hang time from each other, and have to be scheduled. */
uint64_t silence_moment_ns(const struct silence_rules *rules);
/* What was seen of the other path while this one was in doubt proves nothing. */
void silence_forget_trial(struct silence *s);
/* When it will count as silent unless it ticks; UINT64_MAX: never as things are. */
uint64_t silence_due_ns(const struct silence *s, const struct silence_rules *rules);
bool silence_is(const struct silence *s, const struct silence_rules *rules, uint64_t now_ns);
/* It sleeps, and all it did of late was answer pings: not warm. */
bool silence_asleep(const struct silence *s);
/* Nothing is expected of it but answers: asleep, or idle. */
bool silence_rests(const struct silence *s);
/* It works, or may be at work soon: look often. */
bool silence_needs_close_watch(const struct silence *s);

#endif
