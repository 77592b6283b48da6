/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outcome_fuzz.c - outcomes that hold anything: four bytes of size, queue, head and command, eight
 * of a counter, then the image. What is found is within the enumeration and of that counter; what
 * begins and is kept is found again, and nothing outside its entry changes; where a ring starts,
 * only those that are done again stay.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "storage/outcome.h"

#define QUEUES 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep(struct outcomes *o, uint16_t head, uint64_t counter, uint8_t command)
{
	struct outcome out;

	outcome_begin(o, head, counter, command);
	assert(outcome_find(o, head, counter, command, &out) == OUTCOME_BEGUN);
	assert(outcome_find(o, head, counter + 1, command, &out) == OUTCOME_NONE);
	outcome_keep(o, head, counter, 5, 77);
	assert(outcome_find(o, head, counter, command, &out) == OUTCOME_KEPT);
	assert(out.result == 5 && out.where == 77 && out.command == command);
	assert(outcome_find(o, head, counter, (uint8_t)(command + 1), &out) == OUTCOME_BEGUN);
}

static void recover(struct outcomes *o, uint16_t head, uint64_t counter, uint8_t command)
{
	struct outcome out;
	enum outcome_state before = outcome_find(o, head, counter, command, &out);

	outcome_recover(o, &head, &counter, 1);
	assert(outcome_find(o, head, counter, command, &out) == before);
	outcome_recover(o, NULL, NULL, 0);
	for (uint16_t i = 0; i < o->size; i++)
		assert(outcome_find(o, i, counter, command, &out) == OUTCOME_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head_bytes[12] = {0}, *region, *before;
	uint16_t entries, head;
	unsigned queue;
	uint64_t counter;
	size_t bytes;
	struct outcomes o;
	struct outcome out;

	memcpy(head_bytes, data, size < 12 ? size : 12);
	entries = (uint16_t)(1u << head_bytes[0] % 8);
	queue = head_bytes[1] % (QUEUES + 1);
	head = head_bytes[2] % entries;
	memcpy(&counter, head_bytes + 4, 8);
	bytes = outcome_bytes(QUEUES, entries);
	region = calloc(1, bytes);
	before = malloc(bytes);
	assert(region && before);
	if (size > 12)
		memcpy(region, data + 12, size - 12 < bytes ? size - 12 : bytes);
	memcpy(before, region, bytes);
	assert(!outcome_attach(&o, region, bytes - 1, 0, queue, QUEUES, entries));
	assert(outcome_attach(&o, region, bytes, 0, queue, QUEUES, entries) == (queue < QUEUES));
	assert(outcome_find(&o, entries, counter, 1, &out) == OUTCOME_BEGUN);
	if (o.at) {
		size_t at = (size_t)(o.at - region) + head * 32u;

		assert(outcome_find(&o, head, counter, head_bytes[3], &out) <= OUTCOME_KEPT);
		assert(!memcmp(before, region, bytes));
		keep(&o, head, counter, head_bytes[3]);
		memcpy(before + at, region + at, 32);
		assert(!memcmp(before, region, bytes));
		recover(&o, head, counter, head_bytes[3]);
	}
	free(before);
	free(region);
	return 0;
}
