/* SPDX-License-Identifier: BSD-3-Clause */
/* mpath.h - what the table of a multipath map says. Pure. */
#ifndef VIOS_DISCOVERY_MPATH_H
#define VIOS_DISCOVERY_MPATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * params: of a target of type "multipath", as DM_TABLE_STATUS has them ("2 queue_if_no_path
 * retain_attached_hw_handler 1 alua 1 1 ..."): the number of feature words, then these; need not be
 * terminated. True: requests wait for as long as no path is left.
 */
bool mpath_queues(const char *params, size_t n_bytes);

#endif
