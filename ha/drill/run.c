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

#include "ha/drill/fault.h"
#include "ha/drill/scenario.h"
#include "ha/drill/stop.h"

#define WARM_TIMEOUT_MS 10000
#define RESUME_MS 10000 /* what has not resumed by then, after the window, has not */
#define LEAD_MS 500	/* of the window before the fault */
#define TAIL_MS 400	/* of the window after the fault's last step, at least */

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

static int await_redundant(struct run *run, const char *when)
{
	struct drill *drill = run->drill;
	char why[VIEW_WHY_BYTES];
	int rc = frame_wait_redundant(drill->env, drill->recover_ms, why);

	if (rc != -ETIMEDOUT)
		return rc;
	return run_fail(run, "the pair is not redundant %s: %s", when, why), -EIO;
}

/* The storage client's path begins where the network's does: a fault of a VIOS hits both. */
static int align(struct run *run)
{
	const struct env *env = run->drill->env;
	struct frame_path network, storage;
	char why[VIEW_WHY_BYTES];

	frame_live(env, env->traffic[0].adapter, &network);
	frame_live(env, env->storage.adapter, &storage);
	if (network.live[0] == '\0' || strcmp(network.live, storage.live) == 0)
		return 0;
	if (frame_switch(env, env->storage.adapter, network.live, why) < 0)
		return run_fail(run, "%s cannot be moved to %s before the run: %s",
			       env->storage.adapter, network.live, why),
		       -EIO;
	return await_redundant(run, "before the run");
}

#define RESERVATION_KEY "d7111"

/* While the client rests: before its I/O, and after all of it has been read back. */
static int reserve(struct run *run)
{
	struct storage_reservation held;
	char fault[ENV_FAULT_BYTES];

	if (storage_reservation(run->drill->storage, "reserve " RESERVATION_KEY, &held, fault) < 0)
		return run_fail(run, "%s", fault), -EIO;
	return 0;
}

static void check_reservation(struct run *run)
{
	struct storage_reservation held;
	char fault[ENV_FAULT_BYTES];

	if (storage_reservation(run->drill->storage, "reserved", &held, fault) < 0) {
		run_fail(run, "%s", fault);
		return;
	}
	run_fact(run, "reserved_by", json_string(held.key));
	run_fact(run, "registered", json_integer((json_int_t)held.keys));
	if (strcmp(held.key, RESERVATION_KEY) != 0 || held.keys != 1)
		run_fail(run, "storage: the reservation is '%s', with %u keys registered, not '%s'",
			held.key, held.keys, RESERVATION_KEY);
	else if (storage_reservation(
			 run->drill->storage, "unreserve " RESERVATION_KEY, &held, fault) < 0)
		run_fail(run, "%s", fault);
}

static int begin(struct run *run)
{
	struct drill *drill = run->drill;
	char fault[ENV_FAULT_BYTES];
	int rc = 0;

	if (drill->storage && storage_connect(drill->storage, fault) < 0)
		return run_fail(run, "no storage client: %s", fault), -EIO;
	rc = await_redundant(run, "before the run");
	if (rc == 0 && drill->storage)
		rc = align(run);
	if (rc < 0)
		return rc;
	if (run->scenario && run->scenario->reserves && reserve(run) < 0)
		return -EIO;
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
	if (drill->storage && storage_start(drill->storage, fault) < 0) {
		probe_stop(drill->probe);
		return run_fail(run, "no I/O before the fault: %s", fault), -EIO;
	}
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

static void open_window(struct run *run)
{
	char fault[ENV_FAULT_BYTES];

	probe_window_begin(run->drill->probe);
	if (run->drill->storage && storage_window_begin(run->drill->storage, fault) < 0)
		run_fail(run, "%s", fault);
}

/* The window ends when traffic has resumed: a machine that stalls just then stops it as well. How
 * long it took is a gap. */
static int await_traffic(const struct run *run, int64_t end_ms)
{
	const int64_t tail_ms = TRACE_TAIL_NS / 1000000;
	const uint64_t half = (uint64_t)run->drill->rate_pps * (uint64_t)tail_ms / 2000;
	uint64_t before;
	int rc = stop_sleep_until_ms(end_ms - tail_ms);

	do {
		before = probe_arrived(run->drill->probe);
		rc = rc ? rc : stop_sleep_ms(tail_ms);
	} while (rc == 0 && probe_arrived(run->drill->probe) - before < half &&
		 stop_now_ms() < end_ms + RESUME_MS);
	return rc;
}

/* The same of a disk, whose flush may be under way. */
static void close_storage(struct run *run)
{
	const int64_t until_ms = stop_now_ms() + RESUME_MS;
	char fault[ENV_FAULT_BYTES];

	do {
		if (storage_window_end(run->drill->storage, &run->stall, fault) < 0) {
			run_fail(run, "%s", fault);
			return;
		}
	} while (!stall_resumed(&run->stall) && stop_now_ms() < until_ms && stop_sleep_ms(50) == 0);
}

static void close_window(struct run *run)
{
	probe_window_end(run->drill->probe);
	if (run->drill->storage)
		close_storage(run);
}

/* The window is as long as asked, or longer if the fault's steps took longer. */
static int window(struct run *run)
{
	const struct scenario *s = run->scenario;
	int64_t end_ms, now_ms;
	int rc;

	open_window(run);
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
	rc = await_traffic(run, end_ms);
	close_window(run);
	run->window_ms = stop_now_ms() - run->begin_ms;
	probe_stop(run->drill->probe);
	return rc;
}

/* Once the pair is redundant again: what the client has written is read back. */
static void measure_storage(struct run *run)
{
	char fault[STALL_FAULT_BYTES];

	if (storage_rest(run->drill->storage, &run->stall, fault) < 0) {
		run_fail(run, "%s", fault);
		run->measured = false;
		return;
	}
	if (stall_fault(&run->stall, fault))
		run_fail(run, "%s", fault);
	if (run->scenario && run->scenario->reserves)
		check_reservation(run);
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
	bool heals = run->scenario && run->scenario->heals;
	unsigned within_ms = run->drill->recover_ms + (heals ? fault_heal_ms(run) : 0);
	int rc = frame_wait_redundant(run->drill->env, within_ms, why);

	if (rc == -ETIMEDOUT) {
		run_fail(run, "the pair is not redundant %u ms after the run: %s", within_ms, why);
		return -EIO;
	}
	if (rc < 0)
		return rc;
	run->redundant_after_ms = stop_now_ms() - from_ms;
	if (heals && fault_wait_healed(run) == 0)
		rc = await_redundant(run, "with the path healed");
	if (rc < 0)
		return rc;
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
	if (rc != -EINTR && drill->storage)
		measure_storage(run);
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

static json_t *stall_json(const struct stall_result *r)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I}", "stall_ms",
		(double)r->stall_ns / 1e6, "stall_at_ms", (double)r->stall_at_ns / 1e6,
		"latency_worst_ms", (double)r->latency_ns / 1e6, "idle_ms",
		(double)r->idle_ns / 1e6, "oldest_ms", (double)r->oldest_ns / 1e6, "requests",
		(json_int_t)r->requests, "io_errors", (json_int_t)r->io_errors, "bad_reads",
		(json_int_t)r->bad_reads, "retries", (json_int_t)r->retries, "read_back",
		(json_int_t)r->read_back);
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
	if (run->measured && run->drill->storage)
		json_object_set_new(out, "storage", stall_json(&run->stall));
	json_object_set_new(out, "before", frame_snapshot_json(run->drill->env, &run->before));
	json_object_set_new(out, "after", frame_snapshot_json(run->drill->env, &run->after));
	return out;
}

void run_fini(struct run *run)
{
	json_decref(run->facts);
	run->facts = NULL;
}
