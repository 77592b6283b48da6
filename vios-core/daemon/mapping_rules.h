/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mapping_rules.h - which devices a change maps anew, and whether what the two VIOS see of one is
 * the same device (DESIGN, *Storage*). Pure.
 */
#ifndef VIOS_DAEMON_MAPPING_RULES_H
#define VIOS_DAEMON_MAPPING_RULES_H

#include "vios-core/daemon/mapping_look.h"

#define MAPPING_WHY_BYTES 512

/* Those of `after` that clients have and that were not mapped before, or are made of something else
 * or of another size now: copies, free() them. 0, or -ENOMEM. */
int mapping_needs(const struct config *before, const struct config *after,
	struct config_backing **list, size_t *n);
/* Any operation says "force": devices are taken that could not be looked at. */
bool mapping_forced(const json_t *ops);
/* A medium of a repository was compared when it came there. */
bool mapping_is_medium(const struct config_backing *backing);

/* looks: in the order of backing->paths. True, or why it must not be mapped: a sentence. forced:
 * sides that tell nothing, or that cannot open it, are passed over. */
bool mapping_judge(const struct config_backing *backing, const struct mapping_look *looks,
	bool forced, char why[MAPPING_WHY_BYTES]);

#endif
