/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sf_verify.h - what is on the disk, as the initiator knows it: each block carries its writer, the
 * sequence number of its write and its address. A range is used by one request at a time, so what
 * must be read is always known. Everything written is read back before it is written again. For
 * tests; one thread.
 */
#ifndef VIOS_TESTS_SF_VERIFY_H
#define VIOS_TESTS_SF_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#define SF_CELL_BYTES 4096u
#define SF_CELLS_MAX 8u /* of one request */

struct sf_verify {
	uint32_t n_cells, block_bytes, writer;
	uint32_t *seq; /* of the last write that was acknowledged; 0: never written */
	uint8_t *busy; /* a request uses it */
	uint64_t random;
	uint32_t next_seq;
	uint64_t bad_reads;
	char first_bad[160];
};

struct sf_range {
	uint32_t cell, n;
	uint32_t seq; /* of the write; reads: not used */
};

int sf_verify_init(
	struct sf_verify *v, uint64_t bytes, uint32_t block_bytes, uint32_t writer, uint64_t seed);
uint64_t sf_verify_random(struct sf_verify *v);
/* A range that nobody uses, and marks it; false: none found quickly. */
bool sf_verify_pick(struct sf_verify *v, struct sf_range *out);
void sf_verify_fill(const struct sf_verify *v, const struct sf_range *range, uint8_t *data);
/* Compares with what was written last. */
void sf_verify_check(struct sf_verify *v, const struct sf_range *range, const uint8_t *data);
void sf_verify_written(struct sf_verify *v, const struct sf_range *range);
void sf_verify_free(struct sf_verify *v, const struct sf_range *range);

#endif
