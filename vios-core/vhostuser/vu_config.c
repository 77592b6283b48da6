/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads and writes pieces of a device's configuration space: offset, size, flags (u32 each), bytes.
 * Pure; any thread.
 */
#include "vios-core/vhostuser/vu_config.h"

#include <string.h>

#define HEADER 12

enum vu_fault vu_config_get(const struct vu_msg *m, struct vu_config *out)
{
	if (m->size_bytes < HEADER || m->size_bytes > HEADER + VU_CONFIG_BYTES_MAX)
		return VU_BAD_SIZE;
	memcpy(&out->offset, m->payload, 4);
	memcpy(&out->size_bytes, m->payload + 4, 4);
	memcpy(&out->flags, m->payload + 8, 4);
	if (out->size_bytes != m->size_bytes - HEADER)
		return VU_BAD_SIZE;
	memcpy(out->bytes, m->payload + HEADER, out->size_bytes);
	return VU_OK;
}

void vu_config_put(struct vu_msg *m, uint32_t request, const struct vu_config *config)
{
	uint32_t n =
		config->size_bytes < VU_CONFIG_BYTES_MAX ? config->size_bytes : VU_CONFIG_BYTES_MAX;

	vu_msg_empty(m, request);
	memcpy(m->payload, &config->offset, 4);
	memcpy(m->payload + 4, &n, 4);
	memcpy(m->payload + 8, &config->flags, 4);
	memcpy(m->payload + HEADER, config->bytes, n);
	m->size_bytes = HEADER + n;
}
