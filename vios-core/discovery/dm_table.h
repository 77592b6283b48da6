/* SPDX-License-Identifier: BSD-3-Clause */
/* dm_table.h - edge: asks the kernel for the table of a device mapper map. */
#ifndef VIOS_DISCOVERY_DM_TABLE_H
#define VIOS_DISCOVERY_DM_TABLE_H

#include <stddef.h>

/* The parameters of the map's only target, if it is of that type ("multipath"): terminated, in out.
 * root: the directory that stands for /. 0, -ENOENT: it is of another type, or has several
 * targets; -errno. Never waits for a disk. */
int dm_table(int root, const char *name, const char *type, char *out, size_t size);

#endif
