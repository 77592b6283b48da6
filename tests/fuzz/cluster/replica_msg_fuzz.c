/* SPDX-License-Identifier: BSD-3-Clause */
/* replica_msg_fuzz.c - any bytes as a message of a replica. What is accepted is within its limits,
 * and is the same bytes when it is written again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ha/cluster/replica_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct replica_msg *msg, const uint8_t *bytes, size_t size)
{
	uint8_t *again;
	size_t n;

	assert(msg->kind >= MSG_HAVE && msg->kind <= MSG_CHUNK);
	assert(msg->stamp.version < INT64_MAX && msg->stamp.epoch < INT64_MAX);
	assert(msg->changed.n <= STAMP_IDS);
	if (msg->kind == MSG_CHUNK)
		assert(msg->total <= REPLICA_TEXT_MAX && msg->offset + msg->n_data <= msg->total);
	if (msg->n_data > 0)
		assert(msg->data >= bytes && msg->data + msg->n_data == bytes + size);
	again = replica_msg_write(msg, &n);
	assert(again && n == size && memcmp(again, bytes, n) == 0);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size, so that a read beyond it is seen. */
	uint8_t *bytes = malloc(size ? size : 1);
	struct replica_msg msg;

	memcpy(bytes, data, size);
	if (replica_msg_read(bytes, size, &msg))
		check(&msg, bytes, size);
	free(bytes);
	return 0;
}
