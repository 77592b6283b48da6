// SPDX-License-Identifier: BSD-3-Clause
/*
 * path_state.c - facts about a VIOS in, the ALUA-like state of its path out. Pure.
 *
 * One whose target lacks the newest disk is worth having for the others, if there is no better. One
 * whose path to a disk fails is left to when the other VIOS has no better one either: its client is
 * told then. A path without an uplink is still worth having when the other VIOS has none at all
 * (clients of one VIOS reach each other), so a lost carrier makes it non-optimized, not
 * unavailable.
 */
#include "vios-core/daemon/path_state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const link_names[LINK_N_STATES] = {
	[LINK_UNKNOWN] = "unknown",
	[LINK_UP] = "up",
	[LINK_DOWN] = "down",
};

enum link_state link_state_of(enum link_state kernel_link, enum link_state plane_link)
{
	if (kernel_link == LINK_DOWN || plane_link == LINK_DOWN)
		return LINK_DOWN;
	return kernel_link == LINK_UP || plane_link == LINK_UP ? LINK_UP : LINK_UNKNOWN;
}

enum model_path_state path_state_of(const struct path_facts *facts)
{
	if (!facts->serving || facts->poisonous || facts->behind)
		return MODEL_PATH_UNAVAILABLE;
	if (facts->failed)
		return facts->peer_is_better ? MODEL_PATH_UNAVAILABLE : MODEL_PATH_STANDBY;
	if (facts->stale || facts->yields ||
		link_state_of(facts->kernel_link, facts->plane_link) == LINK_DOWN)
		return MODEL_PATH_NON_OPTIMIZED;
	return MODEL_PATH_OPTIMIZED;
}

bool path_update(struct path *path, const struct path_facts *facts, uint64_t *clock)
{
	enum model_path_state state = path_state_of(facts);

	if (path->generation != 0 && state == path->state)
		return false;
	path->state = state;
	path->generation = ++*clock;
	return true;
}

const char *link_state_name(enum link_state state)
{
	return link_names[state];
}

int link_state_parse(const char *name, enum link_state *out)
{
	for (unsigned i = 0; name && i < LINK_N_STATES; i++) {
		if (strcmp(link_names[i], name) == 0) {
			*out = (enum link_state)i;
			return 0;
		}
	}
	return -EINVAL;
}
