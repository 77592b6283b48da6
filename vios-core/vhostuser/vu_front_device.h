/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_front_device.h - what a client has told about its device: the input of vu_front.h's
 * operations. Pure. */
#ifndef VIOS_VHOSTUSER_VU_FRONT_DEVICE_H
#define VIOS_VHOSTUSER_VU_FRONT_DEVICE_H

#include "vios-core/vhostuser/vu_payload.h"

#include <stdbool.h>

struct vu_front_ring {
	uint32_t num; /* 0: not told yet; the ring is left out of priming */
	bool has_addr;
	bool enabled;
	struct vu_vring_addr addr;
	int kick_fd, call_fd, err_fd; /* borrowed; -1: none */
};

/* What the client has told, borrowed for the length of a call. */
struct vu_front_device {
	uint64_t features;	 /* acknowledged by the guest; F_PROTOCOL_FEATURES is added */
	struct vu_mem_table mem; /* n_regions 0: none yet */
	int mem_fds[VU_REGIONS_MAX];
	uint32_t n_rings;
	struct vu_front_ring ring[VU_RINGS_MAX];
};

#endif
