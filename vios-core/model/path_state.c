/* SPDX-License-Identifier: BSD-3-Clause */
/* path_state.c - the words for path states, as everybody who speaks of paths spells them. Pure. */
#include "vios-core/model/path_state.h"

#include <errno.h>
#include <string.h>

static const char *const names[MODEL_PATH_STATES] = {
	[MODEL_PATH_OPTIMIZED] = "active/optimized",
	[MODEL_PATH_NON_OPTIMIZED] = "active/non-optimized",
	[MODEL_PATH_STANDBY] = "standby",
	[MODEL_PATH_TRANSITIONING] = "transitioning",
	[MODEL_PATH_UNAVAILABLE] = "unavailable",
};

const char *model_path_state_name(enum model_path_state state)
{
	return names[state];
}

int model_path_state_parse(const char *name, enum model_path_state *out)
{
	for (enum model_path_state s = 0; s < MODEL_PATH_STATES; s++) {
		if (strcmp(name, names[s]) == 0) {
			*out = s;
			return 0;
		}
	}
	return -EINVAL;
}
