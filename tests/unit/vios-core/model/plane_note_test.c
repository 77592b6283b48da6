/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_note_test.c - what is said of a data plane, read and written. */
#include "vios-core/model/plane_note.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, struct plane_note *out, json_t **value)
{
	*value = json_loads(text, 0, NULL);
	assert_non_null(*value);
	return plane_note_parse(*value, out);
}

static void a_death_names_whose_it_is(void **state)
{
	struct plane_note note;
	json_t *value;

	assert_int_equal(parse("{\"vios\": \"vios1\", \"plane\": \"netd\", \"incarnation\": "
			       "\"00000000000000a1\"}",
				 &note, &value),
		0);
	assert_string_equal(note.vios, "vios1");
	assert_null(note.adapter);
	assert_int_equal(note.incarnation, 0xa1);
	assert_false(note.configured);
	json_decref(value);
	assert_int_equal(parse("{\"vios\": \"vios2\", \"plane\": \"scsid:lpar1/scsi0\", "
			       "\"incarnation\": \"00000000000000a2\"}",
				 &note, &value),
		0);
	assert_string_equal(note.adapter, "lpar1/scsi0");
	json_decref(value);
}

static void a_scsid_says_hello(void **state)
{
	struct plane_note note;
	json_t *value;

	assert_int_equal(parse("{\"vios\": \"vios2\", \"plane\": \"scsid\", \"adapter\": "
			       "\"lpar1/scsi1\", \"configured\": true, \"incarnation\": "
			       "\"00000000000000a2\"}",
				 &note, &value),
		0);
	assert_string_equal(note.adapter, "lpar1/scsi1");
	assert_true(note.configured);
	json_decref(value);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"vios\": \"v\", \"plane\": \"netd\"}",
		"{\"vios\": \"v\", \"plane\": \"netd\", \"incarnation\": \"0000000000000000\"}",
		"{\"plane\": \"netd\", \"incarnation\": \"00000000000000a1\"}",
		"{\"vios\": \"v\", \"incarnation\": \"00000000000000a1\"}",
		"{\"vios\": \"v\", \"plane\": \"netd2\", \"incarnation\": \"00000000000000a1\"}",
		"{\"vios\": \"v\", \"plane\": \"scsid\", \"incarnation\": \"00000000000000a1\"}",
		("{\"vios\": \"v\", \"plane\": \"scsids\", \"adapter\": \"a/b\", \"incarnation\": "
		 "\"00000000000000a1\"}"),
		"{\"vios\": 1, \"plane\": \"netd\", \"incarnation\": \"00000000000000a1\"}",
	};
	struct plane_note note = {.vios = "before"};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *value;

		assert_int_equal(parse(bad[i], &note, &value), -EINVAL);
		assert_string_equal(note.vios, "before");
		json_decref(value);
	}
}

static void what_is_written_is_read(void **state)
{
	const struct plane_note note = {"vios1", "lpar1/scsi0", 0xb1, false};
	json_t *value = plane_note_json(&note, "hangs");
	struct plane_note again;

	assert_int_equal(plane_note_parse(value, &again), 0);
	assert_string_equal(again.adapter, "lpar1/scsi0");
	assert_int_equal(again.incarnation, 0xb1);
	assert_string_equal(
		json_string_value(json_object_get(value, "plane")), "scsid:lpar1/scsi0");
	assert_string_equal(json_string_value(json_object_get(value, "reason")), "hangs");
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_death_names_whose_it_is),
		cmocka_unit_test(a_scsid_says_hello),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
