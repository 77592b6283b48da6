/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_fault.h - what can be wrong with a vhost-user message, table, ring or session. Pure. */
#ifndef VIOS_VHOSTUSER_VU_FAULT_H
#define VIOS_VHOSTUSER_VU_FAULT_H

/* Why a message, table or answer is refused. */
enum vu_fault {
	VU_OK,
	VU_BAD_VERSION,
	VU_BAD_FLAGS,
	VU_BAD_REQUEST, /* unknown number, or not the one that is awaited */
	VU_BAD_SIZE,
	VU_TOO_LONG,
	VU_FDS_MISSING,
	VU_FDS_UNWANTED,
	VU_FDS_LOST, /* MSG_CTRUNC: more than VU_FDS_MAX came, or our table is full */
	VU_CUT_OFF,  /* the peer closed in the middle of a message */
	VU_BAD_INDEX,
	VU_BAD_VALUE,
	VU_BAD_REGION_COUNT,
	VU_REGION_EMPTY,
	VU_REGION_WRAPS,
	VU_REGIONS_OVERLAP,
	VU_RING_OUTSIDE, /* an area is not inside one region */
	VU_RING_MISALIGNED,
	VU_UNEXPECTED, /* an answer nobody awaits */
	VU_REJECTED,   /* the back end answered "no" */
	VU_FEATURES_MISSING,
	VU_MEM_UNSEALED, /* the file behind a region can be truncated: no F_SEAL_SHRINK */
	VU_MEM_SHORT,	 /* the file is shorter than its region */
	VU_FAULT_END
};
const char *vu_fault_text(enum vu_fault fault); /* "payload of the wrong size", never NULL */

#endif
