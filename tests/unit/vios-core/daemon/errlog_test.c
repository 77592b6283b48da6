/* SPDX-License-Identifier: BSD-3-Clause */
/* errlog_test.c - the ring of entries, what is asked of it, and lines that are damaged. One thread.
 */
#include "vios-core/daemon/errlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct errlog));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void add(struct errlog *log, unsigned n)
{
	char details[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(details, sizeof(details), "n=%u", i + 1);
		errlog_add(log, ERRLOG_NETD_DIED, 1000 + i, 5, "vios1", "netd", details);
	}
}

/* Checks that the entries first to last are given, and `next`. params: "" is none. */
static void expect(const struct errlog *log, const char *params, json_int_t first, json_int_t last,
	json_int_t next)
{
	json_t *asked = params[0] ? json_loads(params, 0, NULL) : NULL;
	const char *fault;
	json_t *answer = errlog_answer(log, asked, &fault), *entry;
	size_t i;

	assert_null(fault);
	assert_int_equal(json_array_size(json_object_get(answer, "entries")), last - first + 1);
	json_array_foreach(json_object_get(answer, "entries"), i, entry) assert_int_equal(
		json_integer_value(json_object_get(entry, "seq")), first + (json_int_t)i);
	assert_int_equal(json_integer_value(json_object_get(answer, "next")), next);
	json_decref(answer);
	json_decref(asked);
}

static void an_entry_says_what_happened(void **state)
{
	const struct errlog_entry *e =
		errlog_add(*state, ERRLOG_LINK_DOWN, 5, 5, "vios1", "ent0", "name=ent0 link=down");

	assert_int_equal(e->seq, 1);
	assert_string_equal(e->label, "VIOS_SEA_ADAP_FAIL");
	assert_int_equal(e->class, 'H');
	assert_string_equal(e->resource, "ent0");
	assert_string_equal(e->text, "adapter link down: name=ent0 link=down");
	e = errlog_add(*state, ERRLOG_LINK_UP, 6, 5, "vios1", "ent0", "");
	assert_string_equal(e->text, "adapter link up");
}

/* Each kind has words of its own that fit. */
static void every_kind_has_words(void **state)
{
	for (unsigned i = 0; i < ERRLOG_N_KINDS; i++) {
		const struct errlog_words *w = errlog_words(i);

		assert_non_null(w->label);
		assert_true(strlen(w->label) < ERRLOG_LABEL && strlen(w->label) <= 20);
		assert_true(w->class == 'H' || w->class == 'S' || w->class == 'O');
		assert_true(w->type < ERRLOG_N_TYPES);
		assert_true(strlen(w->description) < ERRLOG_TEXT / 2);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(w->label, errlog_words(j)->label);
	}
}

static void pages_follow_each_other(void **state)
{
	expect(*state, "", 1, 0, 1);
	add(*state, 10);
	expect(*state, "", 1, 10, 11);
	expect(*state, "{\"limit\": 3}", 8, 10, 11);
	expect(*state, "{\"since\": 0, \"limit\": 4}", 1, 4, 5);
	expect(*state, "{\"since\": 5, \"limit\": 4}", 5, 8, 9);
	expect(*state, "{\"since\": 9, \"limit\": 4}", 9, 10, 11);
	expect(*state, "{\"since\": 11}", 11, 10, 11);
	expect(*state, "{\"since\": 9000}", 11, 10, 11);
}

static void the_oldest_go(void **state)
{
	add(*state, ERRLOG_MAX + 5);
	expect(*state, "", 6, ERRLOG_MAX + 5, ERRLOG_MAX + 6);
	expect(*state, "{\"since\": 0, \"limit\": 2}", 6, 7, 8);
	expect(*state, "{\"since\": 3, \"limit\": 2}", 6, 7, 8);
}

static void wrong_questions_are_refused(void **state)
{
	static const char *const wrong[] = {"{\"since\": -1}", "{\"since\": \"1\"}",
		"{\"since\": 1.5}", "{\"limit\": 0}", "{\"limit\": 1025}", "{\"limit\": []}"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *params = json_loads(wrong[i], 0, NULL);
		const char *fault;

		assert_null(errlog_answer(*state, params, &fault));
		assert_non_null(fault);
		json_decref(params);
	}
}

/* Terminals show it; whoever made it may have sent anything, of any length. */
static void what_is_kept_is_printable_and_fits(void **state)
{
	char details[2000], line[ERRLOG_LINE + 1];
	const struct errlog_entry *e;
	struct errlog_entry again;
	size_t n;

	memset(details, '"', sizeof(details) - 1);
	details[sizeof(details) - 1] = '\0';
	memcpy(details, "\x1b[2J\xff\n", 6);
	e = errlog_add(*state, ERRLOG_QUARANTINED, INT64_MAX - 1, INCIDENT_MAX,
		"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"", details, details);
	for (const char *c = e->text; *c; c++)
		assert_in_range(*c, 0x20, 0x7e);
	json_t *object = errlog_entry_json(e);
	n = json_dumpb(object, line, ERRLOG_LINE, JSON_COMPACT);
	json_decref(object);
	assert_in_range(n, 1, ERRLOG_LINE);
	assert_int_equal(errlog_line_read(line, n, &again), 0);
	assert_memory_equal(&again, e, sizeof(again));
}

#define LINE(seq, class, type, rest)                                                               \
	"{\"seq\":" seq                                                                            \
	",\"time_ms\":1,\"vios\":\"vios1\",\"label\":\"X\",\"class\":\"" class "\",\"type\":"      \
									       "\"" type           \
									       "\",\"resource\":"  \
									       "\"netd\","         \
									       "\"text\":"         \
									       "\"t\"" rest "}"

/* What the next entry may be of is that of the newest one, also of one that was read. */
static void the_newest_incident_is_known(void **state)
{
	struct errlog *log = *state;
	struct errlog_entry kept;

	assert_int_equal(errlog_incident(log).number, 0);
	kept = *errlog_add(log, ERRLOG_LINK_UP, 1000, 41, "vios1", "ent0", "");
	errlog_add(log, ERRLOG_LINK_UP, 2000, 42, "vios1", "ent0", "");
	assert_int_equal(kept.incident, 41);
	assert_int_equal(errlog_incident(log).number, 42);
	assert_int_equal(errlog_incident(log).last_ms, 2000);
	memset(log, 0, sizeof(*log));
	assert_int_equal(errlog_restore(log, "vios1", &kept), 0);
	assert_int_equal(errlog_incident(log).number, 41);
	add(log, ERRLOG_MAX);
	assert_int_equal(errlog_incident(log).number, 5);
}

static void damaged_lines_are_refused(void **state)
{
	static const char *const bad[] = {"", "{}", "[]", "null", "{\"seq\":1",
		LINE("0", "S", "PERM", ""), LINE("-1", "S", "PERM", ""),
		LINE("\"1\"", "S", "PERM", ""), LINE("1", "", "PERM", ""),
		LINE("1", "X", "PERM", ""), LINE("1", "SS", "PERM", ""), LINE("1", "S", "perm", ""),
		LINE("1", "S", "PERM", ",\"text\":\"twice\""),
		LINE("1", "S", "PERM", ",\"incident\":0"),
		LINE("1", "S", "PERM", ",\"incident\":4503599627370497"),
		LINE("1", "S", "PERM", ",\"incident\":\"1\""),
		LINE("9223372036854775807", "S", "PERM", ""),
		LINE("1", "S", "PERM", "") LINE("1", "S", "PERM", "")};
	const char *good = LINE("1", "S", "PERM", ",\"more\":[]");
	struct errlog_entry entry;
	char wide[ERRLOG_LINE + 2];

	assert_int_equal(errlog_line_read(good, strlen(good), &entry), 0);
	assert_int_equal(entry.incident, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (errlog_line_read(bad[i], strlen(bad[i]), &entry) == 0)
			fail_msg("taken: %s", bad[i]);
	for (size_t cut = 0; cut < strlen(good); cut++)
		assert_int_not_equal(errlog_line_read(good, cut, &entry), 0);
	memset(wide, ' ', sizeof(wide));
	memcpy(wide, good, strlen(good));
	assert_int_equal(errlog_line_read(wide, ERRLOG_LINE, &entry), 0);
	assert_int_not_equal(errlog_line_read(wide, ERRLOG_LINE + 1, &entry), 0);
}

static void numbers_go_on_after_a_restart(void **state)
{
	struct errlog_entry entry = {.seq = 7, .vios = "vios1", .class = 'S'};

	assert_int_equal(errlog_restore(*state, "vios1", &entry), 0);
	assert_int_not_equal(errlog_restore(*state, "vios1", &entry), 0); /* not later */
	entry.seq = 9;
	assert_int_not_equal(errlog_restore(*state, "vios2", &entry), 0); /* another's */
	assert_int_equal(errlog_restore(*state, "vios1", &entry), 0);
	assert_int_equal(errlog_add(*state, ERRLOG_NETD_UP, 1, 5, "vios1", "netd", "")->seq, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entry_says_what_happened, setup, teardown),
		cmocka_unit_test(every_kind_has_words),
		cmocka_unit_test_setup_teardown(pages_follow_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(the_oldest_go, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_questions_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_kept_is_printable_and_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(the_newest_incident_is_known, setup, teardown),
		cmocka_unit_test(damaged_lines_are_refused),
		cmocka_unit_test_setup_teardown(numbers_go_on_after_a_restart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
