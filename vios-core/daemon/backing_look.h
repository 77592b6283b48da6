/* SPDX-License-Identifier: BSD-3-Clause */
/* backing_look.h - opens devices as a SCSI target would, and tells what they are. */
#ifndef VIOS_DAEMON_BACKING_LOOK_H
#define VIOS_DAEMON_BACKING_LOOK_H

#include "vios-core/daemon/mapping_look.h"

/* A file_look_work of a struct mapping_ask: waits for disks, so never on viosd's own thread. An
 * array of what mapping_look_read() reads, in the order of the list. */
json_t *backing_look(const void *ask);

#endif
