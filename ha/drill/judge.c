/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict on a scenario: each direction's figures against the limits of the table and the
 * baseline.
 *
 * Pure: runs on the caller's thread; the verdict is the caller's storage.
 */
#include "ha/drill/judge.h"

#include <stdarg.h>
#include <stdio.h>

#define NS_PER_MS 1000000.0
/* The baseline bounds are a factor on what the machine does without a fault. */
#define BASELINE_FACTOR 2
/* Where times are not judged, a gap that the scheduler alone makes (4 to 8 ms on two busy cores,
 * twice) is no evidence, however quiet the baseline happened to be. */
#define NOISE_NS 20000000LL
/* Of two runs the median is the mean: one burst of noise moves it. */
#define MEDIAN_RUNS_MIN 3

static void add_reason(struct judge_verdict *verdict, const char *fmt, va_list ap)
{
	if (verdict->n_reasons < JUDGE_REASONS_MAX)
		vsnprintf(verdict->reason[verdict->n_reasons], JUDGE_REASON_BYTES, fmt, ap);
	verdict->n_reasons++;
}

void judge_fail(struct judge_verdict *verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_reason(verdict, fmt, ap);
	va_end(ap);
	verdict->pass = false;
}

void judge_over(struct judge_verdict *verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_reason(verdict, fmt, ap);
	va_end(ap);
	verdict->n_over++;
}

void judge_figures(const struct judge_series *series, int64_t *scratch, struct judge_figures *out)
{
	*out = (struct judge_figures){0};
	for (size_t i = 0; i < series->n; i++) {
		const struct trace_result *result = &series->result[i];

		scratch[i] = result->gap_ns;
		out->sent += result->sent;
		out->lost += result->lost;
		out->duplicated += result->duplicated;
		out->reordered += result->reordered;
	}
	out->gap_p50_ns = trace_median(scratch, series->n); /* which sorts */
	out->gap_least_ns = series->n ? scratch[0] : 0;
	out->gap_worst_ns = trace_worst(scratch, series->n);
}

void judge_bounds(const struct judge_limit *limit, const struct judge_figures *baseline,
	int64_t *median_ns, int64_t *worst_ns)
{
	if (limit->gap == JUDGE_GAP_BASELINE) {
		*median_ns = BASELINE_FACTOR * baseline->gap_p50_ns;
		*worst_ns = BASELINE_FACTOR * baseline->gap_worst_ns;
	} else {
		*median_ns = limit->median_ns;
		*worst_ns = limit->worst_ns;
	}
}

static void judge_gap(const char *direction, const char *which, int64_t gap_ns, int64_t bound_ns,
	bool fails, struct judge_verdict *verdict)
{
	if (bound_ns == 0 || gap_ns <= bound_ns)
		return;
	if (fails)
		judge_fail(verdict, "%s: %s gap %.2f ms, limit %.2f ms", direction, which,
			(double)gap_ns / NS_PER_MS, (double)bound_ns / NS_PER_MS);
	else
		judge_over(verdict, "%s: %s gap %.2f ms is over %.2f ms (not judged)", direction,
			which, (double)gap_ns / NS_PER_MS, (double)bound_ns / NS_PER_MS);
}

/* What the machine drops by itself of so many packets, rounded up. */
static uint64_t baseline_share(uint64_t count, uint64_t sent, const struct judge_figures *baseline)
{
	if (baseline->sent == 0)
		return 0;
	return (uint64_t)(((unsigned __int128)count * sent + baseline->sent - 1) / baseline->sent);
}

static uint64_t lost_bound(const struct judge_limit *limit, const struct trace_result *run,
	const struct judge_figures *baseline, unsigned rate_pps, bool times_judged)
{
	uint64_t noise = baseline_share(baseline->lost, run->sent, baseline);
	/* gap in ms x 10 at 10,000 packets/s, rounded up: a packet is due at either end. A busy
	 * machine adds gaps of its own, with what queues drop in them. */
	bool several =
		(limit->loss == JUDGE_LOSS_GAPS || !times_judged) && run->gaps_ns > run->gap_ns;
	int64_t gap_ns = several ? run->gaps_ns : run->gap_ns;
	uint64_t in_gap = (uint64_t)((double)gap_ns * rate_pps / 1e9) + 1;

	/* A busy machine stops a process for as long as the baseline's gaps: what waits for it then
	 * was sent before the last arrival, and dies with it. */
	uint64_t queued =
		times_judged ? 0 : (uint64_t)((double)baseline->gap_worst_ns * rate_pps / 1e9);

	if (limit->loss == JUDGE_LOSS_GAP || limit->loss == JUDGE_LOSS_GAPS)
		return in_gap + queued + limit->lost_max + noise;
	/* A fixed number is a time in disguise; so is a rate that a stalled machine's queues keep
	 * to. */
	if (!times_judged && in_gap > limit->lost_max)
		return in_gap + noise;
	return limit->lost_max + noise;
}

/* Of all runs together; where times are not judged, whether each of several lost more. */
static bool over_rate(const struct judge_question *q, uint64_t *bound)
{
	*bound = baseline_share(q->baseline->lost, q->figures->sent, q->baseline);
	if (q->times_judged)
		return q->figures->lost > *bound;
	for (size_t i = 0; i < q->runs->n; i++) {
		const struct trace_result *run = &q->runs->result[i];

		if (run->lost <= baseline_share(q->baseline->lost, run->sent, q->baseline))
			return false;
	}
	return q->runs->n > 1;
}

static void judge_loss(const struct judge_question *q, struct judge_verdict *verdict)
{
	const bool by_rate = q->limit->loss == JUDGE_LOSS_BASELINE;
	uint64_t bound;

	if (by_rate && over_rate(q, &bound))
		judge_fail(verdict, "%s: lost %llu, the baseline's rate allows %llu", q->direction,
			(unsigned long long)q->figures->lost, (unsigned long long)bound);
	if (by_rate && q->times_judged)
		return;
	for (size_t i = 0; i < q->runs->n; i++) {
		const struct trace_result *run = &q->runs->result[i];

		bound = lost_bound(q->limit, run, q->baseline, q->rate_pps, q->times_judged);
		if (run->lost > bound)
			judge_fail(verdict, "%s: run %zu lost %llu, limit %llu (gap %.2f ms)",
				q->direction, i + 1, (unsigned long long)run->lost,
				(unsigned long long)bound, (double)run->gap_ns / NS_PER_MS);
	}
}

static void judge_numbers(const struct judge_question *q, struct judge_verdict *verdict)
{
	const struct judge_figures *f = q->figures;
	uint64_t duplicated = baseline_share(q->baseline->duplicated, f->sent, q->baseline);
	uint64_t reordered = baseline_share(q->baseline->reordered, f->sent, q->baseline) +
			     q->limit->reordered_max * q->runs->n;

	if (f->duplicated > duplicated)
		judge_fail(verdict, "%s: %llu duplicated, the baseline's rate allows %llu",
			q->direction, (unsigned long long)f->duplicated,
			(unsigned long long)duplicated);
	if (f->reordered > reordered)
		judge_fail(verdict, "%s: %llu out of order, the baseline's rate allows %llu",
			q->direction, (unsigned long long)f->reordered,
			(unsigned long long)reordered);
}

static void judge_gaps(const struct judge_question *q, struct judge_verdict *verdict)
{
	const bool relative = !q->times_judged && q->limit->gap == JUDGE_GAP_BASELINE;
	int64_t median_ns, worst_ns;

	judge_bounds(q->limit, q->baseline, &median_ns, &worst_ns);
	if (relative) {
		median_ns = median_ns > NOISE_NS ? median_ns : NOISE_NS;
		median_ns = q->runs->n < MEDIAN_RUNS_MIN ? 0 : median_ns;
		worst_ns = worst_ns > NOISE_NS ? worst_ns : NOISE_NS;
		judge_gap(q->direction, "least", q->figures->gap_least_ns, worst_ns, true, verdict);
	}
	judge_gap(q->direction, "median", q->figures->gap_p50_ns, median_ns,
		q->times_judged || relative, verdict);
	judge_gap(q->direction, "worst", q->figures->gap_worst_ns, worst_ns, q->times_judged,
		verdict);
}

void judge_direction(const struct judge_question *q, struct judge_verdict *verdict)
{
	judge_gaps(q, verdict);
	judge_loss(q, verdict);
	judge_numbers(q, verdict);
	for (size_t i = 0; i < q->runs->n; i++)
		if (!q->runs->result[i].resumed)
			judge_fail(verdict, "%s: run %zu: traffic did not resume", q->direction,
				i + 1);
}
