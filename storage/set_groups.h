/* SPDX-License-Identifier: BSD-3-Clause */
/* set_groups.h - a client's SET TARGET PORT GROUPS, asked of viosd. Main thread only. */
#ifndef VIOS_STORAGE_SET_GROUPS_H
#define VIOS_STORAGE_SET_GROUPS_H

#include "storage/scsid.h"

/* The worker has something for main: perhaps such a request. */
void set_groups_look(struct scsid *d);

#endif
