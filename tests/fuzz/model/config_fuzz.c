/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_fuzz.c - any bytes as a state, as a change of a good state, and as dice for many changes.
 * The first byte chooses. What is accepted must keep every promise of tests/lib/config_dice.c.
 */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/config_dice.h"
#include "vios-core/model/config_frame.h"

#define CHANGES_MAX 24 /* each is checked in many ways; more of them find less in the same time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_state(const char *text, size_t size)
{
	static struct model_faults faults;
	struct config *config = NULL, *again = NULL;
	struct model_frame *frame;
	char *canonical;
	size_t len;

	if (config_parse(text, size, &config, &faults) != 0) {
		assert(faults.n > 0 && config == NULL);
		json_decref(config_faults_json(&faults));
		return;
	}
	canonical = config_text(config, &len);
	assert(config_parse(canonical, len, &again, &faults) == 0);
	assert(config_to_frame(config, &frame) == 0 && frame->n_clients == config->n_client);
	model_frame_free(frame);
	free(canonical);
	config_free(config);
	config_free(again);
}

static void fuzz_change(const char *text, size_t size)
{
	json_t *change = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	struct config *config = config_dice_start();

	if (change != NULL)
		config_dice_step(&config, change);
	json_decref(change);
	config_free(config);
}

static void fuzz_history(const uint8_t *data, size_t size)
{
	struct config_dice dice = {.bytes = data, .n_bytes = size};
	struct config *config = config_dice_start();

	for (unsigned i = 0; i < CHANGES_MAX && dice.n_bytes > 0; i++) {
		json_t *change = config_dice_change(&dice);

		config_dice_step(&config, change);
		json_decref(change);
	}
	config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 65536)
		return 0;
	if (data[0] == '{' || data[0] == ' ')
		fuzz_state((const char *)data, size);
	else if (data[0] == 'c')
		fuzz_change((const char *)data + 1, size - 1);
	else
		fuzz_history(data + 1, size - 1);
	return 0;
}
