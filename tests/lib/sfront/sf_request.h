/* SPDX-License-Identifier: BSD-3-Clause */
/* sf_request.h - the CDBs of an initiator that reads, writes and flushes, and what an answer means.
 * For tests; one thread. */
#ifndef VIOS_TESTS_SF_REQUEST_H
#define VIOS_TESTS_SF_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/sfront/sf_ring.h"

enum sf_op { SF_NONE, SF_READ, SF_WRITE, SF_READ_BACK, SF_FLUSH };

struct sf_extent {
	uint64_t lba;
	uint32_t blocks;
	bool fua;
};

/* Returns the CDB's length. READ and WRITE (16), SYNCHRONIZE CACHE (10) of all. */
unsigned sf_request_cdb(enum sf_op op, const struct sf_extent *extent, uint8_t cdb[16]);
void sf_request_lun(unsigned lun, uint8_t out[8]);
/* It was not carried out, and may be asked for again: a unit attention, busy, reset, aborted. */
bool sf_request_again(const struct sf_answer *answer);
bool sf_request_failed(const struct sf_answer *answer);

#endif
