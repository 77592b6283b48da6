/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack of buffers. The worker's; it lives as long as the process. */
#include "storage/bounce.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bounce {
	unsigned n;
	void *buffer[BOUNCE_BUFFERS];
};

int bounce_new(struct bounce **out)
{
	struct bounce *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	for (; pool->n < BOUNCE_BUFFERS; pool->n++) {
		void *buffer = aligned_alloc(4096, BOUNCE_BYTES);

		if (!buffer)
			return -ENOMEM; /* at start: the process ends */
		memset(buffer, 0, BOUNCE_BYTES);
		pool->buffer[pool->n] = buffer;
	}
	*out = pool;
	return 0;
}

void *bounce_take(struct bounce *pool)
{
	return pool->n ? pool->buffer[--pool->n] : NULL;
}

void bounce_give(struct bounce *pool, void *buffer)
{
	assert(pool->n < BOUNCE_BUFFERS);
	pool->buffer[pool->n++] = buffer;
}
