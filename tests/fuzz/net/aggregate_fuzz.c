/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aggregate_fuzz.c - an aggregation as `configure` brings it: whatever is taken is within its
 * bounds, no device is there twice, and its members come to rest in any state. The text's last
 * bytes are what is known of the members.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "net/aggregate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	assert(memchr(text, '\0', size) != NULL);
	assert(text[0] != '\0');
}

static void check_taken(const struct aggregate_config *config)
{
	assert(config->n >= 1 && config->n <= AGGREGATE_MEMBERS_MAX);
	assert(config->mode < AGGREGATE_MODES);
	for (unsigned i = 0; i < config->n; i++) {
		struct aggregate_config one = {.n = 1}, other = {.n = 1};

		check_text(config->member[i].name, sizeof(config->member[i].name));
		check_text(config->member[i].devargs, sizeof(config->member[i].devargs));
		one.member[0] = config->member[i];
		for (unsigned j = 0; j < i; j++) {
			other.member[0] = config->member[j];
			assert(strcmp(one.member[0].name, other.member[0].name) != 0);
			assert(!aggregate_shares(&one, "", &other, ""));
		}
	}
	assert(aggregate_equal(config, config));
}

static void check_rest(const struct aggregate_config *config, const uint8_t *known, size_t n)
{
	struct aggregate_view view[AGGREGATE_MEMBERS_MAX] = {0};
	struct aggregate_step step;
	bool well = false, wanted;

	for (unsigned i = 0; i < config->n; i++) {
		uint8_t bits = i < n ? known[i] : 3;

		view[i] = (struct aggregate_view){.found = bits & 1,
			.carrier = bits & 2,
			.in = bits & 4,
			.agreed = bits & 8,
			.active = bits & 4 && bits & 16};
		well |= view[i].found && view[i].carrier;
	}
	for (unsigned i = 0; i < 2 * AGGREGATE_MEMBERS_MAX; i++) {
		step = aggregate_step(config, view);
		for (unsigned m = 0; m < config->n; m++) /* the bond has looked */
			view[m].active |= view[m].in;
		if (step.comes < config->n)
			view[step.comes].in = true;
		if (step.goes < config->n)
			view[step.goes].in = view[step.goes].active = false;
	}
	assert(step.comes == AGGREGATE_NONE && step.goes == AGGREGATE_NONE);
	for (unsigned i = 0; well && i < config->n; i++) {
		wanted = view[i].found && view[i].carrier;
		assert(view[i].in == wanted);
	}
	assert((config->mode == AGGREGATE_ACTIVE_BACKUP && well) == (step.first < config->n));
	assert(config->mode == AGGREGATE_8023AD || aggregate_up(config, view) == well);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t known = size < AGGREGATE_MEMBERS_MAX ? size : AGGREGATE_MEMBERS_MAX;
	json_t *object = json_loadb((const char *)data, size,
		JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct aggregate_config config;
	char why[256] = "";

	if (aggregate_read(object, &config, why, sizeof(why)) != 0)
		assert(why[0] != '\0');
	else if (object && !json_is_null(object)) {
		check_taken(&config);
		check_rest(&config, data + size - known, known);
	} else {
		assert(config.n == 0);
	}
	json_decref(object);
	return 0;
}
