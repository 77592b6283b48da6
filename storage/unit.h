/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unit.h - a LUN with what it is made of. Main makes it and lets it go; in between the worker alone
 * touches it, but for the counters, which anybody reads.
 */
#ifndef VIOS_STORAGE_UNIT_H
#define VIOS_STORAGE_UNIT_H

#include <stdatomic.h>

#include "storage/backing.h"
#include "storage/kept.h"
#include "storage/lun_config.h"
#include "storage/ranges.h"

struct request;

struct unit_counters { /* writer: the worker; relaxed: only sums are read */
	_Atomic uint64_t reads, writes, read_bytes, write_bytes, others, errors;
};

struct unit {
	struct lun_config config;
	struct backing backing;
	struct scsi_lun scsi;
	struct kept kept; /* of its reservations */
	struct unit_counters counters;
	_Atomic bool locked;	    /* writer: the worker */
	uint64_t wanted_bytes;	    /* the size that the client is to see; main's, before a plan */
	_Atomic bool wanted_shared; /* others work it, too; main's, before a plan */
	bool shared;		    /* as the worker goes by it */
	/* Groups as the client is to see them from now on: main puts, the worker takes. */
	struct alua *_Atomic wanted_alua;
	struct ranges ranges;		       /* what is being written; the worker's */
	unsigned in_flight;		       /* requests that may use it; the worker's */
	struct request *parked, **parked_tail; /* taken, and waiting for the lock */
};

#endif
