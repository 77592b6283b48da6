/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair_apply_fuzz.c - any bytes as the text of a change, or, behind a first byte 's', of a state.
 * Both VIOS must make the same of it: one that has worked with the state before, and one that reads
 * it anew; and what they make can be lived by.
 */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/config_dice.h"
#include "vios-core/daemon/pair_apply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char good[] = "{\"ops\":[{\"op\":\"add\",\"kind\":\"client\",\"name\":\"z\"},"
			   "{\"op\":\"add\",\"kind\":\"veth\",\"attrs\":{\"client\":\"z\"}}]}";
static char *start;
static size_t start_bytes;

static void clear(struct replica_applied *applied)
{
	free(applied->text);
	free(applied->result);
}

static void check(struct pair_apply *pa, const struct replica_applied *applied)
{
	json_t *result = json_loads(applied->result, 0, NULL);
	json_t *faults = json_object_get(result, "faults");

	assert(result);
	assert((applied->verdict == REPLICA_CHANGED) == (applied->text != NULL));
	assert((applied->verdict == REPLICA_FAULTY) == (json_array_size(faults) > 0));
	assert(!applied->changed.all || applied->changed.n == 0);
	assert(applied->changed.n <= STAMP_IDS);
	if (applied->verdict != REPLICA_FAULTY)
		assert(json_is_true(json_object_get(result, "changed")) ==
			(applied->verdict == REPLICA_CHANGED));
	if (applied->text)
		assert(pair_apply_valid(applied->text, applied->text_bytes, pa));
	json_decref(result);
}

static void compare(const struct replica_applied *a, const struct replica_applied *b)
{
	assert(a->verdict == b->verdict && a->text_bytes == b->text_bytes);
	assert(!a->text || memcmp(a->text, b->text, a->text_bytes) == 0);
	assert(strcmp(a->result, b->result) == 0);
	assert(memcmp(&a->changed, &b->changed, sizeof(a->changed)) == 0);
}

static void apply(const char *state, size_t state_bytes, const char *change, size_t change_bytes)
{
	struct pair_apply used = {0}, fresh = {0};
	struct replica_applied first, again, anew;

	assert(pair_apply(state, state_bytes, change, change_bytes, &first, &used) == 0);
	assert(pair_apply(state, state_bytes, change, change_bytes, &again, &used) == 0);
	assert(pair_apply(state, state_bytes, change, change_bytes, &anew, &fresh) == 0);
	compare(&first, &again);
	compare(&first, &anew);
	check(&used, &first);
	clear(&first);
	clear(&again);
	clear(&anew);
	pair_apply_fini(&used);
	pair_apply_fini(&fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!start) {
		struct config *config = config_dice_start();

		start = config_text(config, &start_bytes);
		config_free(config);
	}
	/* A copy of exactly its size, so that a read beyond it is seen. */
	char *text = malloc(size ? size : 1);

	memcpy(text, data, size);
	if (size > 0 && text[0] == 's')
		apply(text + 1, size - 1, good, sizeof(good) - 1);
	else
		apply(start, start_bytes, text, size);
	free(text);
	return 0;
}
