/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order of a drill. Baseline windows are spread between the scenarios, so that they see the
 * machine as the runs do.
 *
 * Main thread only; the session owns results and details, the drill is borrowed.
 */
#include "ha/drill/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/drill/stop.h"

static int series_init(struct session_series *series, const struct scenario *scenario, size_t runs)
{
	memset(series, 0, sizeof(*series));
	series->scenario = scenario;
	series->verdict.pass = true;
	series->runs = json_array();
	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		series->result[d] = calloc(runs, sizeof(*series->result[d]));
		if (!series->result[d])
			return -ENOMEM;
	}
	series->stall = calloc(runs, sizeof(*series->stall));
	return series->runs && series->stall ? 0 : -ENOMEM;
}

int session_init(
	struct session *session, const struct scenario *const *scenarios, size_t n_scenarios)
{
	int rc = series_init(&session->baseline, NULL, session->baseline_windows);

	for (size_t i = 0; rc == 0 && i < n_scenarios; i++) {
		rc = series_init(&session->scenario[i], scenarios[i], session->runs);
		session->scenario[i].limit = scenario_limit(session->drill, scenarios[i]);
		session->scenario[i].stall_limit = scenario_stall(session->drill, scenarios[i]);
		session->n_scenarios++;
	}
	return rc;
}

static void series_fini(struct session_series *series)
{
	for (int d = 0; d < PROBE_DIRECTIONS; d++)
		free(series->result[d]);
	free(series->stall);
	json_decref(series->runs);
}

void session_fini(struct session *session)
{
	series_fini(&session->baseline);
	for (size_t i = 0; i < session->n_scenarios; i++)
		series_fini(&session->scenario[i]);
}

static const char *series_name(const struct session_series *series)
{
	return series->scenario ? series->scenario->name : "baseline";
}

static void progress(const struct session_series *series, size_t of, const struct run *run)
{
	const struct trace_result *to = &run->result[PROBE_TO_CLIENT].trace;
	const struct trace_result *from = &run->result[PROBE_FROM_CLIENT].trace;

	fprintf(stderr, "vios-drill: %s %zu/%zu: ", series_name(series), series->n, of);
	if (run->measured)
		fprintf(stderr, "gap %.2f/%.2f ms, lost %llu/%llu (to/from client)",
			(double)to->gap_ns / 1e6, (double)from->gap_ns / 1e6,
			(unsigned long long)to->lost, (unsigned long long)from->lost);
	if (run->measured && run->drill->storage)
		fprintf(stderr, ", storage stall %.2f ms", (double)run->stall.stall_ns / 1e6);
	if (run->measured && run->reason[0])
		fputs(", ", stderr);
	fprintf(stderr, "%s%s\n", run->reason[0] ? "FAILED: " : "", run->reason);
}

static void keep(struct session_series *series, const struct run *run)
{
	series->n++;
	json_array_append_new(series->runs, run_json(run));
	if (run->measured) {
		for (int d = 0; d < PROBE_DIRECTIONS; d++)
			series->result[d][series->n_measured] = run->result[d].trace;
		series->stall[series->n_measured] = run->stall;
		series->n_measured++;
	}
	if (run->reason[0] == '\0')
		return;
	series->n_failed++;
	judge_fail(&series->verdict, "run %zu: %s", series->n, run->reason);
}

/* Runs until the series has `until` windows. 0, or what run_execute() says. */
static int run_series(
	struct session *session, struct session_series *series, size_t until, size_t of)
{
	int rc = 0;

	while (rc == 0 && series->n < until) {
		struct run run;

		rc = run_execute(&run, session->drill, series->scenario, (unsigned)series->n);
		if (rc != -EINTR) {
			keep(series, &run);
			progress(series, of, &run);
		}
		run_fini(&run);
	}
	return rc;
}

static int run_all(struct session *session)
{
	size_t n = session->n_scenarios, windows = session->baseline_windows;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = run_series(
			session, &session->baseline, (windows * (i + 1) + n - 1) / n, windows);
		if (rc == 0)
			rc = run_series(
				session, &session->scenario[i], session->runs, session->runs);
	}
	return rc;
}

static void figure(struct session_series *series, int64_t *scratch)
{
	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		struct judge_series windows = {series->result[d], series->n_measured};

		judge_figures(&windows, scratch, &series->figures[d]);
	}
	stall_figures(series->stall, series->n_measured, scratch, &series->stalls);
}

/* Of all adapters together, as the traces are. */
static unsigned rate_pps(const struct drill *drill)
{
	return drill->rate_pps * (unsigned)drill->env->n_traffic;
}

static void judge_series_now(struct session *session, struct session_series *series)
{
	if (series->n < session->runs)
		judge_fail(&series->verdict, "only %zu of %u runs were made", series->n,
			session->runs);
	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		struct judge_series windows = {series->result[d], series->n_measured};
		struct judge_question question = {
			.direction = probe_direction_name((enum probe_direction)d),
			.limit = &series->limit,
			.runs = &windows,
			.figures = &series->figures[d],
			.baseline = &session->baseline.figures[d],
			.rate_pps = rate_pps(session->drill),
			.times_judged = session->times_judged,
		};

		judge_direction(&question, &series->verdict);
	}
	if (session->drill->storage)
		stall_judge(&series->stall_limit, &series->stalls, &session->baseline.stalls,
			session->times_judged, &series->verdict);
}

static bool judge_all(struct session *session)
{
	size_t most = session->runs > session->baseline_windows ? session->runs
								: session->baseline_windows;
	int64_t *scratch = calloc(most, sizeof(*scratch));
	bool pass = scratch != NULL;

	if (!scratch)
		return false;
	figure(&session->baseline, scratch);
	/* A window without a fault in which traffic stops for good, or a process is replaced, is no
	 * baseline. */
	pass = session->baseline.verdict.pass && session->baseline.n_measured > 0;
	for (size_t i = 0; i < session->n_scenarios; i++) {
		figure(&session->scenario[i], scratch);
		judge_series_now(session, &session->scenario[i]);
		pass = pass && session->scenario[i].verdict.pass;
	}
	free(scratch);
	return pass;
}

int session_execute(struct session *session)
{
	int rc = run_all(session);
	bool pass = judge_all(session);

	session->interrupted = rc == -EINTR;
	if (session->interrupted)
		return rc;
	return pass && rc == 0 ? 0 : 1;
}
