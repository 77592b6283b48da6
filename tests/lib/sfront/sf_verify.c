/* SPDX-License-Identifier: BSD-3-Clause */
/* sf_verify.c - contents of blocks, made and checked. One thread; owns its tables. */
#include "tests/lib/sfront/sf_verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC UINT64_C(0x56494F5353435349)

int sf_verify_init(
	struct sf_verify *v, uint64_t bytes, uint32_t block_bytes, uint32_t writer, uint64_t seed)
{
	*v = (struct sf_verify){.n_cells = (uint32_t)(bytes / SF_CELL_BYTES),
		.block_bytes = block_bytes,
		.writer = writer,
		.random = seed | 1};
	v->seq = calloc(v->n_cells, sizeof(*v->seq));
	v->busy = calloc(v->n_cells, 1);
	return v->n_cells >= SF_CELLS_MAX && v->seq && v->busy ? 0 : -EINVAL;
}

uint64_t sf_verify_random(struct sf_verify *v) /* xorshift64* */
{
	v->random ^= v->random >> 12;
	v->random ^= v->random << 25;
	v->random ^= v->random >> 27;
	return v->random * UINT64_C(2685821657736338717);
}

bool sf_verify_pick(struct sf_verify *v, struct sf_range *out)
{
	for (unsigned try = 0; try < 16; try++) {
		uint64_t r = sf_verify_random(v);
		uint32_t n = 1 + (uint32_t)(r >> 60) % SF_CELLS_MAX;
		uint32_t cell = (uint32_t)(r & 0xffffffff) % (v->n_cells - n + 1);
		uint32_t i = 0;

		while (i < n && !v->busy[cell + i])
			i++;
		if (i < n)
			continue;
		memset(v->busy + cell, 1, n);
		*out = (struct sf_range){cell, n, 0};
		return true;
	}
	return false;
}

static void fill_block(uint8_t *at, uint32_t bytes, uint64_t writer, uint64_t seq, uint64_t lba)
{
	uint64_t words[4] = {MAGIC ^ writer, seq, lba, 0};
	uint64_t mix = (seq * 0x9E3779B97F4A7C15u) ^ (lba * 0xC2B2AE3D27D4EB4Fu) ^ writer;

	for (uint32_t i = 0; i < bytes; i += 8) {
		uint64_t word = i < 24 ? words[i / 8] : (mix += 0x9E3779B97F4A7C15u);

		memcpy(at + i, &word, 8);
	}
}

void sf_verify_fill(const struct sf_verify *v, const struct sf_range *range, uint8_t *data)
{
	uint64_t lba = (uint64_t)range->cell * SF_CELL_BYTES / v->block_bytes;

	for (uint32_t at = 0; at < range->n * SF_CELL_BYTES; at += v->block_bytes)
		fill_block(data + at, v->block_bytes, v->writer, range->seq, lba++);
}

static void bad(struct sf_verify *v, uint64_t lba, uint32_t wanted, const uint8_t *got)
{
	uint64_t words[3];

	memcpy(words, got, sizeof(words));
	if (!v->bad_reads++)
		snprintf(v->first_bad, sizeof(v->first_bad),
			"lba %llu: wanted write %u, found writer %llx write %llu lba %llu",
			(unsigned long long)lba, wanted, (unsigned long long)(words[0] ^ MAGIC),
			(unsigned long long)words[1], (unsigned long long)words[2]);
}

void sf_verify_check(struct sf_verify *v, const struct sf_range *range, const uint8_t *data)
{
	uint8_t want[4096];

	for (uint32_t at = 0; at < range->n * SF_CELL_BYTES; at += v->block_bytes) {
		uint32_t seq = v->seq[range->cell + at / SF_CELL_BYTES];
		uint64_t lba = ((uint64_t)range->cell * SF_CELL_BYTES + at) / v->block_bytes;

		memset(want, 0, sizeof(want)); /* the disk begins empty */
		if (seq)
			fill_block(want, v->block_bytes, v->writer, seq, lba);
		if (memcmp(want, data + at, v->block_bytes))
			bad(v, lba, seq, data + at);
	}
}

void sf_verify_written(struct sf_verify *v, const struct sf_range *range)
{
	for (uint32_t i = 0; i < range->n; i++)
		v->seq[range->cell + i] = range->seq;
}

void sf_verify_free(struct sf_verify *v, const struct sf_range *range)
{
	memset(v->busy + range->cell, 0, range->n);
}
