/* SPDX-License-Identifier: BSD-3-Clause */
/* capacity.c - READ CAPACITY(10) and (16) (SBC-4; MMC-6 for the first of an optical drive). Pure.
 */
#include "storage/scsi_private.h"

void capacity_read_10(struct scsi_call *call)
{
	const struct scsi_lun_config *config = &call->lun->config;
	uint64_t last = config->blocks - 1; /* not 0: the drive is ready */
	struct bytes_out out;

	scsi_data_start(call, &out);
	bytes_32(&out, last > UINT32_MAX ? UINT32_MAX : (uint32_t)last);
	bytes_32(&out, config->block_len);
	scsi_data_end(call, &out, 8);
}

void capacity_read_16(struct scsi_call *call)
{
	const struct scsi_lun_config *config = &call->lun->config;
	struct bytes_out out;

	scsi_data_start(call, &out);
	bytes_64(&out, config->blocks - 1);
	bytes_32(&out, config->block_len);
	bytes_8(&out, 0); /* P_TYPE, PROT_EN: no protection information */
	bytes_8(&out, config->physical_exponent & 0x0F);
	/* LBPME, LBPRZ, LOWEST ALIGNED LBA 0 */
	bytes_8(&out, (uint8_t)((config->unmap ? 0x80 : 0) |
				(config->unmap && config->unmap_zeroes ? 0x40 : 0)));
	bytes_8(&out, 0);
	bytes_zero(&out, 16);
	scsi_data_end(call, &out, bytes_get32(call->cdb + 10));
}
