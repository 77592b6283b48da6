/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_scsi.c - see vu_scsi.h. Pure; any thread; owns nothing. */
#include "vios-core/vhostuser/vu_scsi.h"

#include <string.h>

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void vu_scsi_config(uint32_t request_queues, uint8_t wire[VU_SCSI_CONFIG_BYTES])
{
	memset(wire, 0, VU_SCSI_CONFIG_BYTES);
	put32(wire, request_queues);
	put32(wire + 4, VU_SCSI_SEG_MAX);
	put32(wire + 8, VU_SCSI_MAX_SECTORS);
	put32(wire + 12, VU_SCSI_CMD_PER_LUN);
	put32(wire + 16, VU_SCSI_EVENT_BYTES);
	put32(wire + 20, VU_SCSI_SENSE_BYTES);
	put32(wire + 24, VU_SCSI_CDB_BYTES);
	/* max_channel, max_target: there is one of each */
	put32(wire + 32, VU_SCSI_MAX_LUN);
}
