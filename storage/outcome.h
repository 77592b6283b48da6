/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outcome.h - what became of commands that must not be done twice: kept behind the inflight region,
 * in the same memory, so that both live and die together. An entry for each of the region's, told
 * by its counter. Pure; works on mapped memory.
 *
 *     NONE --- begin, before the first effect ---> BEGUN --- keep, before it is answered ---> KEPT
 *
 * A successor that finds none of a request's counter knows that nothing was done; KEPT: what to
 * answer; BEGUN: nobody knows. Another process can write the memory: what is read is bounded. A
 * queue's entries have one writer at a time for each head.
 */
#ifndef VIOS_STORAGE_OUTCOME_H
#define VIOS_STORAGE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outcomes {    /* of one queue */
	uint8_t *at; /* NULL: none are kept */
	uint16_t size;
};

enum outcome_state { OUTCOME_NONE, OUTCOME_BEGUN, OUTCOME_KEPT };

struct outcome {
	uint8_t command; /* which kind of command: the caller's number, not 0 */
	uint8_t result;	 /* the caller's; what was kept may be any */
	uint64_t where;
};

#define OUTCOME_ENTRY_BYTES 32

size_t outcome_bytes(unsigned n_queues, uint16_t size);
/* region: bytes long, at bytes_before of it the outcomes begin (a multiple of 8). False: it has no
 * room for them, and none are kept. */
bool outcome_attach(struct outcomes *o, void *region, size_t bytes, size_t bytes_before,
	unsigned queue, unsigned n_queues, uint16_t size);
/* Where a ring starts: keeps those of the n heads that are done again, counters in the same order,
 * and forgets the rest: counters begin anew. Before anything is taken. */
void outcome_recover(
	struct outcomes *o, const uint16_t *heads, const uint64_t *counters, unsigned n);

void outcome_begin(struct outcomes *o, uint16_t head, uint64_t counter, uint8_t command);
/* Of what has begun; else nothing. */
void outcome_keep(
	struct outcomes *o, uint16_t head, uint64_t counter, uint8_t result, uint64_t where);
enum outcome_state outcome_find(const struct outcomes *o, uint16_t head, uint64_t counter,
	uint8_t command, struct outcome *out);

#endif
