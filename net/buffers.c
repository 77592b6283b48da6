/* SPDX-License-Identifier: BSD-3-Clause */
/* buffers.c - see buffers.h. Pure; keeps nothing. */
#include "net/buffers.h"

#define ALIGN_BYTES 64u

size_t buffers_frame_bytes(const struct buffers *want)
{
	size_t n = BUFFERS_SHARED + (size_t)BUFFERS_WORKER * want->n_workers;
	size_t each = want->memory_bytes / n;
	size_t bytes = each > want->overhead_bytes ? each - want->overhead_bytes : 0;

	/* What is made of it is rounded up. */
	bytes -= bytes % ALIGN_BYTES;
	if (bytes > want->most_bytes)
		bytes = want->most_bytes;
	return bytes > want->least_bytes ? bytes : want->least_bytes;
}
