/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unit.h - a LUN with what it is made of. Main makes it and lets it go; in between the worker alone
 * touches it, but for the counters, which anybody reads.
 */
#ifndef VIOS_STORAGE_UNIT_H
#define VIOS_STORAGE_UNIT_H

#include <stdatomic.h>

#include "storage/agree.h"
#include "storage/backing.h"
#include "storage/jobs.h"
#include "storage/kept.h"
#include "storage/lun_config.h"
#include "storage/path_watch.h"
#include "storage/ranges.h"

struct request;
struct scsid;

struct unit_counters { /* writer: the worker; relaxed: only sums are read */
	_Atomic uint64_t reads, writes, read_bytes, write_bytes, others, errors;
};

/* An error on the way to the disk, for main: an errno and the operation code that met it. */
#define UNIT_TROUBLE(error, opcode) ((uint32_t)(error) << 8 | (opcode))

/* The path to the disk: paths.c. Main's; while it is probing, a thread reads there and fills
 * `found`.
 */
struct unit_path {
	struct job job; /* first */
	struct unit *unit;
	struct scsid *owner;
	struct path_watch watch;
	uint64_t offset; /* what has failed: the byte, how, by which command */
	int error;
	uint8_t opcode;
	bool probing, closing; /* closing: is let go when the probe ends */
	uint64_t probe_offset;
	struct path_probe found;
};

struct unit {
	struct lun_config config;
	struct backing backing;
	struct scsi_lun scsi;
	struct agreement agree; /* with the LUN's other targets */
	struct kept kept;	/* of its reservations */
	struct unit_counters counters;
	_Atomic bool locked;	    /* writer: the worker */
	uint64_t wanted_bytes;	    /* the size that the client is to see; main's, before a plan */
	_Atomic bool wanted_shared; /* others work it, too; main's, before a plan */
	bool shared;		    /* as the worker goes by it */
	_Atomic uint32_t trouble;   /* writer: the worker; main takes it, and leaves 0 */
	_Atomic uint64_t trouble_offset; /* likewise: at which byte */
	uint64_t told_ns;		 /* when it was told of last; the worker's */
	struct unit_path path;
	/* Groups as the client is to see them from now on: main puts, the worker takes. */
	struct alua *_Atomic wanted_alua;
	struct ranges ranges;		       /* what is being written; the worker's */
	unsigned in_flight;		       /* requests that may use it; the worker's */
	struct request *parked, **parked_tail; /* taken, and waiting for the lock */
};

#endif
