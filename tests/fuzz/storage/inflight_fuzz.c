/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inflight_fuzz.c - a region that holds anything: three bytes of queue number, size and used index,
 * then the image. Recovery ends, what it names lies within the queue, once each, in the order of
 * its counters; a refusal has changed nothing. Then the queue goes on working on it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storage/inflight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void go_on(struct inflight *q, uint16_t used_idx)
{
	uint64_t counter = q->counter;
	unsigned n = 0;

	for (uint16_t head = 0; head < q->size; head++) {
		if (inflight_has(q, head))
			continue;
		inflight_take(q, head);
		assert(inflight_has(q, head));
		inflight_put(q, head);
		n++;
	}
	assert(q->counter == counter + n);
	inflight_shown(q, n, (uint16_t)(used_idx + n));
}

static void recover(struct inflight *q, uint16_t used_idx, const uint8_t *region, size_t bytes)
{
	uint8_t *before = malloc(bytes), seen[256] = {0};
	uint16_t heads[256];
	int n;

	assert(before);
	memcpy(before, region, bytes);
	n = inflight_recover(q, used_idx, heads);
	assert(n == -EPROTO || (n >= 0 && n <= q->size));
	if (n < 0)
		assert(!memcmp(before, region, bytes));
	for (int i = 0; i < n; i++) {
		assert(heads[i] < q->size && !seen[heads[i]]++);
		assert(inflight_has(q, heads[i]));
	}
	if (n >= 0) {
		uint16_t again[256];

		/* a second recovery finds the same: nothing is pending any more */
		assert(inflight_recover(q, used_idx, again) == n);
		assert(!memcmp(heads, again, (size_t)n * sizeof(*heads)));
		go_on(q, used_idx);
		assert(inflight_recover(q, (uint16_t)(used_idx + q->size - n), again) == n);
	}
	free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t entries = size ? (uint16_t)(1u << data[0] % 9) : 1;
	unsigned queue = size > 1 ? data[1] % 3 : 0;
	uint16_t used_idx = size > 3 ? (uint16_t)(data[2] << 8 | data[3]) : 0;
	size_t bytes = inflight_bytes(2, entries);
	uint8_t *region = aligned_alloc(64, bytes);
	struct inflight q;
	int rc;

	assert(region);
	memset(region, 0, bytes);
	if (size > 4)
		memcpy(region, data + 4, size - 4 < bytes ? size - 4 : bytes);
	inflight_any(region, bytes, queue, 2, entries);
	rc = inflight_attach(&q, region, bytes, queue, 2, entries);
	assert(rc == 0 || rc == -EPROTO || rc == -EINVAL);
	assert(queue < 2 || rc == -EINVAL);
	if (!rc)
		recover(&q, used_idx, region, bytes);
	free(region);
	return 0;
}
