/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts a session into words: a table on stdout and a JSON file.
 *
 * Main thread only; reads the session, owns nothing of it.
 */
#include "ha/drill/report.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define NS_PER_MS 1e6

static const char *verdict_text(const struct session_series *series)
{
	if (!series->verdict.pass)
		return "FAIL";
	return series->verdict.n_over ? "pass (over)" : "pass";
}

static void bounds_of(const struct session *session, const struct session_series *series, int d,
	int64_t *median_ns, int64_t *worst_ns)
{
	judge_bounds(&series->limit, &session->baseline.figures[d], median_ns, worst_ns);
}

static void stall_bounds_of(const struct session *session, const struct session_series *series,
	int64_t *median_ns, int64_t *worst_ns)
{
	stall_bounds(&series->stall_limit, &session->baseline.stalls, session->times_judged,
		median_ns, worst_ns);
}

static void limit_text(int64_t median_ns, int64_t worst_ns, char *out, size_t size)
{
	if (median_ns == 0)
		snprintf(out, size, "-");
	else if (worst_ns == 0)
		snprintf(out, size, "%.1f", (double)median_ns / NS_PER_MS);
	else
		snprintf(out, size, "%.1f/%.1f", (double)median_ns / NS_PER_MS,
			(double)worst_ns / NS_PER_MS);
}

static void row(
	FILE *out, const struct session *session, const struct session_series *series, int d)
{
	const struct judge_figures *f = &series->figures[d];
	int64_t median_ns, worst_ns;
	char limit[32] = "";

	bounds_of(session, series, d, &median_ns, &worst_ns);
	if (series->scenario)
		limit_text(median_ns, worst_ns, limit, sizeof(limit));
	fprintf(out, "%-10s %5zu  %-11s %9.2f %9.2f %14s %6llu %5llu %5llu %9llu  %s\n",
		series->scenario ? series->scenario->name : "baseline", series->n,
		probe_direction_name((enum probe_direction)d), (double)f->gap_p50_ns / NS_PER_MS,
		(double)f->gap_worst_ns / NS_PER_MS, limit, (unsigned long long)f->lost,
		(unsigned long long)f->duplicated, (unsigned long long)f->reordered,
		(unsigned long long)f->sent, series->scenario ? verdict_text(series) : "");
}

/* The longest time in which no request completed; in the columns of packets what is wrong with
 * blocks. */
static void storage_row(
	FILE *out, const struct session *session, const struct session_series *series)
{
	const struct stall_figures *f = &series->stalls;
	int64_t median_ns, worst_ns;
	char limit[32] = "";

	if (!session->drill->storage)
		return;
	stall_bounds_of(session, series, &median_ns, &worst_ns);
	if (series->scenario)
		limit_text(median_ns, worst_ns, limit, sizeof(limit));
	fprintf(out, "%-10s %5zu  %-11s %9.2f %9.2f %14s %6llu %5llu %5s %9llu  %s\n",
		series->scenario ? series->scenario->name : "baseline", series->n, "storage",
		(double)f->p50_ns / NS_PER_MS, (double)f->worst_ns / NS_PER_MS, limit,
		(unsigned long long)f->io_errors, (unsigned long long)f->bad_reads, "-",
		(unsigned long long)f->requests, series->scenario ? verdict_text(series) : "");
}

static void rows(FILE *out, const struct session *session, const struct session_series *series)
{
	for (int d = 0; d < PROBE_DIRECTIONS; d++)
		row(out, session, series, d);
	storage_row(out, session, series);
}

static void reasons(FILE *out, const struct session_series *series)
{
	const struct judge_verdict *v = &series->verdict;

	for (size_t i = 0; i < v->n_reasons && i < JUDGE_REASONS_MAX; i++)
		fprintf(out, "  %s: %s\n", series->scenario ? series->scenario->name : "baseline",
			v->reason[i]);
	if (v->n_reasons > JUDGE_REASONS_MAX)
		fprintf(out, "  ... and %zu more\n", v->n_reasons - JUDGE_REASONS_MAX);
}

void report_table(FILE *out, const struct session *session)
{
	fprintf(out, "%-10s %5s  %-11s %9s %9s %14s %6s %5s %5s %9s  %s\n", "scenario", "runs",
		"direction", "gap p50", "worst", "limit p50/max", "lost", "dup", "order", "sent",
		"verdict");
	for (size_t i = 0; i < session->n_scenarios; i++)
		rows(out, session, &session->scenario[i]);
	rows(out, session, &session->baseline);
	fprintf(out,
		"Times in ms. A run's gap is the longest time between two consecutive arrivals "
		"at the receiver\nwithin its window; %u packets/s in each direction.%s\n",
		session->drill->rate_pps,
		session->times_judged ? "" : " Absolute times are shown, not judged.");
	if (session->drill->storage)
		fprintf(out,
			"storage: the longest time in which no request completed (%u a second, at "
			"most %u at a time);\nlost: I/O errors, dup: blocks that were not what was "
			"written last, sent: requests.\n",
			session->drill->storage_rate, session->drill->storage_depth);
	reasons(out, &session->baseline);
	for (size_t i = 0; i < session->n_scenarios; i++)
		reasons(out, &session->scenario[i]);
}

static json_t *figures_json(const struct judge_figures *f)
{
	return json_pack("{s:{s:f, s:f}, s:I, s:I, s:I, s:I}", "gap_ms", "p50",
		(double)f->gap_p50_ns / NS_PER_MS, "worst", (double)f->gap_worst_ns / NS_PER_MS,
		"lost", (json_int_t)f->lost, "duplicated", (json_int_t)f->duplicated, "reordered",
		(json_int_t)f->reordered, "sent", (json_int_t)f->sent);
}

static void set_limits(json_t *one, int64_t median_ns, int64_t worst_ns)
{
	json_object_set_new(one, "limit_ms", json_real((double)median_ns / NS_PER_MS));
	json_object_set_new(one, "limit_worst_ms", json_real((double)worst_ns / NS_PER_MS));
}

static json_t *storage_json(const struct session *session, const struct session_series *series)
{
	const struct stall_figures *f = &series->stalls;
	int64_t median_ns, worst_ns;
	json_t *out = json_pack("{s:{s:f, s:f}, s:I, s:I, s:I}", "stall_ms", "p50",
		(double)f->p50_ns / NS_PER_MS, "worst", (double)f->worst_ns / NS_PER_MS,
		"io_errors", (json_int_t)f->io_errors, "bad_reads", (json_int_t)f->bad_reads,
		"requests", (json_int_t)f->requests);

	stall_bounds_of(session, series, &median_ns, &worst_ns);
	if (series->scenario)
		set_limits(out, median_ns, worst_ns);
	return out;
}

static json_t *directions_json(const struct session *session, const struct session_series *series)
{
	json_t *out = json_object();

	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		json_t *one = figures_json(&series->figures[d]);
		int64_t median_ns, worst_ns;

		bounds_of(session, series, d, &median_ns, &worst_ns);
		if (series->scenario)
			set_limits(one, median_ns, worst_ns);
		json_object_set_new(out, probe_direction_name((enum probe_direction)d), one);
	}
	if (session->drill->storage)
		json_object_set_new(out, "storage", storage_json(session, series));
	return out;
}

static json_t *reasons_json(const struct judge_verdict *verdict)
{
	json_t *out = json_array();

	for (size_t i = 0; i < verdict->n_reasons && i < JUDGE_REASONS_MAX; i++)
		json_array_append_new(out, json_string(verdict->reason[i]));
	return out;
}

/* The scenario's own limit: of the direction that has the wider one. */
static double limit_ms(const struct session *session, const struct session_series *series)
{
	int64_t median_ns = 0, worst_ns, limit_ns = 0;

	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		bounds_of(session, series, d, &median_ns, &worst_ns);
		limit_ns = median_ns > limit_ns ? median_ns : limit_ns;
	}
	return (double)limit_ns / NS_PER_MS;
}

static json_t *scenario_json(const struct session *session, const struct session_series *series)
{
	return json_pack("{s:s, s:I, s:f, s:s, s:I, s:o, s:o, s:O}", "name", series->scenario->name,
		"runs", (json_int_t)series->n, "limit_ms", limit_ms(session, series), "verdict",
		series->verdict.pass ? "pass" : "fail", "times_over",
		(json_int_t)series->verdict.n_over, "directions", directions_json(session, series),
		"reasons", reasons_json(&series->verdict), "details", series->runs);
}

static json_t *machine_json(void)
{
	struct utsname name;
	struct sysinfo info;

	memset(&name, 0, sizeof(name));
	memset(&info, 0, sizeof(info));
	uname(&name);
	sysinfo(&info);
	return json_pack("{s:i, s:I, s:s, s:s}", "cpus", (int)sysconf(_SC_NPROCESSORS_ONLN),
		"memory_mb", (json_int_t)((uint64_t)info.totalram * info.mem_unit >> 20), "kernel",
		name.release, "arch", name.machine);
}

json_t *report_json(const struct session *session)
{
	json_t *list = json_array();

	for (size_t i = 0; i < session->n_scenarios; i++)
		json_array_append_new(list, scenario_json(session, &session->scenario[i]));
	return json_pack("{s:o, s:{s:I, s:I, s:o, s:o, s:O}, s:o, s:i, s:b, s:b, s:s}", "scenarios",
		list, "baseline", "windows", (json_int_t)session->baseline.n, "window_ms",
		(json_int_t)session->drill->window_ms, "directions",
		directions_json(session, &session->baseline), "reasons",
		reasons_json(&session->baseline.verdict), "details", session->baseline.runs,
		"machine", machine_json(), "rate_pps", (int)session->drill->rate_pps,
		"times_judged", session->times_judged, "interrupted", session->interrupted,
		"version", VIOS_VERSION);
}

int report_write(const struct session *session, const char *path)
{
	json_t *root = report_json(session);
	char beside[PATH_MAX];
	int rc = 0;

	if (!root)
		return -ENOMEM;
	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		rc = -ENAMETOOLONG;
	else if (json_dump_file(root, beside, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) < 0)
		rc = errno ? -errno : -EIO;
	else if (rename(beside, path) < 0)
		rc = -errno;
	json_decref(root);
	return rc;
}
