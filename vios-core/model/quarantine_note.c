/* SPDX-License-Identifier: BSD-3-Clause */
/* quarantine_note.c - see quarantine_note.h. Pure; owns nothing. */
#include "vios-core/model/quarantine_note.h"

#include <string.h>

static bool lists(const json_t *ids, const json_t *names, uint32_t id, const char *name)
{
	for (size_t i = 0; i < json_array_size(ids); i++)
		if (json_integer_value(json_array_get(ids, i)) == id)
			return true;
	for (size_t i = 0; !ids && name && i < json_array_size(names); i++) {
		const char *listed = json_string_value(json_array_get(names, i));

		if (listed && strcmp(listed, name) == 0)
			return true;
	}
	return false;
}

bool quarantine_note_bans(const json_t *note, uint32_t id, const char *name)
{
	return lists(
		json_object_get(note, "adapter_ids"), json_object_get(note, "adapters"), id, name);
}

bool quarantine_note_holds(const json_t *note, uint32_t id, const char *name)
{
	return lists(json_object_get(note, "held_ids"), json_object_get(note, "held"), id, name);
}

bool quarantine_note_stops(const json_t *note, uint32_t id)
{
	return quarantine_note_bans(note, id, NULL) || quarantine_note_holds(note, id, NULL);
}
