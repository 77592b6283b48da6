/* SPDX-License-Identifier: BSD-3-Clause */
/* sf_request.c - CDBs and the meaning of answers. One thread; owns nothing. */
#include "tests/lib/sfront/sf_request.h"

#include <string.h>

static void put_be(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

unsigned sf_request_cdb(enum sf_op op, const struct sf_extent *extent, uint8_t cdb[16])
{
	memset(cdb, 0, 16);
	cdb[0] = op == SF_FLUSH ? 0x35 : op == SF_WRITE ? 0x8a : 0x88;
	if (op == SF_FLUSH)
		return 10;
	cdb[1] = extent->fua ? 8 : 0;
	put_be(cdb + 2, extent->lba, 8);
	put_be(cdb + 10, extent->blocks, 4);
	return 16;
}

void sf_request_lun(unsigned lun, uint8_t out[8])
{
	memset(out, 0, 8);
	out[0] = 1;
	out[3] = (uint8_t)lun;
}

bool sf_request_again(const struct sf_answer *a)
{
	/* a unit attention, BUSY, TASK SET FULL; virtio's BUSY, RESET, ABORTED */
	return (a->response == 0 && ((a->status == 2 && a->sense_key == 6) || a->status == 8 ||
					    a->status == 0x28)) ||
	       a->response == 5 || a->response == 4 || a->response == 2;
}

bool sf_request_failed(const struct sf_answer *a)
{
	return a->response || a->status;
}
