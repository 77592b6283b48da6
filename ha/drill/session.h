/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h - a whole drill: baseline windows and the runs of each scenario, with their verdicts.
 */
#ifndef VIOS_DRILL_SESSION_H
#define VIOS_DRILL_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ha/drill/judge.h"
#include "ha/drill/run.h"
#include "ha/drill/scenario.h"

#define SESSION_SCENARIOS_MAX 32
#define SESSION_RUNS_MAX 1000

/* The windows of one scenario, or of the baseline. */
struct session_series {
	const struct scenario *scenario; /* NULL: baseline */
	struct judge_limit limit;
	struct stall_limit stall_limit;
	size_t n, n_failed;
	struct trace_result *result[PROBE_DIRECTIONS]; /* n measured windows each */
	struct stall_result *stall;		       /* likewise; zero without a storage client */
	size_t n_measured;
	struct judge_figures figures[PROBE_DIRECTIONS];
	struct stall_figures stalls;
	struct judge_verdict verdict;
	json_t *runs; /* details of each */
};

struct session {
	struct drill *drill;
	unsigned runs, baseline_windows;
	bool times_judged;
	size_t n_scenarios;
	struct session_series scenario[SESSION_SCENARIOS_MAX];
	struct session_series baseline;
	bool interrupted;
};

/* The caller has filled drill and the wishes. 0 or -ENOMEM. scenarios: borrowed. */
int session_init(
	struct session *session, const struct scenario *const *scenarios, size_t n_scenarios);
/* Runs everything; progress on stderr. 0: all within limits; 1: not; -EINTR: stopped. */
int session_execute(struct session *session);
void session_fini(struct session *session);

#endif
