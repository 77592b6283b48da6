/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plane_note.h - how a data plane is spoken of: in its own answer to `hello`, and between
 * vios-framed and muxes in the note `dead` and the call `evict`. Pure; jansson on memory only.
 *
 *   {"vios": "vios1", "plane": "netd" or "scsid:CLIENT/ADAPTER", "incarnation": 16 hex digits}
 *
 * In its own `hello` a scsid is called "scsid" with "adapter" beside it, and "configured" is there.
 */
#ifndef VIOS_MODEL_PLANE_NOTE_H
#define VIOS_MODEL_PLANE_NOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct plane_note {
	const char *vios;    /* borrowed */
	const char *adapter; /* a scsid's, "CLIENT/ADAPTER", borrowed; NULL: a netd */
	uint64_t incarnation;
	bool configured;
};

/* value: hostile. 0; -EINVAL: it is none of these. Strings live as long as value. */
int plane_note_parse(const json_t *value, struct plane_note *out);
/* reason may be NULL. NULL without memory. */
json_t *plane_note_json(const struct plane_note *note, const char *reason);

#endif
