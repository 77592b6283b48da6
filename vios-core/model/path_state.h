/* SPDX-License-Identifier: BSD-3-Clause */
/* path_state.h - the ALUA-like states of a path (SPC-5, asymmetric access states), in words. Pure.
 */
#ifndef VIOS_MODEL_PATH_STATE_H
#define VIOS_MODEL_PATH_STATE_H

/* Best first. */
enum model_path_state {
	MODEL_PATH_OPTIMIZED,
	MODEL_PATH_NON_OPTIMIZED,
	MODEL_PATH_STANDBY,
	MODEL_PATH_TRANSITIONING,
	MODEL_PATH_UNAVAILABLE,
	MODEL_PATH_STATES
};

const char *model_path_state_name(enum model_path_state state);		  /* "active/optimized" */
int model_path_state_parse(const char *name, enum model_path_state *out); /* 0 or -EINVAL */

#endif
