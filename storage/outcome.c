/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entries of 32 bytes, numbers in the host's order: counter (8), where (8), state (1), command (1),
 * result (1), padding. The state is written last, and taken away first: a process may die between
 * any two stores. The worker's, and for a request that it has the jobs thread's.
 */
#include "storage/outcome.h"

#define ENTRY_BYTES OUTCOME_ENTRY_BYTES
#define WHERE_AT 8
#define STATE_AT 16
#define COMMAND_AT 17
#define RESULT_AT 18

static uint64_t get64(const uint8_t *at)
{
	return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

/* Release: in the program's order, which is all that the death of a process asks. */
static void set64(uint8_t *at, uint64_t value)
{
	__atomic_store_n((uint64_t *)(void *)at, value, __ATOMIC_RELEASE);
}

static uint8_t get8(const uint8_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void set8(uint8_t *at, uint8_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static uint8_t *entry(const struct outcomes *o, uint16_t head)
{
	return o->at + (size_t)head * ENTRY_BYTES;
}

size_t outcome_bytes(unsigned n_queues, uint16_t size)
{
	return (size_t)n_queues * size * ENTRY_BYTES;
}

bool outcome_attach(struct outcomes *o, void *region, size_t bytes, size_t bytes_before,
	unsigned queue, unsigned n_queues, uint16_t size)
{
	*o = (struct outcomes){0};
	if (!region || !size || queue >= n_queues || (uintptr_t)region % 8 || bytes_before % 8 ||
		bytes_before > bytes || outcome_bytes(n_queues, size) > bytes - bytes_before)
		return false;
	o->at = (uint8_t *)region + bytes_before + outcome_bytes(queue, size);
	o->size = size;
	return true;
}

void outcome_recover(
	struct outcomes *o, const uint16_t *heads, const uint64_t *counters, unsigned n)
{
	for (uint16_t head = 0; head < o->size; head++) {
		uint8_t *at = entry(o, head);
		bool again = false;

		if (get8(at + STATE_AT) == OUTCOME_NONE)
			continue;
		for (unsigned i = 0; i < n && !again; i++)
			again = heads[i] == head && counters[i] == get64(at);
		if (!again)
			set8(at + STATE_AT, OUTCOME_NONE);
	}
}

void outcome_begin(struct outcomes *o, uint16_t head, uint64_t counter, uint8_t command)
{
	uint8_t *at;

	if (!o->at || head >= o->size)
		return;
	at = entry(o, head);
	set8(at + STATE_AT, OUTCOME_NONE);
	set64(at, counter);
	set8(at + COMMAND_AT, command);
	set8(at + STATE_AT, OUTCOME_BEGUN);
}

void outcome_keep(
	struct outcomes *o, uint16_t head, uint64_t counter, uint8_t result, uint64_t where)
{
	uint8_t *at;

	if (!o->at || head >= o->size)
		return;
	at = entry(o, head);
	if (get8(at + STATE_AT) != OUTCOME_BEGUN || get64(at) != counter)
		return;
	set8(at + RESULT_AT, result);
	set64(at + WHERE_AT, where);
	set8(at + STATE_AT, OUTCOME_KEPT);
}

enum outcome_state outcome_find(const struct outcomes *o, uint16_t head, uint64_t counter,
	uint8_t command, struct outcome *out)
{
	const uint8_t *at;
	uint8_t state;

	if (!o->at || head >= o->size)
		return OUTCOME_BEGUN; /* nobody knows */
	at = entry(o, head);
	state = get8(at + STATE_AT);
	if (state == OUTCOME_NONE || get64(at) != counter)
		return OUTCOME_NONE;
	*out = (struct outcome){get8(at + COMMAND_AT), get8(at + RESULT_AT), get64(at + WHERE_AT)};
	/* another command than then: its driver has changed it meanwhile */
	return state == OUTCOME_KEPT && out->command == command ? OUTCOME_KEPT : OUTCOME_BEGUN;
}
