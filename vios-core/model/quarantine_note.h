/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quarantine_note.h - reads vios-framed's note `quarantine`: {"adapters": [names], "adapter_ids":
 * [ids], "held": [names], "held_ids": [ids]}. Pure; jansson on memory only.
 */
#ifndef VIOS_MODEL_QUARANTINE_NOTE_H
#define VIOS_MODEL_QUARANTINE_NOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Is the adapter in quarantine, or held? note: hostile, or NULL. Ids decide; name (may be NULL)
 * counts where there are none: a former vios-framed wrote none. */
bool quarantine_note_bans(const json_t *note, uint32_t id, const char *name);
bool quarantine_note_holds(const json_t *note, uint32_t id, const char *name);
/* Either, by its id. */
bool quarantine_note_stops(const json_t *note, uint32_t id);

#endif
