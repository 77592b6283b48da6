/* SPDX-License-Identifier: BSD-3-Clause */
/* witness_text_test.c - text, checksum and rules of the witness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "ha/frame/witness_text.h"

static const struct witness_mark zero = {0, 0, ""}, one = {1, 5, "ab"}, one_more = {1, 6, "cd"};
static const struct witness_ids none;

static void the_text_survives_and_is_short(void **state)
{
	struct witness w = {.mark = {7, 9, ""}, .holder = "vios1"}, back;
	char text[WITNESS_TEXT];
	const char *why;

	memset(w.mark.digest, 'f', WITNESS_DIGEST - 1);
	for (uint32_t i = 0; i < WITNESS_IDS; i++)
		witness_ids_add(&w.changed, UINT32_MAX - i);
	assert_int_equal(w.changed.n, WITNESS_IDS);
	assert_int_equal(witness_parse(text, witness_format(&w, text), &back, &why), 0);
	assert_memory_equal(&w, &back, sizeof(w));
}

static void every_flipped_bit_and_every_cut_is_seen(void **state)
{
	struct witness w = {.mark = one, .holder = "vios1", .changed = {.n = 2, .id = {7, 9}}},
		       back;
	char text[WITNESS_TEXT];
	const char *why;
	size_t len = witness_format(&w, text);

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(witness_parse(text, i, &back, &why), -EBADMSG);
		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			assert_int_equal(witness_parse(text, len, &back, &why), -EBADMSG);
			assert_non_null(why);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	}
	assert_int_equal(witness_parse(text, len, &back, &why), 0);
	text[len] = '\n';
	assert_int_equal(witness_parse(text, len + 1, &back, &why), -EBADMSG);
}

static void too_many_changes_mean_all(void **state)
{
	struct witness_ids ids = {0};

	for (uint32_t i = 1; i <= WITNESS_IDS; i++)
		witness_ids_add(&ids, i);
	witness_ids_add(&ids, 1);
	assert_false(ids.all);
	witness_ids_add(&ids, WITNESS_IDS + 1);
	assert_true(ids.all && ids.n == 0);
	witness_ids_add(&ids, 3);
	assert_int_equal(ids.n, 0);
}

static void only_from_the_mark_that_is_there(void **state)
{
	struct witness w = {.mark = one, .holder = "vios1"};
	struct witness_mark other = one;

	assert_int_equal(witness_raise(&w, "vios1", &zero, &one_more, &none, false), WITNESS_MOVED);
	other.digest[0] = 'f';
	assert_int_equal(
		witness_raise(&w, "vios1", &other, &one_more, &none, false), WITNESS_MOVED);
	assert_int_equal(witness_raise(&w, "vios1", &one, &one, &none, false), WITNESS_BACKWARD);
	assert_int_equal(witness_raise(&w, "vios1", &one, &zero, &none, false), WITNESS_BACKWARD);
	assert_string_equal(w.mark.digest, "ab");
	assert_int_equal(witness_raise(&w, "vios1", &one, &one_more, &none, false), WITNESS_RAISED);
	assert_int_equal(w.mark.version, 6);
}

static void the_epoch_has_one_holder(void **state)
{
	struct witness w = {.mark = one, .holder = "vios1"};
	struct witness_mark higher = one_more;

	assert_int_equal(witness_raise(&w, "vios2", &one, &one_more, &none, false), WITNESS_HELD);
	higher.epoch = 2;
	assert_int_equal(witness_raise(&w, "vios2", &one, &higher, &none, false), WITNESS_RAISED);
	assert_string_equal(w.holder, "vios2");
	higher.version = 7;
	assert_int_equal(witness_raise(&w, "vios1", &w.mark, &higher, &none, false), WITNESS_HELD);
}

static void in_step_begins_anew(void **state)
{
	struct witness w = {.mark = one, .holder = "vios1", .changed = {.n = 1, .id = {7}}};
	struct witness_ids more = {.n = 1, .id = {9}};

	assert_int_equal(witness_raise(&w, "vios1", &one, &one_more, &more, false), WITNESS_RAISED);
	assert_int_equal(w.changed.n, 2);
	assert_int_equal(
		witness_raise(&w, "vios2", &one_more, &one_more, &none, true), WITNESS_RAISED);
	assert_int_equal(w.changed.n, 0);
	assert_string_equal(w.holder, "");
	assert_int_equal(
		witness_raise(&w, "vios1", &one_more, &one_more, &none, false), WITNESS_BACKWARD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_survives_and_is_short),
		cmocka_unit_test(every_flipped_bit_and_every_cut_is_seen),
		cmocka_unit_test(too_many_changes_mean_all),
		cmocka_unit_test(only_from_the_mark_that_is_there),
		cmocka_unit_test(the_epoch_has_one_holder),
		cmocka_unit_test(in_step_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
