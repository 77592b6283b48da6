/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * witness_answer_fuzz.c - any bytes as vios-framed's answer of its witness. What is taken keeps the
 * replica's limits, says what the answer says, and is asked for as the same again.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "vios-core/daemon/witness_talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ids(const json_t *told, const struct stamp_ids *ids)
{
	const char *word = json_string_value(told);

	assert(ids->all || ids->n == json_array_size(told));
	assert(!ids->all || ids->n == 0);
	assert(!ids->all || (word && strcmp(word, "all") == 0) ||
		json_array_size(told) > STAMP_IDS);
	for (uint32_t i = 0; i < ids->n; i++) {
		assert(ids->id[i] != 0);
		assert(ids->id[i] == (uint64_t)json_integer_value(json_array_get(told, i)));
	}
}

static void check(const json_t *answer, const struct replica_witness *w)
{
	const char *digest = json_string_value(json_object_get(answer, "digest"));
	const char *holder = json_string_value(json_object_get(answer, "holder"));

	assert(w->mark.epoch <= INT64_MAX && w->mark.version <= INT64_MAX);
	assert(strcmp(w->mark.digest, digest) == 0);
	assert(strcmp(w->holder, holder ? holder : "") == 0);
	check_ids(json_object_get(answer, "changed"), &w->changed);
}

/* What we would ask of it can be read back from what we ask. */
static void check_raise(const struct replica_witness *w)
{
	struct replica_action raise = {.expect = w->mark, .wanted = w->mark, .changed = w->changed};
	struct replica_witness again;
	json_t *params = witness_raise_params("vios1", &raise);

	json_object_set(params, "holder", json_object_get(params, "vios"));
	assert(witness_answer_read(params, &again) == 0);
	assert(memcmp(&again.mark, &w->mark, sizeof(again.mark)) == 0);
	assert(memcmp(&again.changed, &w->changed, sizeof(again.changed)) == 0);
	json_decref(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct replica_witness witness;
	json_t *answer = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	int r = witness_answer_read(answer, &witness);

	assert(r == 0 || r == -EBADMSG);
	if (r == 0) {
		check(answer, &witness);
		check_raise(&witness);
	}
	json_decref(answer);
	return 0;
}
