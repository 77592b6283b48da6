/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restore.h - what makes the present state that of a backup, as one change. Pure. Adapters' ids are
 * never used again, so an adapter that is gone comes back with another one.
 */
#ifndef VIOS_CLI_RESTORE_H
#define VIOS_CLI_RESTORE_H

#include <jansson.h>

#include "vios-core/model/frame_config.h"

/* What one change may have, its text with {"ops": } around it. */
#define RESTORE_BYTES_MAX 49152u

/* Adds the operations to ops (an array): none when all is so already. 0; -EINVAL with all faults:
 * the backup is of another frame or other VIOS, holds no valid state, or does not fit; -ENOMEM. */
int restore_build(
	const json_t *now, const json_t *wanted, json_t *ops, struct model_faults *faults);

/* Of a change of these operations. */
size_t restore_bytes(const json_t *ops);

/* A line for each operation; the caller frees it. */
char *restore_lay(const json_t *ops);

#endif
