/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device_match.h - is a device that is mapped, and in use, one device in both VIOS? Pure. Unlike
 * mapping_rules.h, which asks before anybody writes to it: data that may change meanwhile, or a
 * size that only one VIOS has heard of yet, are no answer.
 */
#ifndef VIOS_DAEMON_DEVICE_MATCH_H
#define VIOS_DAEMON_DEVICE_MATCH_H

#include "vios-core/daemon/mapping_look.h"

#define DEVICE_MATCH_WHY 320

enum device_match { DEVICE_UNKNOWN, DEVICE_SAME, DEVICE_DIFFERS };

/* looks: in the order of backing->paths. DIFFERS: in why a sentence, and *wrong is the element of
 * paths that is known to be the wrong one, or -1. */
enum device_match device_match(const struct config_backing *backing,
	const struct mapping_look *looks, int *wrong, char why[DEVICE_MATCH_WHY]);

/*
 * Is this VIOS's path to be kept away? The one that is known to be wrong is; else that which the
 * client does not use; else the frame's second one. self: its element of paths, and of the frame;
 * live: who serves the client, -1: nobody.
 */
bool device_match_keeps_away(int wrong, size_t self_path, size_t self, int live);

#endif
