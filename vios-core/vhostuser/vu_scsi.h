/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_scsi.h - the configuration space of a virtio-scsi device (virtio 1.2, 5.6.4) as all of this
 * project have it: what a mux answers for its targets is what each target says. Pure.
 */
#ifndef VIOS_VHOSTUSER_VU_SCSI_H
#define VIOS_VHOSTUSER_VU_SCSI_H

#include <stdint.h>

#define VU_SCSI_CONFIG_BYTES 36
#define VU_SCSI_FIXED_QUEUES 2 /* control and event queue */

#define VU_SCSI_SEG_MAX 126 /* with the two headers the 128 entries of QEMU's rings */
#define VU_SCSI_MAX_SECTORS 8192
#define VU_SCSI_CMD_PER_LUN 128
#define VU_SCSI_EVENT_BYTES 16
#define VU_SCSI_SENSE_BYTES 96
#define VU_SCSI_CDB_BYTES 32
#define VU_SCSI_MAX_LUN 255

void vu_scsi_config(uint32_t request_queues, uint8_t wire[VU_SCSI_CONFIG_BYTES]);

#endif
