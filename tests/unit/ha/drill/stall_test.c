/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes a window of I/O bad by itself, the figures of a series, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ha/drill/stall.h"

#define MS 1000000LL

static const struct stall_limit failover = {JUDGE_GAP_ABSOLUTE, 10 * MS, 100 * MS, true},
				hang = {JUDGE_GAP_ABSOLUTE, 120 * MS, 180 * MS, false},
				undisturbed = {JUDGE_GAP_BASELINE, 0, 0, false},
				not_judged = {JUDGE_GAP_ABSOLUTE, 0, 0, false};

static struct stall_result good_window(void)
{
	return (struct stall_result){.stall_ns = 4 * MS,
		.latency_ns = 3 * MS,
		.idle_ns = 2 * MS,
		.oldest_ns = 1 * MS,
		.requests = 2000,
		.read_back = 700};
}

static void bad(struct stall_result r, const char *what)
{
	char fault[STALL_FAULT_BYTES];

	assert_true(stall_fault(&r, fault));
	if (!strstr(fault, what))
		fail_msg("'%s' does not say '%s'", fault, what);
}

static void good(struct stall_result r)
{
	char fault[STALL_FAULT_BYTES] = "x";

	assert_false(stall_fault(&r, fault));
	assert_string_equal(fault, "");
}

static void a_bad_window(void **state)
{
	struct stall_result r = good_window();

	good(r);
	r.retries = 50; /* unit attentions after a switch: asked again, and answered */
	good(r);
	r.io_errors = 1;
	strcpy(r.first, "request 2 at block 8");
	bad(r, "1 I/O errors: request 2 at block 8");
	r.bad_reads = 3;
	bad(r, "3 blocks are not what was written last: request 2");
	r = good_window();
	r.requests = 0;
	bad(r, "no request completed");
}

static void io_must_resume(void **state)
{
	struct stall_result r = good_window();

	r.idle_ns = STALL_TAIL_NS;
	good(r);
	r.idle_ns = STALL_TAIL_NS + 1;
	bad(r, "did not resume");
	r = good_window();
	r.oldest_ns = STALL_TAIL_NS + 1; /* one is lost, the others go on */
	bad(r, "a request had been out for 250.0 ms");
}

static struct stall_figures figures(const int64_t *stall_ms, size_t n)
{
	struct stall_result r[8] = {0};
	struct stall_figures out;
	int64_t scratch[8];

	for (size_t i = 0; i < n; i++) {
		r[i] = good_window();
		r[i].stall_ns = stall_ms[i] * MS;
		r[i].latency_ns = (int64_t)(i + 1) * MS;
	}
	stall_figures(r, n, scratch, &out);
	return out;
}

static void the_figures(void **state)
{
	const int64_t stalls[] = {9, 4, 30};
	struct stall_figures f = figures(stalls, 3);

	assert_int_equal(f.p50_ns, 9 * MS);
	assert_int_equal(f.worst_ns, 30 * MS);
	assert_int_equal(f.drain_ns, 2 * MS);
	assert_int_equal(f.requests, 6000);
	assert_int_equal(figures(stalls, 0).p50_ns, 0);
}

static size_t verdict(const struct stall_limit *limit, const struct stall_figures *f,
	const struct stall_figures *baseline, bool times_judged, size_t *n_over)
{
	struct judge_verdict v = {.pass = true};

	stall_judge(limit, f, baseline, times_judged, &v);
	*n_over = v.n_over;
	assert_int_equal(v.pass, v.n_reasons == v.n_over);
	return v.n_reasons - v.n_over;
}

static size_t reasons(const struct stall_limit *limit, int64_t p50_ms, int64_t worst_ms,
	int64_t baseline_ms, bool times_judged)
{
	struct stall_figures f = {.n = 3,
				     .p50_ns = p50_ms * MS,
				     .worst_ns = worst_ms * MS,
				     .least_ns = p50_ms * MS},
			     baseline = {.p50_ns = baseline_ms * MS,
				     .worst_ns = baseline_ms * MS,
				     .drain_ns = 5 * MS};
	size_t n_over;

	return verdict(limit, &f, &baseline, times_judged, &n_over);
}

static void absolute_limits(void **state)
{
	/* The median may be longer by the disk's drain, the worst not. */
	assert_int_equal(reasons(&failover, 15, 100, 2, true), 0);
	assert_int_equal(reasons(&failover, 16, 100, 2, true), 1);
	assert_int_equal(reasons(&failover, 15, 101, 2, true), 1);
	assert_int_equal(reasons(&hang, 120, 180, 2, true), 0);
	assert_int_equal(reasons(&hang, 121, 181, 2, true), 2);
	assert_int_equal(reasons(&not_judged, 5000, 5000, 2, true), 0);
}

/* A disk that needs longer than the worst may last: the worst is no stricter than the median. */
static void a_slow_disk(void **state)
{
	const struct stall_figures baseline = {.drain_ns = 150 * MS};
	int64_t median_ns, worst_ns;

	stall_bounds(&failover, &baseline, true, &median_ns, &worst_ns);
	assert_int_equal(median_ns, 160 * MS);
	assert_int_equal(worst_ns, 160 * MS);
}

static void limits_by_the_baseline(void **state)
{
	assert_int_equal(reasons(&undisturbed, 60, 60, 30, true), 0);
	assert_int_equal(reasons(&undisturbed, 61, 61, 30, true), 2);
	/* A quiet baseline is no measure of a disk. */
	assert_int_equal(reasons(&undisturbed, 20, 20, 1, true), 0);
	assert_int_equal(reasons(&undisturbed, 20, 21, 1, true), 1);
	assert_int_equal(reasons(&undisturbed, 100, 5000, 1, false), 0);
	assert_int_equal(reasons(&undisturbed, 101, 101, 1, false), 2);
}

/* One of two may be the machine's, and the median of two is their mean. */
static void noise_in_one_of_two(void **state)
{
	const int64_t one[] = {640, 74}, both[] = {640, 101};
	const struct stall_figures quiet = {.p50_ns = 5 * MS, .worst_ns = 9 * MS};
	struct stall_figures f = figures(one, 2);
	size_t n_over;

	assert_int_equal(f.least_ns, 74 * MS);
	assert_int_equal(verdict(&undisturbed, &f, &quiet, false, &n_over), 0);
	assert_int_equal(n_over, 1);
	assert_int_equal(verdict(&undisturbed, &f, &quiet, true, &n_over), 2);
	f = figures(both, 2);
	assert_int_equal(verdict(&undisturbed, &f, &quiet, false, &n_over), 1);
	assert_int_equal(figures(one, 0).least_ns, 0);
}

static void times_that_are_not_judged(void **state)
{
	const struct stall_figures f = {.p50_ns = 50 * MS, .worst_ns = 200 * MS}, baseline = {0};
	size_t n_over;

	assert_int_equal(verdict(&failover, &f, &baseline, false, &n_over), 0);
	assert_int_equal(n_over, 2);
	assert_int_equal(verdict(&failover, &f, &baseline, true, &n_over), 2);
	assert_int_equal(n_over, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_window),
		cmocka_unit_test(io_must_resume),
		cmocka_unit_test(the_figures),
		cmocka_unit_test(absolute_limits),
		cmocka_unit_test(a_slow_disk),
		cmocka_unit_test(limits_by_the_baseline),
		cmocka_unit_test(noise_in_one_of_two),
		cmocka_unit_test(times_that_are_not_judged),
	};

	return cmocka_run_group_tests_name("ha/drill/stall", tests, NULL, NULL);
}
