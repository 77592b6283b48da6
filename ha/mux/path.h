/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path.h - one path of an adapter: what a VIOS has been told, and what it still has to hear. Pure;
 * flat; descriptors in it are slots (keep_ops.h). The phases are select.h's.
 */
#ifndef VIOS_MUX_PATH_H
#define VIOS_MUX_PATH_H

#include "ha/mux/select.h"
#include "vios-core/base/keep_ops.h"
#include "vios-core/model/frame_config.h"
#include "vios-core/vhostuser/vu_feed.h"

#define PATH_REASON_BYTES ADAPTER_STATUS_REASON_BYTES
#define PATH_LIVE_GRACE_MS 50 /* on top of hang_ms, for a live path's answer */
/* The same for storage: what its disks have begun must end first. That it runs at all is watched by
 * vios-framed. */
#define PATH_DISK_GRACE_MS 2000
#define PATH_STANDBY_WAIT_MS 3000 /* rte_vhost may take a second to answer after its start */

struct path {
	enum select_phase phase;
	enum model_path_state state; /* as viosd told; a guess before that */
	uint64_t generation;
	int conn; /* slot, or -1 */
	struct vu_feed feed;
	uint64_t start;	      /* its last ring start */
	uint64_t incarnation; /* of the process that owns the rings; 0: not known */
	bool released;	      /* STOPPING: `release` of this start is answered */
	uint32_t evictions;   /* asked for while LOST */
	uint64_t deadline_ns; /* 0: none */
	char reason[PATH_REASON_BYTES];
};

#endif
