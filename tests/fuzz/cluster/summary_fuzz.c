/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * summary_fuzz.c - any bytes as a multicast: the header, and then the summary of a peer. So that
 * inputs get past the length in the header, the first byte says whether it is put right before.
 * What is accepted must survive being written and read again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ha/cluster/wire.h"
#include "vios-core/daemon/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_summary(const struct summary *summary)
{
	struct summary again;
	size_t text_bytes;
	char *text;

	assert(model_name_valid(summary->vios));
	assert(summary->viosd_pid >= 0 && summary->netd.pid >= 0);
	assert(summary_write(summary, &text, &text_bytes) == 0);
	assert(text_bytes <= WIRE_TEXT_MAX);
	assert(summary_read(text, text_bytes, &again) == 0);
	assert(memcmp(summary, &again, sizeof(again)) == 0);
	free(text);
}

static void open_message(const uint8_t *message, size_t size)
{
	enum wire_type type;
	const char *text;
	size_t text_bytes;
	struct summary summary;

	if (wire_open(message, size, &type, &text, &text_bytes) != WIRE_OK)
		return;
	assert((const uint8_t *)text == message + WIRE_HEADER_BYTES);
	assert(text_bytes == size - WIRE_HEADER_BYTES);
	assert(type == WIRE_SUMMARY || type == WIRE_REPLICA);
	if (summary_read(text, text_bytes, &summary) == 0)
		check_summary(&summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	/* A copy of exactly its size, so that a read beyond it is seen. */
	uint8_t *message = malloc(size);
	memcpy(message, data + 1, size - 1);
	if (data[0] & 1 && size - 1 >= WIRE_HEADER_BYTES &&
		wire_header(WIRE_SUMMARY, size - 1 - WIRE_HEADER_BYTES, message) < 0)
		message[0] = 0;
	message = realloc(message, size - 1 ? size - 1 : 1);
	open_message(message, size - 1);
	free(message);
	return 0;
}
