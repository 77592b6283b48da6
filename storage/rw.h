/* SPDX-License-Identifier: BSD-3-Clause */
/* rw.h - what commands on blocks share. Each check ends the call when it returns false. Pure. */
#ifndef VIOS_STORAGE_RW_H
#define VIOS_STORAGE_RW_H

#include "storage/opcodes.h"

/* lba, blocks, dpo of a CDB of 6, 10, 12 or 16 bytes. */
void rw_fetch(struct scsi_call *call);
/* Protection information is not supported: its field is 0. */
bool rw_unprotected(struct scsi_call *call);
bool rw_on_medium(struct scsi_call *call);
bool rw_within(struct scsi_call *call, uint32_t limit);
/* The plan, or OVERRUN if so much is not offered. */
void rw_plan(struct scsi_call *call, enum scsi_plan plan, uint64_t in_blocks, uint64_t out_blocks);

#endif
