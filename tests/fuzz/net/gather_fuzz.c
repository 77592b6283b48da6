/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gather_fuzz.c - whatever a wire brings, gathered. The input is whether sums count as checked,
 * then frames: two bytes of length, and the bytes, each in an allocation of its own. A piece lies
 * within its frame; a long frame can be cut into its pieces again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/gather.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct held {
	uint8_t *bytes;
	struct gather gather;
	uint32_t sum_bytes;
	unsigned n;
};

static void check_piece(const struct gather_piece *p, size_t len)
{
	assert(p->payload_bytes > 0);
	assert(gather_header_bytes(p) + p->payload_bytes <= len);
	assert(p->l2_bytes == 14 || p->l2_bytes == 18 || p->l2_bytes == 22);
	assert(p->l3_bytes == (p->ip_version == 4 ? 20 : 40));
	assert(p->l4_bytes >= 20 && p->l4_bytes <= 60);
}

static void end(struct held *held)
{
	struct offload o;

	if (held->bytes && held->n > 1) {
		assert(held->gather.n_pieces == held->n);
		assert(held->gather.payload_bytes == held->sum_bytes);
		gather_finish(&held->gather, held->bytes, &o);
		assert(o.segment_bytes >= OFFLOAD_SEGMENT_MIN_BYTES);
		assert(o.segments == (held->sum_bytes + o.segment_bytes - 1) / o.segment_bytes);
		assert(o.segments == held->n);
		assert(o.checksum_start + o.l4_bytes + held->sum_bytes <=
			OFFLOAD_FRAME_MAX_BYTES + 4);
	}
	free(held->bytes);
	*held = (struct held){0};
}

static void take(struct held *held, uint8_t *bytes, size_t len, bool checked)
{
	struct gather_piece piece = {0};

	if (gather_read(bytes, len, checked, &piece) != GATHER_PIECE) {
		free(bytes);
		return;
	}
	check_piece(&piece, len);
	if (held->bytes && gather_joins(&held->gather, held->bytes, bytes, &piece)) {
		assert(gather_same_flow(held->bytes, &held->gather.first, bytes, &piece));
		gather_add(&held->gather, &piece);
		held->sum_bytes += piece.payload_bytes;
		held->n++;
		free(bytes);
		return;
	}
	end(held);
	held->bytes = bytes;
	held->sum_bytes = piece.payload_bytes;
	held->n = 1;
	gather_begin(&held->gather, &piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct held held = {0};
	bool checked;

	if (size < 1)
		return 0;
	checked = data[0] & 1;
	for (size_t at = 1; at + 2 <= size;) {
		size_t len = (size_t)(data[at] << 8 | data[at + 1]) & 0x7FF;
		uint8_t *bytes;

		at += 2;
		if (len > size - at)
			len = size - at;
		bytes = malloc(len ? len : 1);
		assert(bytes);
		memcpy(bytes, data + at, len);
		at += len;
		take(&held, bytes, len, checked);
	}
	end(&held);
	return 0;
}
