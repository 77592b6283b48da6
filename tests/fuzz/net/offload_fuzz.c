/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * offload_fuzz.c - a driver that asks for anything. The input is what was agreed on, how many bytes
 * of the frame are elsewhere, the driver's header, then the frame's first bytes, in an allocation
 * of their own. A wish that is granted must be one that the frame can bear: everything that is
 * read or written for it lies in the first bytes, and each segment has payload.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/offload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct offload *o, const struct offload_frame *frame, unsigned may)
{
	const unsigned cut = o->asks & (OFFLOAD_TSO4 | OFFLOAD_TSO6);
	const size_t headers = (size_t)o->checksum_start + o->l4_bytes;

	assert(!(o->asks & ~may));
	assert(o->segments >= 1 && o->segments <= OFFLOAD_SEGMENTS_MAX);
	if (!o->asks)
		return;
	assert(o->asks & OFFLOAD_CHECKSUM);
	assert(o->checksum_start >= 14);
	assert((size_t)o->checksum_start + o->checksum_offset + 2 <= frame->len_bytes);
	if (o->protocol) { /* as an rte_mbuf keeps it */
		assert(o->l2_bytes >= 14 && o->l2_bytes <= 22);
		assert(o->checksum_start - o->l2_bytes >= 20);
		assert(o->checksum_start - o->l2_bytes <= 511);
		assert(o->checksum_offset == (o->protocol == 6 ? 16 : 6));
		assert(o->ip_version == 4 || o->ip_version == 6);
	}
	if (!cut) {
		assert(o->segments == 1);
		return;
	}
	assert(cut != (OFFLOAD_TSO4 | OFFLOAD_TSO6) && o->protocol == 6);
	assert(o->l4_bytes >= 20 && o->l4_bytes <= 60 && headers <= frame->len_bytes);
	assert(o->segment_bytes >= OFFLOAD_SEGMENT_MIN_BYTES && o->segments >= 2);
	assert(headers + (o->segments - 1) * (size_t)o->segment_bytes < frame->whole_bytes);
	assert(headers + o->segments * (size_t)o->segment_bytes >= frame->whole_bytes);
}

/* Nothing gets lost between two drivers. */
static void check_written(const struct offload *o, const struct offload_frame *frame)
{
	uint8_t again[OFFLOAD_HEADER_BYTES];
	struct offload second;

	offload_write(o, 0, again);
	assert(offload_read(again, frame, o->asks, &second) == OFFLOAD_OK);
	assert(second.asks == o->asks && second.segments == o->segments);
	assert(second.checksum_start == o->checksum_start && second.l4_bytes == o->l4_bytes);
	assert(offload_todo(o, o->asks) == OFFLOAD_PASS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct offload_frame frame;
	struct offload o;
	uint8_t *bytes;
	unsigned may;

	if (size < 3 + OFFLOAD_HEADER_BYTES + 14)
		return 0;
	may = data[0] & 7;
	frame.len_bytes = size - 3 - OFFLOAD_HEADER_BYTES;
	frame.whole_bytes = frame.len_bytes + (unsigned)(data[1] << 8 | data[2]);
	if (frame.whole_bytes > OFFLOAD_FRAME_MAX_BYTES)
		frame.whole_bytes = OFFLOAD_FRAME_MAX_BYTES;
	if (frame.len_bytes > frame.whole_bytes)
		return 0;
	bytes = malloc(frame.len_bytes);
	assert(bytes);
	memcpy(bytes, data + 3 + OFFLOAD_HEADER_BYTES, frame.len_bytes);
	frame.bytes = bytes;
	if (offload_read(data + 3, &frame, may, &o) == OFFLOAD_OK) {
		check(&o, &frame, may);
		check_written(&o, &frame);
	}
	free(bytes);
	return 0;
}
