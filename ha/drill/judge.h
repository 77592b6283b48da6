/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge.h - is a scenario within its limits? Pure: results and limits in, a verdict with reasons
 * out.
 */
#ifndef VIOS_DRILL_JUDGE_H
#define VIOS_DRILL_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ha/drill/trace.h"

enum judge_gap_rule {
	JUDGE_GAP_ABSOLUTE, /* median_ns and worst_ns */
	JUDGE_GAP_BASELINE, /* median and worst: at most twice the baseline's */
};

enum judge_loss_rule {
	JUDGE_LOSS_GAP,	     /* a run: what its gap holds, lost_max, and the baseline's rate */
	JUDGE_LOSS_GAPS,     /* the same for a run with several faults: what all its gaps hold */
	JUDGE_LOSS_FIXED,    /* a run: at most lost_max */
	JUDGE_LOSS_BASELINE, /* all runs: not more than the baseline's rate */
};

struct judge_limit {
	enum judge_gap_rule gap;
	int64_t median_ns; /* 0: not judged */
	int64_t worst_ns;  /* 0: not judged */
	enum judge_loss_rule loss;
	uint64_t lost_max;	/* not for JUDGE_LOSS_BASELINE */
	uint64_t reordered_max; /* a run, beyond the baseline's rate */
};

/* The windows of one direction. Borrowed. */
struct judge_series {
	const struct trace_result *result;
	size_t n;
};

struct judge_figures {
	int64_t gap_p50_ns;
	int64_t gap_worst_ns, gap_least_ns;
	uint64_t sent, lost, duplicated, reordered;
};

#define JUDGE_REASON_BYTES 160
#define JUDGE_REASONS_MAX 16

struct judge_verdict {
	bool pass;
	size_t n_reasons; /* all of them; only the first JUDGE_REASONS_MAX are kept */
	char reason[JUDGE_REASONS_MAX][JUDGE_REASON_BYTES];
	size_t n_over; /* absolute times that are over, with times_judged false */
};

/* Scratch: n values. */
void judge_figures(const struct judge_series *series, int64_t *scratch, struct judge_figures *out);

/* The limits in force for this direction: the absolute ones, or twice the baseline's. */
void judge_bounds(const struct judge_limit *limit, const struct judge_figures *baseline,
	int64_t *median_ns, int64_t *worst_ns);

/* One direction of a scenario. All borrowed. */
struct judge_question {
	const char *direction;
	const struct judge_limit *limit;
	const struct judge_series *runs;
	const struct judge_figures *figures, *baseline;
	unsigned rate_pps; /* that the sender was asked for */
	/* false: an absolute limit that is exceeded is a reason and counts in n_over, but does not
	 * fail; a fixed number of packets may be what the gaps hold instead, they may hold what
	 * the baseline's worst would more; twice the baseline is at least the scheduler's noise.
	 * Noise only lengthens a gap, and what a fault costs is in every run of it: so it is the
	 * least of several that is held against the baseline, and the others' losses must fit into
	 * their gaps. */
	bool times_judged;
};

/* Adds its findings to verdict (which the caller has set to pass, all else zero). */
void judge_direction(const struct judge_question *question, struct judge_verdict *verdict);

/* Any other reason to fail: a fault that did not hit, no redundancy. */
void judge_fail(struct judge_verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A time that is over its limit, and is not judged. */
void judge_over(struct judge_verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
