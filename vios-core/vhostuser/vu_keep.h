/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_keep.h - what the two ends of vhost-user want done, as operations of a step that survives its
 * process (keep_ops.h). Pure; descriptors are slots.
 */
#ifndef VIOS_VHOSTUSER_VU_KEEP_H
#define VIOS_VHOSTUSER_VU_KEEP_H

#include "vios-core/base/keep_ops.h"
#include "vios-core/vhostuser/vu_feed.h"

/* The way to one connection; lives as long as the sessions are attached to it. */
struct vu_keep {
	struct keep_ops *ops;
	struct keep_slots *slots;
	int slot; /* the connection */
	struct vu_back_io client;
	struct vu_feed_io path; /* its region is the caller's to set; its used_idx asks these: */
	int (*used_idx)(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user);
	void *user;
};

/* used_idx, user and path.region are the caller's to set afterwards, if a path is fed. */
void vu_keep_init(struct vu_keep *way, struct keep_ops *ops, struct keep_slots *slots, int slot);

#endif
