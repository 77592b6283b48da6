// SPDX-License-Identifier: BSD-3-Clause
/* store_text_test.c - a state file is what was written, or refused: cut at every byte, every bit
 * turned. */
#include "ha/cluster/store_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "{\"format\":1}";

static struct replica_record example(bool intent)
{
	struct replica_record record = {
		.stamp = {.epoch = 3, .version = 17, .done = {{UINT64_MAX, 12}, {0, UINT64_MAX}}},
		.intent = intent,
		.text = (char *)text,
		.text_bytes = sizeof(text) - 1,
	};

	stamp_digest(text, sizeof(text) - 1, record.stamp.digest);
	if (intent)
		record.base = (struct stamp){.epoch = 2, .version = 16, .digest = {1, 2, 0xff}};
	record.changed.n = 2;
	record.changed.id[0] = 7;
	record.changed.id[1] = UINT32_MAX;
	return record;
}

static size_t file(const struct replica_record *record, char *out)
{
	size_t n = store_text_header(record, out);

	memcpy(out + n, record->text, record->text_bytes);
	return n + record->text_bytes;
}

static int read_copy(const char *bytes, size_t n, struct replica_record *record)
{
	char *copy = malloc(n ? n : 1);
	const char *why = NULL;

	memcpy(copy, bytes, n);
	int r = store_text_read(copy, n, record, &why);
	assert_true(r == 0 || why);
	free(copy);
	return r;
}

static void check_round_trip(const struct replica_record *record)
{
	char bytes[2 * STORE_HEADER_MAX];
	struct replica_record again;
	const char *why;
	size_t n = file(record, bytes);

	assert_int_equal(store_text_read(bytes, n, &again, &why), 0);
	assert_memory_equal(again.text, text, record->text_bytes);
	again.text = record->text;
	assert_memory_equal(&again, record, sizeof(again));
}

static void test_round_trip(void **state)
{
	struct replica_record record = example(false), intent = example(true);

	check_round_trip(&record);
	check_round_trip(&intent);
	record.changed = (struct stamp_ids){0};
	check_round_trip(&record);
	record.changed.all = true;
	check_round_trip(&record);
	record.changed = (struct stamp_ids){.n = STAMP_IDS};
	for (uint32_t i = 0; i < STAMP_IDS; i++)
		record.changed.id[i] = UINT32_MAX;
	check_round_trip(&record);
}

static void test_cut(void **state)
{
	struct replica_record record = example(true), again;
	char bytes[2 * STORE_HEADER_MAX];
	size_t n = file(&record, bytes);

	for (size_t cut = 0; cut < n; cut++)
		assert_true(read_copy(bytes, cut, &again) < 0);
	bytes[n] = 0;
	assert_true(read_copy(bytes, n + 1, &again) < 0);
}

static void test_flipped(void **state)
{
	struct replica_record record = example(true), again;
	char bytes[2 * STORE_HEADER_MAX];
	size_t n = file(&record, bytes);

	for (size_t bit = 0; bit < 8 * n; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		assert_true(read_copy(bytes, n, &again) < 0);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(read_copy(bytes, n, &again), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
