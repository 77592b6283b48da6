/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stall.h - what a storage client felt in a window, and whether that is within a scenario's limits.
 * Pure. A stall is the longest time in which no request completed; both ends of the window count as
 * completions.
 */
#ifndef VIOS_DRILL_STALL_H
#define VIOS_DRILL_STALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ha/drill/judge.h"

#define STALL_FIRST_BYTES 160

struct stall_result {
	int64_t stall_ns, stall_at_ns; /* at: since the window's begin */
	int64_t latency_ns;	       /* the longest that one request took */
	/* At the window's end: since the latest completion; how long the oldest request is out. */
	int64_t idle_ns, oldest_ns;
	uint64_t requests; /* of the window */
	/* From before the window until all that was written has been read back. */
	uint64_t io_errors, bad_reads, retries, read_back;
	char first[STALL_FIRST_BYTES]; /* error or bad read */
};

/* I/O that gave no answer for so long at the window's end has not resumed. */
#define STALL_TAIL_NS 250000000LL
#define STALL_FAULT_BYTES 256

/* I/O goes on at the window's end. */
bool stall_resumed(const struct stall_result *result);
/* Whether a window was bad whatever its limits: an error, a block that was not what was written
 * last, I/O that did not resume. Says so in fault. */
bool stall_fault(const struct stall_result *result, char fault[STALL_FAULT_BYTES]);

struct stall_limit {
	enum judge_gap_rule rule;    /* the zeroed one with no times: not judged */
	int64_t median_ns, worst_ns; /* 0: not judged */
	bool drain; /* the median may be longer by what the disk takes to end what it has begun */
};

struct stall_figures {
	size_t n;
	int64_t p50_ns, worst_ns, least_ns;
	int64_t drain_ns; /* the median of each window's longest request */
	uint64_t requests, io_errors, bad_reads;
};

/* Scratch: n values. */
void stall_figures(
	const struct stall_result *results, size_t n, int64_t *scratch, struct stall_figures *out);
/* The limits in force. times_judged as in struct judge_question: absolute limits that are exceeded
 * fail or only count; those by the baseline are wider without. */
void stall_bounds(const struct stall_limit *limit, const struct stall_figures *baseline,
	bool times_judged, int64_t *median_ns, int64_t *worst_ns);
/* Adds to the verdict. Where times are not judged, the least of several stalls is held against the
 * baseline, and a median of three or more: noise only lengthens one. */
void stall_judge(const struct stall_limit *limit, const struct stall_figures *figures,
	const struct stall_figures *baseline, bool times_judged, struct judge_verdict *verdict);

#endif
