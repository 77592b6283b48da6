/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd_notes.h - what has changed since it was noted in the error log last. */
#ifndef VIOS_DAEMON_VIOSD_NOTES_H
#define VIOS_DAEMON_VIOSD_NOTES_H

#include "ha/cluster/members.h"
#include "ha/cluster/replica.h"
#include <stdbool.h>

struct viosd;

/* As it was noted last; all zero: nothing was. */
struct noted {
	enum member_state peer;
	bool has_role;
	enum replica_role role;
};

/* To be called whenever the link, the peer, quarantines or the replica's role may be others. */
void viosd_notes(struct viosd *v);

#endif
