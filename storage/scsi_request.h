/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi_request.h - one command on its way: what came, what is to be done, what is answered.
 * Pure; the caller's storage, one for each place in a ring.
 */
#ifndef VIOS_STORAGE_SCSI_REQUEST_H
#define VIOS_STORAGE_SCSI_REQUEST_H

#include "storage/scsi_lun.h"
#include "storage/sense.h"

#define SCSI_CDB_LEN 32		 /* virtio 1.2 5.6.4: cdb_size */
#define SCSI_DATA_MAX 8192	 /* the longest data that a command is answered with here */
#define SCSI_PARAMETERS_MAX 4104 /* the longest parameter list that is taken */

enum scsi_status { /* SAM-6, Status codes */
	SCSI_GOOD = 0x00,
	SCSI_CHECK_CONDITION = 0x02,
	SCSI_CONDITION_MET = 0x04,
	SCSI_BUSY = 0x08,
	SCSI_RESERVATION_CONFLICT = 0x18,
	SCSI_TASK_SET_FULL = 0x28,
	SCSI_TASK_ABORTED = 0x40,
};

enum scsi_plan {
	SCSI_ANSWERED,	 /* status, sense, data_len, residual hold the answer */
	SCSI_BAD_TARGET, /* virtio's BAD_TARGET: no target has this address */
	SCSI_OVERRUN,	 /* virtio's OVERRUN: the command needs longer buffers than were given */
	SCSI_PARAMETERS, /* copy out_len bytes of data-out, call scsi_parameters() */
	/* I/O on blocks [lba, lba + blocks); then scsi_complete() */
	SCSI_READ,
	SCSI_WRITE,
	SCSI_WRITE_VERIFY, /* write, then read back; bytchk: compare, too */
	SCSI_VERIFY,	   /* read; bytchk: compare with data-out (one_block: with its one block) */
	SCSI_FLUSH,	   /* may flush more than blocks */
	SCSI_UNMAP,	   /* scsi_unmap_get(): unmap_count ranges */
	SCSI_WRITE_SAME,   /* data-out: one block (no_data: zeros) for all blocks */
	SCSI_COMPARE_AND_WRITE, /* data-out: blocks to compare, blocks to write; atomic */
	SCSI_ORWRITE,		/* read, or, write; atomic */
	SCSI_PREFETCH,		/* may be skipped */
	/* to be agreed on with the others first; then the function named */
	SCSI_RESERVE,	   /* event: scsi_reserved() */
	SCSI_SET_GROUPS,   /* groups: scsi_groups_set() */
	SCSI_SELECT_MODES, /* modes: scsi_modes_set(); flush first if wce goes */
	SCSI_EJECT,	   /* optical: scsi_lun_medium() without one; scsi_complete() */
	SCSI_LOAD,	   /* optical: scsi_complete() */
	SCSI_PLANS
};

struct scsi_request {
	/* the caller's, before scsi_decode() */
	uint8_t lun_address[8];		  /* virtio 1.2 5.6.6.1 */
	uint8_t cdb[SCSI_CDB_LEN];	  /* zeros behind what came */
	uint32_t in_offered, out_offered; /* bytes that the client's buffers hold */
	uint8_t *data; /* SCSI_DATA_MAX bytes to build answers in; only used during a call */

	/* what is to be done */
	enum scsi_plan plan;
	struct scsi_lun *lun; /* NULL: none, or the well known one */
	uint64_t lba, blocks;
	uint32_t in_len, out_len; /* bytes that are to move; never more than offered */
	uint32_t unmap_count;
	bool fua, dpo, bytchk, one_block, no_data, unmap;
	bool immediate; /* may be answered before it is done */
	union {
		struct reservation_event event;
		struct alua_request groups;
		struct scsi_modes modes;
	};

	/* the answer */
	enum scsi_status status;
	uint32_t data_len; /* bytes at data that go to the client */
	uint32_t residual; /* bytes of the client's buffers that were not used */
	uint8_t sense_len;
	uint8_t sense[SENSE_BYTES_MAX];
	bool descriptor_sense;
};

enum scsi_io {
	SCSI_IO_DONE,
	SCSI_IO_MISCOMPARE,  /* where: byte offset in data-out */
	SCSI_IO_READ_ERROR,  /* where: lba */
	SCSI_IO_WRITE_ERROR, /* where: lba */
	SCSI_IO_NO_SPACE,    /* a thin device is full */
	SCSI_IO_PROTECTED,
	SCSI_IO_GONE,	 /* no path to the device */
	SCSI_IO_ABORTED, /* outcome unknown: ABORTED COMMAND, the client decides */
	SCSI_IO_BUSY,
	SCSI_IOS
};

#endif
