/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mapping_fuzz.c - any bytes as what the other viosd asks or answers about devices. A question that
 * is taken is written and read again as the same; of an answer everything is printable.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/daemon/mapping_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void printable(const char *text)
{
	for (; *text; text++)
		assert(*text >= 0x20 && *text <= 0x7e);
}

static void again(const struct mapping_ask *ask)
{
	static struct mapping_ask other;
	uint64_t number;
	json_t *looks = NULL;
	char *text = mapping_ask_write("vios2", ask);

	for (size_t i = 0; i < ask->n; i++)
		assert(ask->list[i].path[0] == '/');
	/* a path may be of bytes that no JSON can hold: those never came out of one */
	assert(text);
	assert(mapping_read(text, strlen(text), "vios2", &other, &number, &looks) == MAPPING_ASK);
	assert(number == ask->number && memcmp(&other, ask, sizeof(other)) == 0);
	free(text);
}

static void judge(const json_t *list)
{
	struct config_backing b = {.name = "hdisk1",
		.n_paths = 2,
		.paths = {{"vios1", "/dev/a"}, {"vios2", "/dev/b"}}};
	struct mapping_look looks[2];
	char why[MAPPING_WHY_BYTES] = "";

	mapping_look_read(json_array_get(list, 0), &looks[0]);
	mapping_look_read(json_array_get(list, 1), &looks[1]);
	for (size_t i = 0; i < 2; i++) {
		printable(looks[i].fault);
		printable(looks[i].node);
		printable(looks[i].identity);
		printable(looks[i].wwid);
		assert(looks[i].fault[0] || !looks[i].told ||
			(looks[i].size_bytes > 0 && looks[i].block_bytes > 0));
	}
	if (mapping_judge(&b, looks, false, why)) {
		assert(looks[0].told && looks[1].told);
		assert(looks[0].size_bytes == looks[1].size_bytes);
		assert(strcmp(looks[0].node, looks[1].node) == 0 ||
			strcmp(looks[0].identity, looks[1].identity) == 0);
	} else {
		assert(why[0]);
		printable(why);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mapping_ask ask;
	char *text = malloc(size ? size : 1);
	json_t *looks = NULL;
	uint64_t number;

	memcpy(text, data, size);
	switch (mapping_read(text, size, "vios2", &ask, &number, &looks)) {
	case MAPPING_ASK:
		again(&ask);
		break;
	case MAPPING_ANSWER:
		assert(number > 0);
		judge(looks);
		break;
	case MAPPING_NONE:
		assert(!looks);
		break;
	}
	json_decref(looks);
	free(text);
	return 0;
}
