/* SPDX-License-Identifier: BSD-3-Clause */
/* paths.h - this target's paths to its disks: which fail, which heal. Main thread only. */
#ifndef VIOS_STORAGE_PATHS_H
#define VIOS_STORAGE_PATHS_H

#include "storage/scsid.h"

int paths_start(struct scsid *d); /* once the worker is there; 0 or -errno */
/* The LUN goes: nobody is to think that its path still fails. */
void paths_forget(struct scsid *d, struct unit *u);
/* The adapter is configured otherwise. */
void paths_follow(struct scsid *d);
/* The `path_errors` method. */
void paths_errors(struct scsid *d, struct rpc_call *call, json_t *params);
/* A viosd that has just come: of paths that are not as they should be. */
void paths_tell(struct scsid *d, struct rpc_conn *conn);

#endif
