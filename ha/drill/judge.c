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
/* Of two runs the median is the mean: one burst of noise moves it. Then the worst is judged alone.
 */
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
	out->gap_p50_ns = trace_median(scratch, series->n);
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
	/* gap in ms x 10 at 10,000 packets/s, rounded up: a packet is due at either end. */
	bool several = limit->loss == JUDGE_LOSS_GAPS && run->gaps_ns > run->gap_ns;
	int64_t gap_ns = several ? run->gaps_ns : run->gap_ns;
	uint64_t in_gap = (uint64_t)((double)gap_ns * rate_pps / 1e9) + 1;

	/* A busy machine stops a process for as long as the baseline's gaps: what waits for it then
	 * was sent before the last arrival, and dies with it. */
	uint64_t queued =
		times_judged ? 0 : (uint64_t)((double)baseline->gap_worst_ns * rate_pps / 1e9);

	if (limit->loss == JUDGE_LOSS_GAP || limit->loss == JUDGE_LOSS_GAPS)
		return in_gap + queued + limit->lost_max + noise;
	/* A fixed number is a time in disguise. */
	if (!times_judged && in_gap > limit->lost_max)
		return in_gap + noise;
	return limit->lost_max + noise;
}

static void judge_loss(const struct judge_question *q, struct judge_verdict *verdict)
{
	uint64_t bound = baseline_share(q->baseline->lost, q->figures->sent, q->baseline);

	if (q->limit->loss == JUDGE_LOSS_BASELINE) {
		if (q->figures->lost > bound)
			judge_fail(verdict, "%s: lost %llu, the baseline's rate allows %llu",
				q->direction, (unsigned long long)q->figures->lost,
				(unsigned long long)bound);
		return;
	}
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

void judge_direction(const struct judge_question *q, struct judge_verdict *verdict)
{
	bool fails = q->times_judged || q->limit->gap != JUDGE_GAP_ABSOLUTE;
	int64_t median_ns, worst_ns;

	judge_bounds(q->limit, q->baseline, &median_ns, &worst_ns);
	if (!q->times_judged && q->limit->gap == JUDGE_GAP_BASELINE) {
		median_ns = median_ns > NOISE_NS ? median_ns : NOISE_NS;
		median_ns = q->runs->n < MEDIAN_RUNS_MIN ? 0 : median_ns;
		worst_ns = worst_ns > NOISE_NS ? worst_ns : NOISE_NS;
	}
	judge_gap(q->direction, "median", q->figures->gap_p50_ns, median_ns, fails, verdict);
	judge_gap(q->direction, "worst", q->figures->gap_worst_ns, worst_ns, fails, verdict);
	judge_loss(q, verdict);
	judge_numbers(q, verdict);
	for (size_t i = 0; i < q->runs->n; i++)
		if (!q->runs->result[i].resumed)
			judge_fail(verdict, "%s: run %zu: traffic did not resume", q->direction,
				i + 1);
}
