/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict on what a storage client felt.
 *
 * Pure: runs on the caller's thread; the verdict is the caller's storage.
 */
#include "ha/drill/stall.h"

#include <stdio.h>

#include "ha/drill/trace.h"

#define NS_PER_MS 1000000.0
/* Undisturbed is what the machine does without a fault, twice; but a disk that happened to flush
 * nothing for ten windows, or a scheduler that was quiet in them, is no measure. */
#define BASELINE_FACTOR 2
#define NOISE_NS 20000000LL
/* Where times are not judged, the machine may be so busy that a disk's flush takes as long. */
#define BUSY_NS 100000000LL
#define MEDIAN_RUNS_MIN 3

bool stall_resumed(const struct stall_result *r)
{
	return r->requests > 0 && r->idle_ns <= STALL_TAIL_NS && r->oldest_ns <= STALL_TAIL_NS;
}

bool stall_fault(const struct stall_result *r, char fault[STALL_FAULT_BYTES])
{
	fault[0] = '\0';
	if (r->bad_reads)
		snprintf(fault, STALL_FAULT_BYTES,
			"storage: %llu blocks are not what was written last: %s",
			(unsigned long long)r->bad_reads, r->first);
	else if (r->io_errors)
		snprintf(fault, STALL_FAULT_BYTES, "storage: %llu I/O errors: %s",
			(unsigned long long)r->io_errors, r->first);
	else if (r->requests == 0)
		snprintf(fault, STALL_FAULT_BYTES, "storage: no request completed");
	else if (!stall_resumed(r))
		snprintf(fault, STALL_FAULT_BYTES,
			"storage: I/O did not resume: at the end nothing completed for %.1f ms, "
			"and a request had been out for %.1f ms",
			(double)r->idle_ns / NS_PER_MS, (double)r->oldest_ns / NS_PER_MS);
	return fault[0] != '\0';
}

void stall_figures(
	const struct stall_result *results, size_t n, int64_t *scratch, struct stall_figures *out)
{
	*out = (struct stall_figures){0};
	for (size_t i = 0; i < n; i++)
		scratch[i] = results[i].latency_ns;
	out->drain_ns = trace_median(scratch, n);
	for (size_t i = 0; i < n; i++) {
		scratch[i] = results[i].stall_ns;
		out->requests += results[i].requests;
		out->io_errors += results[i].io_errors;
		out->bad_reads += results[i].bad_reads;
	}
	out->n = n;
	out->p50_ns = trace_median(scratch, n); /* which sorts */
	out->least_ns = n ? scratch[0] : 0;
	out->worst_ns = trace_worst(scratch, n);
}

static int64_t at_least(int64_t value, int64_t least)
{
	return value > least ? value : least;
}

void stall_bounds(const struct stall_limit *limit, const struct stall_figures *baseline,
	bool times_judged, int64_t *median_ns, int64_t *worst_ns)
{
	const int64_t least_ns = times_judged ? NOISE_NS : BUSY_NS;

	*median_ns = limit->median_ns;
	*worst_ns = limit->worst_ns;
	if (limit->rule == JUDGE_GAP_BASELINE) {
		*median_ns = at_least(BASELINE_FACTOR * baseline->p50_ns, least_ns);
		*worst_ns = at_least(BASELINE_FACTOR * baseline->worst_ns, least_ns);
	} else if (*median_ns && limit->drain) {
		*median_ns += baseline->drain_ns;
		*worst_ns = *worst_ns ? at_least(*worst_ns, *median_ns) : 0;
	}
}

static void judge(const char *which, int64_t stall_ns, int64_t bound_ns, bool fails,
	struct judge_verdict *verdict)
{
	if (bound_ns == 0 || stall_ns <= bound_ns)
		return;
	if (fails)
		judge_fail(verdict, "storage: %s stall %.2f ms, limit %.2f ms", which,
			(double)stall_ns / NS_PER_MS, (double)bound_ns / NS_PER_MS);
	else
		judge_over(verdict, "storage: %s stall %.2f ms is over %.2f ms (not judged)", which,
			(double)stall_ns / NS_PER_MS, (double)bound_ns / NS_PER_MS);
}

void stall_judge(const struct stall_limit *limit, const struct stall_figures *figures,
	const struct stall_figures *baseline, bool times_judged, struct judge_verdict *verdict)
{
	const bool relative = !times_judged && limit->rule == JUDGE_GAP_BASELINE;
	int64_t median_ns, worst_ns;

	stall_bounds(limit, baseline, times_judged, &median_ns, &worst_ns);
	if (relative)
		judge("least", figures->least_ns, worst_ns, true, verdict);
	if (relative && figures->n < MEDIAN_RUNS_MIN)
		median_ns = 0;
	judge("median", figures->p50_ns, median_ns, times_judged || relative, verdict);
	judge("worst", figures->worst_ns, worst_ns, times_judged, verdict);
}
