/* SPDX-License-Identifier: BSD-3-Clause */
/* drive.h - a drive whose medium changes. The worker's. */
#ifndef VIOS_STORAGE_DRIVE_H
#define VIOS_STORAGE_DRIVE_H

#include "storage/worker_private.h"

/* Is the LUN the same drive as before (before: as it is, next: as it is to be; NULL: none)? */
bool drive_stays(const struct unit *before, const struct unit *next);
/* Its client finds no medium from now on. */
void drive_empty(struct unit *before);
/* next takes the place of what the LUN is now, which has been drained. */
void drive_take(struct worker *w, unsigned lun, struct unit *next);
/* The client ejects or loads: answers. */
void drive_move_tray(struct request *r);

#endif
