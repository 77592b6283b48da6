/* SPDX-License-Identifier: BSD-3-Clause */
/* incident_test.c - two VIOS that note things at random, with and without what they share; the text
 * of the file. One thread. */
#include "vios-core/daemon/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795798800000)

static const struct incident none;

static void one_begins_and_goes_on(void **state)
{
	struct incident first = incident_join(&none, &none, NOW), next;

	assert_int_equal(first.number, NOW / INCIDENT_MS);
	assert_int_equal(first.last_ms, NOW);
	next = incident_join(&first, &none, NOW + INCIDENT_MS);
	assert_int_equal(next.number, first.number);
	assert_int_equal(next.last_ms, NOW + INCIDENT_MS);
	next = incident_join(&next, &none, NOW + 2 * INCIDENT_MS + 1);
	assert_int_equal(next.number, first.number + 2);
}

/* Who looked at the clock first may come to the file second. */
static void a_moment_ahead_is_the_same_one(void **state)
{
	const struct incident shared = {7, NOW + 3};
	const struct incident joined = incident_join(&shared, &none, NOW);

	assert_int_equal(joined.number, 7);
	assert_int_equal(joined.last_ms, NOW + 3);
}

/* The file is lost, or cannot be written: each goes on with what it knows. */
static void ones_own_log_is_as_good(void **state)
{
	const struct incident own = {900, NOW - 5}, shared = {901, NOW - 5};

	assert_int_equal(incident_join(&none, &own, NOW).number, 900);
	assert_int_equal(incident_join(&shared, &own, NOW).number, 901);
}

static void a_clock_that_is_set_back_gives_no_number_again(void **state)
{
	const struct incident shared = {.number = NOW / INCIDENT_MS, .last_ms = NOW};

	assert_int_equal(incident_join(&shared, &none, NOW - 86400000).number, shared.number + 1);
	assert_int_equal(incident_join(&none, &shared, NOW - 86400000).number, shared.number + 1);
	assert_int_equal(incident_join(&none, &none, 0).number, 1); /* 0 is none */
}

static void numbers_stay_in_their_range(void **state)
{
	const struct incident last = {INCIDENT_MAX, NOW - INCIDENT_MS - 1};

	assert_int_equal(incident_join(&last, &none, NOW).number, 1);
}

/* Alone, together and again alone: what one notes within the pause has the other's number; no
 * number is given to what is not; what is forgotten over a reboot is not given again. */
static void two_agree(void **state)
{
	struct incident shared = none, own[2] = {none, none};
	uint64_t begun = 0;
	int64_t now_ms = NOW, last_ms = 0;

	srandom(7);
	for (unsigned i = 0; i < 20000; i++) {
		const unsigned side = (unsigned)random() % 2;
		const bool reboot = random() % 50 == 0;

		now_ms += random() % 3 ? random() % 2000 : random() % (3 * INCIDENT_MS);
		if (reboot) { /* what was in memory is gone, and one log with its disk */
			now_ms += INCIDENT_MS;
			shared = none;
			own[1] = none;
		}
		const struct incident joined = incident_join(&shared, &own[side], now_ms);
		if (last_ms && now_ms - last_ms <= INCIDENT_MS && !reboot)
			assert_int_equal(joined.number, begun);
		else
			assert_true(joined.number > begun);
		begun = joined.number;
		last_ms = now_ms;
		shared = own[side] = joined;
	}
}

static void its_text_is_read_again(void **state)
{
	static const struct incident some[] = {
		{1, 0}, {NOW / INCIDENT_MS, NOW}, {INCIDENT_MAX, INCIDENT_MAX}};
	char text[INCIDENT_TEXT];
	struct incident again;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		incident_format(&some[i], text);
		assert_int_equal(strlen(text), INCIDENT_BYTES);
		assert_int_equal(incident_parse(text, INCIDENT_BYTES, &again), 0);
		assert_int_equal(again.number, some[i].number);
		assert_int_equal(again.last_ms, some[i].last_ms);
		for (size_t n = 0; n <= INCIDENT_BYTES + 1; n++)
			if (n != INCIDENT_BYTES)
				assert_true(incident_parse(text, n, &again) < 0);
		for (size_t at = 0; at < INCIDENT_BYTES; at++) {
			char kept = text[at];

			text[at] = 'x';
			assert_true(incident_parse(text, INCIDENT_BYTES, &again) < 0);
			assert_int_equal(again.number, 0);
			text[at] = kept;
		}
	}
}

static void what_is_out_of_range_is_none(void **state)
{
	static const char *const bad[] = {"0000000000000000000 of 0000000000000000001 ms\n",
		"9999999999999999999 of 0000000000000000001 ms\n",
		"0000000000000000001 of 9999999999999999999 ms\n",
		"0004503599627370497 of 0000000000000000001 ms\n"};
	struct incident out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(incident_parse(bad[i], strlen(bad[i]), &out) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_begins_and_goes_on),
		cmocka_unit_test(a_moment_ahead_is_the_same_one),
		cmocka_unit_test(ones_own_log_is_as_good),
		cmocka_unit_test(a_clock_that_is_set_back_gives_no_number_again),
		cmocka_unit_test(numbers_stay_in_their_range),
		cmocka_unit_test(two_agree),
		cmocka_unit_test(its_text_is_read_again),
		cmocka_unit_test(what_is_out_of_range_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
