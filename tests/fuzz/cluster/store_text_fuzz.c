/* SPDX-License-Identifier: BSD-3-Clause */
/* store_text_fuzz.c - any bytes as a state file. So that inputs get past the digests, the first
 * byte says whether they are put right before. What is accepted is the same bytes when it is
 * written again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ha/cluster/store_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_hex(char *at, const char *from, size_t n)
{
	uint8_t sum[STAMP_DIGEST];
	char hex[STAMP_HEX];

	stamp_digest(from, n, sum);
	stamp_hex(sum, hex);
	memcpy(at, hex, STAMP_HEX - 1);
}

static void put_right(char *file, size_t n)
{
	char *digest = memmem(file, n, "\ndigest ", 8), *sum = memmem(file, n, "\nchecksum ", 10);
	size_t left = sum ? n - (size_t)(sum - file) : 0;

	if (!digest || !sum || digest > sum || left < 75 || sum - digest < 72)
		return;
	put_hex(digest + 8, sum + 75, left - 75);
	put_hex(sum + 10, file, (size_t)(sum + 1 - file));
}

static void check(const struct replica_record *record, const char *file, size_t n)
{
	char header[STORE_HEADER_MAX];
	size_t h = store_text_header(record, header);

	assert(h < STORE_HEADER_MAX && h + record->text_bytes == n);
	assert(memcmp(header, file, h) == 0 && record->text == file + h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replica_record record;
	const char *why = NULL;

	if (size == 0)
		return 0;
	char *file = malloc(size - 1 ? size - 1 : 1);
	memcpy(file, data + 1, size - 1);
	if (data[0] & 1)
		put_right(file, size - 1);
	if (store_text_read(file, size - 1, &record, &why) == 0)
		check(&record, file, size - 1);
	else
		assert(why);
	free(file);
	return 0;
}
