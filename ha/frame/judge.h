/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge.h - who is hung, and may it be killed? Pure: events with the time in, actions out.
 *
 * Times are nanoseconds of one monotonic clock, never 0. The caller samples every heartbeat page,
 * calls judge_look() when judge_next_ns() has come, carries out the actions in order, and reports
 * what it finds. A `slot` names a watched data plane from judge_watch() until its JUDGE_DEAD action
 * (or judge_forget()).
 */
#ifndef VIOS_FRAME_JUDGE_H
#define VIOS_FRAME_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ha/frame/judge_types.h"

struct judge;

/* What is known of a slot, for status and messages. */
struct judge_view {
	const char *vios, *plane; /* borrowed */
	uint64_t incarnation;
	const char *state;
	uint32_t workers, live;
	uint64_t silent_ms; /* the worst worker's unanswered ping; 0: none */
};

struct judge *judge_new(const struct judge_rules *rules, uint64_t now_ns); /* NULL: no memory */
void judge_free(struct judge *j);

/* The slot, or -EEXIST (that incarnation is watched already), -ENOSPC, -EINVAL (names, workers). */
int judge_watch(struct judge *j, const char *vios, const char *plane, uint64_t incarnation,
	uint32_t workers, bool requests_matter, const struct judge_sample *now, uint64_t now_ns);
/* The slot of an incarnation, or -ENOENT. */
int judge_find(const struct judge *j, uint64_t incarnation);
bool judge_view(const struct judge *j, uint32_t slot, struct judge_view *out);
/* Whom adapter (its id) is live on; incarnation 0: nobody. 0 or -ENOSPC. */
int judge_live(struct judge *j, uint32_t adapter, uint64_t incarnation);
/* The last kill, as of an earlier life of the watcher. */
void judge_killed_before(struct judge *j, uint64_t when_ns, const char *vios, const char *plane);

void judge_sample(struct judge *j, uint32_t slot, const struct judge_sample *sample);
void judge_look(struct judge *j, uint64_t now_ns, struct judge_actions *out);
/* in_d: one of its threads is. A sample taken after the look is taken into account. */
void judge_threads(
	struct judge *j, uint32_t slot, bool in_d, uint64_t now_ns, struct judge_actions *out);
void judge_died(struct judge *j, uint32_t slot, uint64_t now_ns, struct judge_actions *out);
/* Asks for the death of one data plane, or of all of a VIOS. Answered by one JUDGE_ANSWER. */
void judge_evict(struct judge *j, uint64_t incarnation, uint64_t request, uint64_t now_ns,
	struct judge_actions *out);
void judge_fence(struct judge *j, const char *vios, uint64_t request, uint64_t now_ns,
	struct judge_actions *out);

/* Whether the power program runs: nobody else is fenced meanwhile. To be told before each look. */
void judge_program(struct judge *j, bool runs);

uint64_t judge_next_ns(const struct judge *j);
#endif
