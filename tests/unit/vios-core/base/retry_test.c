/* SPDX-License-Identifier: BSD-3-Clause */
/* retry_test.c - waits grow, end early, begin anew when they should. One thread, one loop. */
#include "vios-core/base/retry.h"

#include "vios-core/base/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct world {
	sd_event *ev;
	struct retry retry;
	unsigned tried;
	bool again; /* each attempt asks for the next */
} w;

static void attempt(void *user)
{
	struct world *world = user;

	assert_false(world->retry.armed);
	world->tried++;
	if (world->again)
		retry_later(&world->retry);
}

static int set_up(void **state)
{
	w = (struct world){0};
	if (sd_event_new(&w.ev) < 0)
		return -1;
	retry_init(&w.retry, w.ev, attempt, &w);
	return 0;
}

static int tear_down(void **state)
{
	retry_fini(&w.retry);
	retry_fini(&w.retry);
	sd_event_unref(w.ev);
	return 0;
}

static void run_ms(unsigned ms)
{
	const uint64_t end_ns = loop_now_ns() + ms * UINT64_C(1000000);

	while (loop_now_ns() < end_ns)
		sd_event_run(w.ev, 2000);
	while (sd_event_run(w.ev, 0) > 0) /* what is due, if nobody got to run meanwhile */
		;
}

static void run_until_tried(unsigned n)
{
	const uint64_t end_ns = loop_now_ns() + UINT64_C(60000000000);

	while (w.tried < n && loop_now_ns() < end_ns)
		sd_event_run(w.ev, 2000);
}

static void it_waits_longer_and_longer(void **state)
{
	uint64_t began_ns;
	unsigned last = 0;

	w.again = true;
	retry_later(&w.retry);
	assert_true(w.retry.armed);
	began_ns = loop_now_ns();
	run_until_tried(5); /* at 0, 20, 60, 140, 300 ms */
	assert_int_equal(w.tried, 5);
	assert_true(loop_now_ns() - began_ns >= UINT64_C(290000000));
	for (int i = 0; i < 12; i++) {
		assert_true(w.retry.wait_ms >= last && w.retry.wait_ms <= RETRY_MAX_MS);
		last = w.retry.wait_ms;
		retry_later(&w.retry);
	}
	assert_int_equal(last, RETRY_MAX_MS);
	retry_anew(&w.retry);
	retry_later(&w.retry);
	assert_int_equal(w.retry.wait_ms, RETRY_MIN_MS);
}

static void a_wait_ends_early(void **state)
{
	retry_soon(&w.retry);
	run_ms(20);
	assert_int_equal(w.tried, 0); /* nothing was armed */
	w.retry.wait_ms = RETRY_MAX_MS;
	retry_later(&w.retry);
	retry_soon(&w.retry);
	run_ms(50);
	assert_int_equal(w.tried, 1);
	assert_int_equal(w.retry.wait_ms, 0);
	retry_later(&w.retry);
	retry_stop(&w.retry);
	assert_false(w.retry.armed);
	run_ms(20);
	assert_int_equal(w.tried, 1);
}

/* How the waits stand after it was fit for ms, and ended. */
static unsigned after(unsigned ms, bool failed)
{
	w.retry.wait_ms = 320;
	retry_judge(&w.retry, true, false, false);
	w.retry.fit_since_ns -= ms * UINT64_C(1000000);
	retry_judge(&w.retry, true, false, false);
	retry_judge(&w.retry, false, failed, false);
	assert_int_equal(w.retry.wait_ms, 320); /* not before it is over */
	retry_judge(&w.retry, false, false, true);
	return w.retry.wait_ms;
}

static void what_fails_at_once_is_tried_more_seldom(void **state)
{
	assert_int_equal(after(0, true), 320);
	assert_int_equal(after(0, false), 0);
	assert_int_equal(after(RETRY_FIT_MS / 2, true), 320);
	assert_int_equal(after(RETRY_FIT_MS, true), 0);
	/* Never fit: nothing to begin anew for. */
	w.retry.wait_ms = 320;
	retry_judge(&w.retry, false, false, true);
	assert_int_equal(w.retry.wait_ms, 320);
	/* A failure from before does not count twice. */
	assert_int_equal(after(0, true), 320);
	assert_int_equal(after(0, false), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_waits_longer_and_longer),
		TEST(a_wait_ends_early),
		TEST(what_fails_at_once_is_tried_more_seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
