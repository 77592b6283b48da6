/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_note_fuzz.c - any bytes as what a viosd tells a mux of its client. What is accepted is
 * within the limits that the mux relies on, and arrives as the same again when it is sent on.
 */
#include <assert.h>
#include <string.h>

#include "vios-core/model/client_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct model_frame frame = {
	.n_vios = 2, .vios = {{.name = "vios1"}, {.name = "vios2"}}};

static void check(const struct client_note *note)
{
	static struct client_note again;
	static struct model_faults faults;
	const struct model_client *c = &note->client;
	json_t *value = client_note_json(note->epoch, note->version, note->present ? c : NULL);

	assert(client_note_parse(value, &frame, "lpar1", &again, &faults) == 0);
	assert(memcmp(note, &again, sizeof(again)) == 0);
	json_decref(value);
	assert(!note->present || strcmp(c->name, "lpar1") == 0);
	assert(c->n_adapters <= MODEL_ADAPTERS_MAX);
	for (size_t i = 0; i < c->n_adapters; i++) {
		const struct model_adapter *a = &c->adapters[i];

		assert(a->id != 0 && model_name_valid(a->name));
		assert(a->profile.queue_pairs >= 1 &&
			a->profile.queue_pairs <= MODEL_QUEUE_PAIRS_MAX);
		assert(!a->preferred[0] || model_frame_vios(&frame, a->preferred));
		for (size_t j = 0; j < i; j++)
			assert(c->adapters[j].id != a->id &&
				strcmp(c->adapters[j].name, a->name) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct client_note note;
	static struct model_faults faults;
	json_t *value = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);

	if (value && client_note_parse(value, &frame, "lpar1", &note, &faults) == 0)
		check(&note);
	else if (value)
		assert(faults.n > 0);
	json_decref(value);
	return 0;
}
