/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run: redundant pair, traffic, window, fault, end of the window, repair, redundant pair again,
 * proof.
 *
 * Main thread only. The run is the caller's storage; the probe and the repair list belong to the
 * drill.
 */
#include "ha/drill/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ha/drill/scenario.h"
#include "ha/drill/stop.h"

#define WARM_TIMEOUT_MS 10000
#define LEAD_MS 500 /* of the window before the fault */
#define TAIL_MS 400 /* of the window after the fault's last step, at least */

int run_fail(struct run *run, const char *fmt, ...)
{
	va_list ap;

	if (run->reason[0] != '\0')
		return -1;
	va_start(ap, fmt);
	vsnprintf(run->reason, sizeof(run->reason), fmt, ap);
	va_end(ap);
	return -1;
}

void run_fact(struct run *run, const char *name, json_t *value)
{
	json_object_set_new(run->facts, name, value);
}

static int begin(struct run *run)
{
	struct drill *drill = run->drill;
	char why[VIEW_WHY_BYTES], fault[ENV_FAULT_BYTES];
	int rc = frame_wait_redundant(drill->env, drill->recover_ms, why);

	if (rc == -ETIMEDOUT)
		return run_fail(run, "the pair is not redundant before the run: %s", why), -EIO;
	if (rc < 0)
		return rc;
	frame_snapshot(drill->env, &run->before);
	run->vios = frame_vios_index(drill->env, run->before.live);
	if (run->vios < 0)
		return run_fail(run, "the mux names no live path that the environment knows: '%s'",
			       run->before.live),
		       -EIO;
	run->peer = 1 - run->vios;
	rc = probe_start(drill->probe, WARM_TIMEOUT_MS, fault);
	if (rc < 0)
		return run_fail(run, "no traffic before the fault: %s", fault), -EIO;
	return 0;
}

/* As the logs of the frame's programs write it, to find the fault in them. */
static void note_time(struct run *run)
{
	struct timespec now;
	char text[40];
	struct tm utc;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	n = strftime(text, sizeof(text), "%FT%T", &utc);
	snprintf(text + n, sizeof(text) - n, ".%06ldZ", now.tv_nsec / 1000);
	run_fact(run, "injected_at", json_string(text));
}

/* The window is as long as asked, or longer if the fault's steps took longer. */
static int window(struct run *run)
{
	const struct scenario *s = run->scenario;
	int64_t end_ms, now_ms;
	int rc;

	probe_window_begin(run->drill->probe);
	run->begin_ms = stop_now_ms();
	end_ms = run->begin_ms +
		 (s ? scenario_window_ms(run->drill, s) + scenario_extra_ms(run->drill, s)
		    : run->drill->window_ms);
	rc = s ? stop_sleep_ms(LEAD_MS) : 0;
	if (rc == 0 && s) {
		note_time(run);
		s->inject(run);
	}
	now_ms = stop_now_ms();
	if (s && end_ms < now_ms + TAIL_MS)
		end_ms = now_ms + TAIL_MS;
	rc = stop_sleep_until_ms(end_ms);
	probe_window_end(run->drill->probe);
	run->window_ms = stop_now_ms() - run->begin_ms;
	probe_stop(run->drill->probe);
	return rc;
}

static void measure(struct run *run)
{
	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		int rc = probe_result(run->drill->probe, (enum probe_direction)d, &run->result[d]);

		if (rc < 0) {
			run_fail(run, "the traffic could not be measured: %s", strerror(-rc));
			return;
		}
	}
	run->measured = true;
}

static int recover(struct run *run)
{
	char why[VIEW_WHY_BYTES];
	int64_t from_ms = stop_now_ms();
	int rc = frame_wait_redundant(run->drill->env, run->drill->recover_ms, why);

	if (rc == -ETIMEDOUT) {
		run_fail(run, "the pair is not redundant %u ms after the run: %s",
			run->drill->recover_ms, why);
		return -EIO;
	}
	if (rc < 0)
		return rc;
	run->redundant_after_ms = stop_now_ms() - from_ms;
	frame_snapshot(run->drill->env, &run->after);
	return 0;
}

int run_execute(
	struct run *run, struct drill *drill, const struct scenario *scenario, unsigned number)
{
	int rc;

	memset(run, 0, sizeof(*run));
	run->drill = drill;
	run->scenario = scenario;
	run->number = number;
	run->redundant_after_ms = -1;
	run->facts = json_object();
	rc = begin(run);
	if (rc < 0)
		return rc;
	rc = window(run);
	if (repair_all(&drill->repair) < 0)
		run_fail(run, "a fault could not be undone, see the log");
	if (rc < 0)
		return rc;
	measure(run);
	rc = recover(run);
	if (rc == 0)
		scenario_prove(run);
	return rc;
}

static json_t *direction_json(const struct probe_result *r)
{
	const struct trace_result *t = &r->trace;

	return json_pack("{s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:b, s:f, s:I}", "gap_ms",
		(double)t->gap_ns / 1e6, "gap_at_ms", (double)t->gap_begin_ns / 1e6, "gaps_ms",
		(double)t->gaps_ns / 1e6, "sent", (json_int_t)t->sent, "lost", (json_int_t)t->lost,
		"duplicated", (json_int_t)t->duplicated, "reordered", (json_int_t)t->reordered,
		"resumed", t->resumed, "sender_late_ms", (double)r->sender_late_ns / 1e6,
		"send_errors", (json_int_t)r->send_errors);
}

json_t *run_json(const struct run *run)
{
	json_t *out = json_pack("{s:s, s:I, s:I, s:s, s:O}", "reason", run->reason, "window_ms",
		(json_int_t)run->window_ms, "redundant_after_ms",
		(json_int_t)run->redundant_after_ms, "live_after_fault", run->live_after, "fault",
		run->facts);

	for (int d = 0; run->measured && d < PROBE_DIRECTIONS; d++)
		json_object_set_new(out, probe_direction_name((enum probe_direction)d),
			direction_json(&run->result[d]));
	json_object_set_new(out, "before", frame_snapshot_json(run->drill->env, &run->before));
	json_object_set_new(out, "after", frame_snapshot_json(run->drill->env, &run->after));
	return out;
}

void run_fini(struct run *run)
{
	json_decref(run->facts);
	run->facts = NULL;
}
