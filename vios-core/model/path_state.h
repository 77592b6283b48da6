/* SPDX-License-Identifier: BSD-3-Clause */
/* path_state.h - the ALUA-like states of a path (SPC-5, asymmetric access states), in words, and
 * the notes in which a viosd tells them to a mux. Pure; jansson on memory only. */
#ifndef VIOS_MODEL_PATH_STATE_H
#define VIOS_MODEL_PATH_STATE_H

#include <jansson.h>
#include <stdint.h>

/* Best first. */
enum model_path_state {
	MODEL_PATH_OPTIMIZED,
	MODEL_PATH_NON_OPTIMIZED,
	MODEL_PATH_STANDBY,
	MODEL_PATH_TRANSITIONING,
	MODEL_PATH_UNAVAILABLE,
	MODEL_PATH_STATES
};

const char *model_path_state_name(enum model_path_state state); /* "active/optimized" */
/* name may be NULL. 0 or -EINVAL. */
int model_path_state_parse(const char *name, enum model_path_state *out);

/* An element of `paths`: {"adapter": "CLIENT/ADAPTER", "state": ..., "generation": N} */
struct path_note {
	const char *adapter; /* borrowed */
	enum model_path_state state;
	uint64_t generation;
};

json_t *path_note_json(const struct path_note *note);
/* value: hostile. 0; -EINVAL: it is not one. adapter lives as long as value. */
int path_note_parse(const json_t *value, struct path_note *out);

#endif
