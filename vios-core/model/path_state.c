/* SPDX-License-Identifier: BSD-3-Clause */
/* path_state.c - the words for path states, and what a viosd says of them. Pure; owns nothing. */
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
	for (enum model_path_state s = 0; name && s < MODEL_PATH_STATES; s++) {
		if (strcmp(name, names[s]) == 0) {
			*out = s;
			return 0;
		}
	}
	return -EINVAL;
}

json_t *path_note_json(const struct path_note *note)
{
	return json_pack("{s:s, s:s, s:I}", "adapter", note->adapter, "state",
		model_path_state_name(note->state), "generation", (json_int_t)note->generation);
}

int path_note_parse(const json_t *value, struct path_note *out)
{
	const json_int_t generation = json_integer_value(json_object_get(value, "generation"));

	out->adapter = json_string_value(json_object_get(value, "adapter"));
	out->generation = (uint64_t)generation;
	if (!out->adapter || generation < 0)
		return -EINVAL;
	return model_path_state_parse(
		json_string_value(json_object_get(value, "state")), &out->state);
}
