/* SPDX-License-Identifier: BSD-3-Clause */
/* path_state_test.c - the words for path states: each has one, and is found by it alone. */
#include "vios-core/model/path_state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_state_has_its_word(void **state)
{
	for (enum model_path_state s = 0; s < MODEL_PATH_STATES; s++) {
		enum model_path_state found = MODEL_PATH_STATES;

		assert_non_null(model_path_state_name(s));
		assert_int_equal(model_path_state_parse(model_path_state_name(s), &found), 0);
		assert_int_equal(found, s);
	}
	assert_string_equal(
		model_path_state_name(MODEL_PATH_NON_OPTIMIZED), "active/non-optimized");
}

static void other_words_are_refused(void **state)
{
	const char *const wrong[] = {"", "active", "Standby", "standby ", "active/optimized2"};
	enum model_path_state found = MODEL_PATH_STANDBY;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(model_path_state_parse(wrong[i], &found), -EINVAL);
	assert_int_equal(found, MODEL_PATH_STANDBY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_has_its_word),
		cmocka_unit_test(other_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
