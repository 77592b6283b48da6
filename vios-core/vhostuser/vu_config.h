/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_config.h - the payload of GET_CONFIG and SET_CONFIG (vhost-user, "Virtio device config
 * space"). Pure.
 */
#ifndef VIOS_VHOSTUSER_VU_CONFIG_H
#define VIOS_VHOSTUSER_VU_CONFIG_H

#include "vios-core/vhostuser/vu_msg.h"

#define VU_CONFIG_BYTES_MAX 256

struct vu_config {
	uint32_t offset, size_bytes, flags;
	uint8_t bytes[VU_CONFIG_BYTES_MAX];
};

/* VU_OK; VU_BAD_SIZE: the payload is not as long as its size says. */
enum vu_fault vu_config_get(const struct vu_msg *m, struct vu_config *out);
void vu_config_put(struct vu_msg *m, uint32_t request, const struct vu_config *config);

#endif
