/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_fault.c - the sentences for what can be wrong; they end up in logs and in `viosctl status`.
 * Pure. */
#include "vios-core/vhostuser/vu_fault.h"

#include <stddef.h>

static const char *const texts[VU_FAULT_END] = {
	[VU_OK] = "no fault",
	[VU_BAD_VERSION] = "protocol version is not 1",
	[VU_BAD_FLAGS] = "unknown or wrong flags in a header",
	[VU_BAD_REQUEST] = "unknown or unexpected request number",
	[VU_BAD_SIZE] = "payload of the wrong size",
	[VU_TOO_LONG] = "payload is longer than any request's",
	[VU_FDS_MISSING] = "descriptors are missing",
	[VU_FDS_UNWANTED] = "more descriptors than the request takes",
	[VU_FDS_LOST] = "more descriptors than can be received",
	[VU_CUT_OFF] = "connection closed in the middle of a message",
	[VU_BAD_INDEX] = "no such ring",
	[VU_BAD_VALUE] = "value out of range",
	[VU_BAD_REGION_COUNT] = "number of memory regions is not 1 to 8",
	[VU_REGION_EMPTY] = "memory region of size 0",
	[VU_REGION_WRAPS] = "memory region wraps around",
	[VU_REGIONS_OVERLAP] = "memory regions overlap",
	[VU_RING_OUTSIDE] = "ring is not inside one memory region",
	[VU_RING_MISALIGNED] = "ring address is not aligned",
	[VU_UNEXPECTED] = "answer that nobody asked for",
	[VU_REJECTED] = "back end refused the request",
	[VU_FEATURES_MISSING] = "feature bits are missing",
	[VU_MEM_UNSEALED] = "memory file is not sealed against shrinking",
	[VU_MEM_SHORT] = "memory file is shorter than its region",
};

const char *vu_fault_text(enum vu_fault fault)
{
	if ((unsigned)fault >= VU_FAULT_END || !texts[fault])
		return "unknown fault";
	return texts[fault];
}
