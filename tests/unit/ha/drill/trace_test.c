/* SPDX-License-Identifier: BSD-3-Clause */
/* What a list of arrivals says of a window: gap, loss, duplicates, order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ha/drill/trace.h"

#define MS 1000000LL

static struct trace_result analyse(
	const struct trace_record *records, size_t n, const struct trace_window *window)
{
	uint8_t *scratch = malloc(trace_scratch_bytes(window));
	struct trace_result out;

	assert_non_null(scratch);
	memset(scratch, 0xff, trace_scratch_bytes(window)); /* must not matter */
	trace_analyse(records, n, window, scratch, &out);
	free(scratch);
	return out;
}

/* n packets, one a millisecond, each arriving half a millisecond after it was sent. */
static void steady(struct trace_record *records, size_t n, struct trace_window *window)
{
	for (size_t i = 0; i < n; i++)
		records[i] = (struct trace_record){100 + i, (int64_t)i * MS + MS / 2};
	*window = (struct trace_window){100, 100 + n, 0, (int64_t)n * MS};
}

static void nothing_wrong(void **state)
{
	struct trace_record r[1000];
	struct trace_window w;
	struct trace_result out;

	steady(r, 1000, &w);
	out = analyse(r, 1000, &w);
	assert_int_equal(out.sent, 1000);
	assert_int_equal(out.received, 1000);
	assert_int_equal(out.lost, 0);
	assert_int_equal(out.duplicated, 0);
	assert_int_equal(out.reordered, 0);
	assert_int_equal(out.gap_ns, MS);
	assert_true(out.resumed);
}

static void hole_is_gap_and_loss(void **state)
{
	struct trace_record r[1000];
	struct trace_window w;
	struct trace_result out;

	steady(r, 1000, &w);
	memmove(&r[300], &r[342], (1000 - 342) * sizeof(r[0]));
	out = analyse(r, 958, &w);
	assert_int_equal(out.lost, 42);
	assert_int_equal(out.gap_ns, 43 * MS);
	assert_int_equal(out.gap_begin_ns, 299 * MS + MS / 2);
	assert_true(out.resumed);
}

static void delayed_is_gap_without_loss(void **state)
{
	struct trace_record r[1000];
	struct trace_window w;
	struct trace_result out;

	steady(r, 1000, &w);
	for (size_t i = 500; i < 520; i++)
		r[i].at_ns = 520 * MS;
	out = analyse(r, 1000, &w);
	assert_int_equal(out.lost, 0);
	assert_int_equal(out.reordered, 0);
	assert_int_equal(out.gap_ns, 520 * MS - (499 * MS + MS / 2));
}

static void never_resumed(void **state)
{
	struct trace_record r[1000];
	struct trace_window w;
	struct trace_result out;

	steady(r, 1000, &w);
	out = analyse(r, 400, &w);
	assert_int_equal(out.lost, 600);
	assert_int_equal(out.gap_ns, 1000 * MS - (399 * MS + MS / 2));
	assert_false(out.resumed);
}

static void never_began(void **state)
{
	struct trace_window w = {0, 1000, 5 * MS, 1005 * MS};
	struct trace_result out = analyse(NULL, 0, &w);

	assert_int_equal(out.lost, 1000);
	assert_int_equal(out.gap_ns, 1000 * MS);
	assert_int_equal(out.gap_begin_ns, 0);
	assert_false(out.resumed);
}

static void a_trickle_is_not_resumption(void **state)
{
	struct trace_record r[1000], few[1000];
	struct trace_window w;
	struct trace_result out;
	size_t n = 0;

	steady(r, 1000, &w);
	for (size_t i = 0; i < 1000; i++)
		if (i < 700 || i % 3 == 0)
			few[n++] = r[i];
	out = analyse(few, n, &w);
	assert_false(out.resumed);
}

static void duplicates_and_order(void **state)
{
	struct trace_record r[] = {{0, 1}, {2, 2}, {1, 3}, {2, 4}, {3, 5}, {0, 6}, {5, 7}, {4, 8}};
	struct trace_window w = {0, 6, 0, 10};
	struct trace_result out = analyse(r, 8, &w);

	assert_int_equal(out.received, 6);
	assert_int_equal(out.duplicated, 2);
	assert_int_equal(
		out.reordered, 2); /* 1 after 2, 4 after 5; a duplicate is not out of order */
	assert_int_equal(out.lost, 0);
}

static void foreign_numbers_are_arrivals_only(void **state)
{
	/* Sent before the window, arrived in it: no gap. Sent in it, arrived after its end: not
	 * lost. */
	struct trace_record r[] = {{8, 20 * MS}, {9, 40 * MS}, {10, 60 * MS}, {11, 80 * MS},
		{12, 130 * MS}, {13, 140 * MS}};
	struct trace_window w = {10, 13, 0, 100 * MS};
	struct trace_result out = analyse(r, 6, &w);

	assert_int_equal(out.sent, 3);
	assert_int_equal(out.lost, 0);
	assert_int_equal(out.gap_ns, 20 * MS);
}

static void time_running_back_is_no_gap(void **state)
{
	struct trace_record r[] = {{0, 10 * MS}, {1, 30 * MS}, {2, 5 * MS}, {3, 35 * MS}};
	struct trace_window w = {0, 4, 0, 40 * MS};

	assert_int_equal(analyse(r, 4, &w).gap_ns, 20 * MS);
}

static void gaps_that_count_together(void **state)
{
	struct trace_record r[] = {{0, TRACE_GAP_NS}, {1, 2 * TRACE_GAP_NS - 1}, {2, 50 * MS}};
	struct trace_window w = {0, 3, 0, 50 * MS + 1};

	assert_int_equal(analyse(r, 3, &w).gaps_ns, 50 * MS - TRACE_GAP_NS + 1);
}

static void empty_window(void **state)
{
	struct trace_window w = {7, 7, 5, 5};
	struct trace_result out = analyse(NULL, 0, &w);

	assert_int_equal(out.sent, 0);
	assert_int_equal(out.lost, 0);
	assert_int_equal(out.gap_ns, 0);
	assert_false(out.resumed);
}

static void two_adapters_as_one(void **state)
{
	struct trace_result a = {10, 9, 1, 2, 3, 50, 7, 80, true},
			    b = {20, 18, 2, 1, 1, 60, 9, 70, false};

	trace_merge(&a, &b);
	assert_int_equal(a.sent, 30);
	assert_int_equal(a.received, 27);
	assert_int_equal(a.lost, 3);
	assert_int_equal(a.duplicated, 3);
	assert_int_equal(a.reordered, 4);
	assert_int_equal(a.gap_ns, 60);
	assert_int_equal(a.gap_begin_ns, 9);
	assert_int_equal(a.gaps_ns, 80);
	assert_false(a.resumed);
}

static void medians(void **state)
{
	int64_t odd[] = {9, 1, 5}, even[] = {8, 2, 4, 100}, one[] = {3};

	assert_int_equal(trace_median(odd, 3), 5);
	assert_int_equal(trace_median(even, 4), 6);
	assert_int_equal(trace_median(one, 1), 3);
	assert_int_equal(trace_median(NULL, 0), 0);
	assert_int_equal(trace_worst(even, 4), 100);
	assert_int_equal(trace_worst(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_wrong),
		cmocka_unit_test(hole_is_gap_and_loss),
		cmocka_unit_test(delayed_is_gap_without_loss),
		cmocka_unit_test(never_resumed),
		cmocka_unit_test(never_began),
		cmocka_unit_test(a_trickle_is_not_resumption),
		cmocka_unit_test(duplicates_and_order),
		cmocka_unit_test(foreign_numbers_are_arrivals_only),
		cmocka_unit_test(time_running_back_is_no_gap),
		cmocka_unit_test(gaps_that_count_together),
		cmocka_unit_test(empty_window),
		cmocka_unit_test(two_adapters_as_one),
		cmocka_unit_test(medians),
	};

	return cmocka_run_group_tests_name("ha/drill/trace", tests, NULL, NULL);
}
