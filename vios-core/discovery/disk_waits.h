/* SPDX-License-Identifier: BSD-3-Clause */
/* disk_waits.h - how long a device makes its requests wait when it fails: out of sysfs. */
#ifndef VIOS_DISCOVERY_DISK_WAITS_H
#define VIOS_DISCOVERY_DISK_WAITS_H

#include "vios-core/discovery/disk.h"

/* Of the whole device in the open directory `whole` (/sys/class/block/NAME): timeout_s, lost_s,
 * lost_by and queues of out. A map (device mapper, software RAID) has the worst of what it lies
 * on. root: the directory that stands for /. */
void disk_waits_read(int root, int whole, struct disk_facts *out);

#endif
