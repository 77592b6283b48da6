/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts: each limit, just kept and just broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ha/drill/judge.h"

#define MS 1000000LL
#define RATE 10000

static const struct judge_limit failover = {
	JUDGE_GAP_ABSOLUTE, 10 * MS, 60 * MS, JUDGE_LOSS_GAP, 0, 0};
static const struct judge_limit planned = {JUDGE_GAP_ABSOLUTE, 5 * MS, 0, JUDGE_LOSS_FIXED, 10, 0};
static const struct judge_limit undisturbed = {JUDGE_GAP_BASELINE, 0, 0, JUDGE_LOSS_BASELINE, 0, 0};
static const struct judge_figures quiet = {
	.gap_p50_ns = 2 * MS, .gap_worst_ns = 5 * MS, .sent = 400000};

static struct trace_result run_of(int64_t gap_ns, uint64_t lost)
{
	return (struct trace_result){.sent = 40000,
		.received = 40000 - lost,
		.lost = lost,
		.gap_ns = gap_ns,
		.resumed = true};
}

static struct judge_verdict judge(const struct judge_limit *limit, const struct trace_result *runs,
	size_t n, const struct judge_figures *baseline, bool times)
{
	struct judge_verdict verdict = {.pass = true};
	struct judge_series series = {runs, n};
	struct judge_figures figures;
	int64_t scratch[8];

	judge_figures(&series, scratch, &figures);
	judge_direction(&(struct judge_question){"to_client", limit, &series, &figures, baseline,
				RATE, times},
		&verdict);
	return verdict;
}

static bool passes(const struct judge_limit *limit, const struct trace_result *runs, size_t n)
{
	struct judge_verdict verdict = judge(limit, runs, n, &quiet, true);

	assert_int_equal(verdict.pass, verdict.n_reasons == 0);
	return verdict.pass;
}

static void median_limit(void **state)
{
	struct trace_result kept[] = {run_of(9 * MS, 0), run_of(10 * MS, 0), run_of(59 * MS, 0)};
	struct trace_result broken[] = {
		run_of(9 * MS, 0), run_of(10 * MS + 1, 0), run_of(11 * MS, 0)};

	assert_true(passes(&failover, kept, 3));
	assert_false(passes(&failover, broken, 3));
}

static void worst_limit(void **state)
{
	struct trace_result kept[] = {run_of(1 * MS, 0), run_of(1 * MS, 0), run_of(60 * MS, 0)};
	struct trace_result broken[] = {
		run_of(1 * MS, 0), run_of(1 * MS, 0), run_of(60 * MS + 1, 0)};

	assert_true(passes(&failover, kept, 3));
	assert_false(passes(&failover, broken, 3));
}

static void loss_within_the_gap(void **state)
{
	struct trace_result kept[] = {run_of(4 * MS, 41)}, broken[] = {run_of(4 * MS, 42)};

	assert_true(passes(&failover, kept, 1));
	assert_false(passes(&failover, broken, 1));
}

static void loss_within_the_gaps(void **state)
{
	struct judge_limit limit = failover;
	struct trace_result kept[] = {run_of(4 * MS, 71)}, broken[] = {run_of(4 * MS, 72)};

	limit.loss = JUDGE_LOSS_GAPS;
	kept[0].gaps_ns = broken[0].gaps_ns = 7 * MS;
	assert_true(passes(&limit, kept, 1));
	assert_false(passes(&limit, broken, 1));
	assert_false(passes(&failover, kept, 1)); /* one fault: its one gap counts */
	kept[0] = run_of(1 * MS, 11);		  /* shorter than what counts together */
	assert_true(passes(&limit, kept, 1));
}

static void one_bad_run_fails(void **state)
{
	struct trace_result runs[] = {run_of(4 * MS, 0), run_of(4 * MS, 300), run_of(4 * MS, 0)};
	struct judge_verdict verdict = judge(&failover, runs, 3, &quiet, true);

	assert_false(verdict.pass);
	assert_non_null(strstr(verdict.reason[0], "run 2 lost 300"));
}

static void planned_loss(void **state)
{
	struct trace_result kept[] = {run_of(1 * MS, 10)}, broken[] = {run_of(1 * MS, 11)};

	assert_true(passes(&planned, kept, 1));
	assert_false(passes(&planned, broken, 1));
	/* Where times are not judged, what the gap holds may be lost, and no more. */
	broken[0] = run_of(5 * MS, 51);
	assert_true(judge(&planned, broken, 1, &quiet, false).pass);
	broken[0] = run_of(5 * MS, 52);
	assert_false(judge(&planned, broken, 1, &quiet, false).pass);
}

static void twice_the_baseline(void **state)
{
	struct trace_result kept[] = {run_of(4 * MS, 0), run_of(4 * MS, 0), run_of(10 * MS, 0)};
	struct trace_result median[] = {run_of(4 * MS + 1, 0)};
	struct trace_result worst[] = {run_of(1 * MS, 0), run_of(1 * MS, 0), run_of(11 * MS, 0)};

	assert_true(passes(&undisturbed, kept, 3));
	assert_false(passes(&undisturbed, median, 1));
	assert_false(passes(&undisturbed, worst, 3));
}

static void baseline_rate(void **state)
{
	struct judge_figures lossy = quiet;
	struct trace_result runs[] = {run_of(1 * MS, 2), run_of(1 * MS, 0)};
	struct trace_result more[] = {run_of(1 * MS, 2), run_of(1 * MS, 1)};

	assert_false(judge(&undisturbed, runs, 2, &quiet, true).pass);
	lossy.lost = 10; /* in 400,000: 2 in the runs' 80,000 */
	assert_true(judge(&undisturbed, runs, 2, &lossy, true).pass);
	assert_false(judge(&undisturbed, more, 2, &lossy, true).pass);
	lossy.sent = 0; /* no baseline: no excuse, and no division by zero */
	assert_false(judge(&undisturbed, runs, 2, &lossy, true).pass);
}

static void duplicates_fail(void **state)
{
	struct trace_result run = run_of(1 * MS, 0);

	run.duplicated = 1;
	assert_false(passes(&failover, &run, 1));
}

static void disorder_fails(void **state)
{
	struct trace_result run = run_of(1 * MS, 0);

	run.reordered = 1;
	assert_false(passes(&failover, &run, 1));
	assert_false(passes(&planned, &run, 1));
}

static void disorder_that_a_fault_explains(void **state)
{
	struct judge_limit limit = failover;
	struct trace_result runs[] = {run_of(1 * MS, 0), run_of(1 * MS, 0)};

	limit.reordered_max = 5;
	runs[0].reordered = 10;
	assert_true(passes(&limit, runs, 2));
	runs[1].reordered = 1;
	assert_false(passes(&limit, runs, 2));
}

static void silence_fails(void **state)
{
	struct trace_result run = run_of(1 * MS, 0);

	run.resumed = false;
	assert_false(passes(&failover, &run, 1));
}

static void times_not_judged(void **state)
{
	struct trace_result slow[] = {run_of(200 * MS, 0)}, lossy[] = {run_of(200 * MS, 2002)};
	struct trace_result queued[] = {run_of(200 * MS, 2051)};
	struct trace_result more[] = {run_of(200 * MS, 2052)};
	struct judge_verdict verdict = judge(&failover, slow, 1, &quiet, false);

	assert_true(verdict.pass);
	assert_int_equal(verdict.n_over, 2); /* median and worst */
	/* The gap and the baseline's worst, 5 ms, which may be in a queue when its reader dies. */
	assert_true(judge(&failover, lossy, 1, &quiet, false).pass);
	assert_true(judge(&failover, queued, 1, &quiet, false).pass);
	assert_false(judge(&failover, more, 1, &quiet, false).pass);
	assert_false(judge(&failover, lossy, 1, &quiet, true).pass);
	/* What is relative to the baseline is not an absolute time. */
	assert_false(judge(&undisturbed, slow, 1, &quiet, false).pass);
}

static void noise_is_no_evidence_where_times_are_not_judged(void **state)
{
	struct trace_result kept[] = {run_of(20 * MS, 0), run_of(300 * MS, 0)};
	struct trace_result broken[] = {run_of(90 * MS, 0), run_of(20 * MS + 1, 0)};
	struct trace_result three[] = {run_of(21 * MS, 0), run_of(21 * MS, 0), run_of(21 * MS, 0)};
	struct judge_figures noisy = quiet, medium = quiet;

	medium.gap_worst_ns = 100 * MS;
	/* Noise is in one of two, what the fault costs in both; the other one is shown. */
	assert_true(judge(&undisturbed, kept, 2, &quiet, false).pass);
	assert_int_equal(judge(&undisturbed, kept, 2, &quiet, false).n_over, 1);
	assert_false(judge(&undisturbed, kept, 2, &quiet, true).pass);
	assert_false(judge(&undisturbed, broken, 2, &quiet, false).pass);
	assert_true(judge(&undisturbed, broken, 2, &medium, false).pass);
	assert_false(judge(&undisturbed, three, 3, &medium, false).pass);
	noisy.gap_worst_ns = 11 * MS;
	assert_true(judge(&undisturbed, broken, 2, &noisy, false).pass);
}

static void losses_where_times_are_not_judged(void **state)
{
	/* A queue that a stalled machine drops is in a gap, and not in every run. */
	struct trace_result kept[] = {run_of(1 * MS, 0), run_of(30 * MS, 301)};
	struct trace_result beside[] = {run_of(1 * MS, 0), run_of(30 * MS, 302)};
	struct trace_result each[] = {run_of(10 * MS, 1), run_of(30 * MS, 301)};
	struct trace_result two[] = {run_of(20 * MS, 501)};

	assert_true(judge(&undisturbed, kept, 2, &quiet, false).pass);
	assert_false(judge(&undisturbed, kept, 2, &quiet, true).pass);
	assert_false(judge(&undisturbed, beside, 2, &quiet, false).pass);
	assert_false(judge(&undisturbed, each, 2, &quiet, false).pass);
	assert_true(judge(&undisturbed, each + 1, 0, &quiet, false).pass);
	/* The fault's gap, and one of the machine's. */
	two[0].gaps_ns = 45 * MS;
	assert_true(judge(&failover, two, 1, &quiet, false).pass);
	two[0].lost = 502;
	assert_false(judge(&failover, two, 1, &quiet, false).pass);
	two[0].lost = 251;
	two[0].gaps_ns = 20 * MS;
	assert_true(judge(&failover, two, 1, &quiet, false).pass);
	two[0].lost = 252;
	assert_false(judge(&failover, two, 1, &quiet, false).pass);
}

static void unlimited_median(void **state)
{
	struct judge_limit open = {JUDGE_GAP_ABSOLUTE, 0, 0, JUDGE_LOSS_GAP, 0, 0};
	struct trace_result slow[] = {run_of(1200 * MS, 12000)};

	assert_true(passes(&open, slow, 1));
}

static void reasons_are_bounded(void **state)
{
	struct judge_verdict verdict = {.pass = true};

	for (int i = 0; i < 100; i++)
		judge_fail(&verdict, "reason %d of %300s", i, "far too long");
	assert_false(verdict.pass);
	assert_int_equal(verdict.n_reasons, 100);
	assert_int_equal(strlen(verdict.reason[JUDGE_REASONS_MAX - 1]), JUDGE_REASON_BYTES - 1);
}

static void figures_of_nothing(void **state)
{
	struct judge_series none = {NULL, 0};
	struct judge_figures figures;

	judge_figures(&none, NULL, &figures);
	assert_int_equal(figures.gap_p50_ns, 0);
	assert_int_equal(figures.sent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(median_limit),
		cmocka_unit_test(worst_limit),
		cmocka_unit_test(loss_within_the_gap),
		cmocka_unit_test(loss_within_the_gaps),
		cmocka_unit_test(one_bad_run_fails),
		cmocka_unit_test(planned_loss),
		cmocka_unit_test(twice_the_baseline),
		cmocka_unit_test(baseline_rate),
		cmocka_unit_test(duplicates_fail),
		cmocka_unit_test(disorder_fails),
		cmocka_unit_test(disorder_that_a_fault_explains),
		cmocka_unit_test(silence_fails),
		cmocka_unit_test(times_not_judged),
		cmocka_unit_test(noise_is_no_evidence_where_times_are_not_judged),
		cmocka_unit_test(losses_where_times_are_not_judged),
		cmocka_unit_test(unlimited_median),
		cmocka_unit_test(reasons_are_bounded),
		cmocka_unit_test(figures_of_nothing),
	};

	return cmocka_run_group_tests_name("ha/drill/judge", tests, NULL, NULL);
}
