/* SPDX-License-Identifier: BSD-3-Clause */
/* path_watch_test.c - a path fails, heals, is held, fails again, on virtual time. */
#include "storage/path_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

static const struct path_probe good = {true, true}, bad = {false, false}, block_bad = {false, true};

static void the_table(void **state)
{
	static const enum path_life wanted[PATH_LIVES][PATH_EVENTS] = {
		[PATH_ENABLED] = {PATH_FAILED, PATH_ENABLED, PATH_ENABLED, PATH_ENABLED},
		[PATH_FAILED] = {PATH_FAILED, PATH_FAILED, PATH_RECOVERING, PATH_ENABLED},
		[PATH_RECOVERING] = {PATH_FAILED, PATH_FAILED, PATH_RECOVERING, PATH_ENABLED},
	};

	for (int life = 0; life < PATH_LIVES; life++)
		for (int event = 0; event < PATH_EVENTS; event++)
			assert_int_equal(
				path_watch_next((enum path_life)life, (enum path_event)event),
				wanted[life][event]);
}

static void it_heals_after_the_hold_time(void **state)
{
	struct path_watch w = {0};

	assert_int_equal(path_watch_next_ns(&w), UINT64_MAX);
	assert_true(path_watch_failed(&w, 5 * S, 10 * S));
	assert_int_equal(w.life, PATH_FAILED);
	assert_int_equal(path_watch_next_ns(&w), 6 * S);
	assert_false(path_watch_failed(&w, 5 * S, 10 * S)); /* no news */
	assert_false(path_watch_probed(&w, &bad, 6 * S));
	assert_true(path_watch_probed(&w, &good, 7 * S));
	assert_int_equal(w.life, PATH_RECOVERING);
	assert_false(path_watch_probed(&w, &good, 16 * S));
	assert_true(path_watch_probed(&w, &good, 17 * S));
	assert_int_equal(w.life, PATH_ENABLED);
	assert_int_equal(path_watch_next_ns(&w), UINT64_MAX);
	/* a probe that was under way */
	assert_false(path_watch_probed(&w, &bad, 18 * S));
	assert_int_equal(w.life, PATH_ENABLED);
}

static void a_relapse_begins_anew(void **state)
{
	struct path_watch w = {0};

	path_watch_failed(&w, 0, 10 * S);
	path_watch_probed(&w, &good, S);
	assert_true(path_watch_probed(&w, &bad, 10 * S));
	assert_int_equal(w.life, PATH_FAILED);
	path_watch_probed(&w, &good, 11 * S);
	assert_false(path_watch_probed(&w, &good, 20 * S));
	assert_true(path_watch_probed(&w, &good, 21 * S));
	assert_int_equal(w.life, PATH_ENABLED);
}

static void without_a_hold_time_the_first_probe_counts(void **state)
{
	struct path_watch w = {0};

	path_watch_failed(&w, S, 0);
	assert_int_equal(path_watch_next_ns(&w), S + S / 10);
	assert_true(path_watch_probed(&w, &good, 2 * S));
	assert_int_equal(w.life, PATH_ENABLED);
}

/* Fails at `at`, is well at once; until when is it held? */
static uint64_t held_ns(struct path_watch *w, uint64_t at)
{
	uint64_t now = at;

	path_watch_failed(w, at, S);
	path_watch_probed(w, &good, now);
	while (w->life != PATH_ENABLED)
		path_watch_probed(w, &good, now += S / 10);
	return now - at;
}

static void one_that_fails_again_and_again_is_held_longer(void **state)
{
	struct path_watch w = {0};
	uint64_t now = 1000 * S;
	static const unsigned want[] = {1, 2, 4, 8, 16, 16};

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		uint64_t held = held_ns(&w, now);

		assert_int_equal(held, want[i] * S);
		now += held + S;
	}
	assert_int_equal(held_ns(&w, now + 1000 * S), S); /* forgotten */
}

static void a_bad_block_is_no_bad_path(void **state)
{
	struct path_watch w = {0};

	/* the other path reads the block: this one's fault */
	path_watch_failed(&w, 0, S);
	assert_false(path_watch_probed(&w, &block_bad, S));
	assert_int_equal(w.life, PATH_FAILED);
	/* it does not either: the medium's */
	path_watch_all_failed(&w);
	assert_true(path_watch_probed(&w, &block_bad, 2 * S));
	assert_true(path_watch_probed(&w, &block_bad, 3 * S));
	assert_int_equal(w.life, PATH_ENABLED);
	/* which says nothing of the next time, nor of a path that is well */
	path_watch_all_failed(&w);
	path_watch_failed(&w, 4 * S, S);
	assert_false(w.of_medium);
	assert_false(path_watch_probed(&w, &block_bad, 5 * S));
	/* all paths to all blocks */
	path_watch_all_failed(&w);
	assert_false(path_watch_probed(&w, &bad, 6 * S));
}

static void probes_are_neither_rare_nor_a_load(void **state)
{
	struct path_watch w = {0};

	path_watch_failed(&w, 0, 3600 * S);
	assert_int_equal(path_watch_next_ns(&w), S);
	w = (struct path_watch){0};
	path_watch_failed(&w, 0, S);
	assert_int_equal(path_watch_next_ns(&w), S / 4);
}

static void names(void **state)
{
	assert_string_equal(path_life_name(PATH_ENABLED), "enabled");
	assert_string_equal(path_life_name(PATH_FAILED), "failed");
	assert_string_equal(path_life_name(PATH_RECOVERING), "recovering");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(it_heals_after_the_hold_time),
		cmocka_unit_test(a_relapse_begins_anew),
		cmocka_unit_test(without_a_hold_time_the_first_probe_counts),
		cmocka_unit_test(one_that_fails_again_and_again_is_held_longer),
		cmocka_unit_test(a_bad_block_is_no_bad_path),
		cmocka_unit_test(probes_are_neither_rare_nor_a_load),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
