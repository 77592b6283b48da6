/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_note.c - see plane_note.h. Pure; any thread; owns nothing. */
#include "vios-core/model/plane_note.h"

#include "vios-core/model/incarnation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SCSID "scsid"
#define NAME_BYTES 96 /* SCSID, a colon, CLIENT/ADAPTER */

static const char *text_of(const json_t *value, const char *member)
{
	return json_string_value(json_object_get(value, member));
}

int plane_note_parse(const json_t *value, struct plane_note *out)
{
	const size_t len = strlen(SCSID);
	const char *plane = text_of(value, "plane");
	struct plane_note note = {
		.vios = text_of(value, "vios"),
		.configured = json_is_true(json_object_get(value, "configured")),
	};

	if (!note.vios || !plane ||
		incarnation_parse(text_of(value, "incarnation"), &note.incarnation) < 0)
		return -EINVAL;
	if (strncmp(plane, SCSID, len) == 0) {
		if (plane[len] == ':')
			note.adapter = plane + len + 1;
		else if (!plane[len])
			note.adapter = text_of(value, "adapter");
		if (!note.adapter)
			return -EINVAL;
	} else if (strcmp(plane, "netd") != 0) {
		return -EINVAL;
	}
	*out = note;
	return 0;
}

json_t *plane_note_json(const struct plane_note *note, const char *reason)
{
	char name[NAME_BYTES] = "netd", incarnation[INCARNATION_BYTES];

	if (note->adapter)
		snprintf(name, sizeof(name), SCSID ":%s", note->adapter);
	incarnation_text(note->incarnation, incarnation);
	return json_pack("{s:s, s:s, s:s, s:s*}", "vios", note->vios, "plane", name, "incarnation",
		incarnation, "reason", reason);
}
