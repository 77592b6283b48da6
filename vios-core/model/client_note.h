/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_note.h - what a viosd tells a mux of its client: the member `client` of mux_hello's answer
 * and the note `client`. Both ends are here, so that they agree. Pure; jansson on memory only.
 *
 *   {"epoch": N, "version": N, "client": {as in frame.json's clients[]} or null: there is none}
 */
#ifndef VIOS_MODEL_CLIENT_NOTE_H
#define VIOS_MODEL_CLIENT_NOTE_H

#include "vios-core/model/frame_config.h"

#include <jansson.h>

struct client_note {
	uint64_t epoch, version; /* of the configuration that it is from */
	bool present;		 /* false: it has no such client */
	struct model_client client;
};

/* One client as in frame.json, with all faults; members that are not known are passed over, as the
 * viosd may be newer than the mux. frame: whose VIOS may be preferred, only their names are used.
 * 0, -EINVAL with faults filled, or -ENOMEM. */
int model_client_parse(json_t *value, const struct model_frame *frame, struct model_client *out,
	struct model_faults *faults);
/* Its inverse, every member written out. NULL without memory. */
json_t *model_client_json(const struct model_client *client);

/* Would a client notice a difference? The version is none. */
bool model_profile_same(const struct model_profile *a, const struct model_profile *b);
/* Takes those limits of `to` that are higher: a client that is connected may be given them. */
void model_profile_raise(struct model_profile *profile, const struct model_profile *to);
/* Is the configuration that it is from newer than that one? */
bool client_note_newer(const struct client_note *note, uint64_t epoch, uint64_t version);

/* value: hostile. name: whose note it must be. As model_client_parse(). */
int client_note_parse(json_t *value, const struct model_frame *frame, const char *name,
	struct client_note *out, struct model_faults *faults);
/* client NULL: there is none. */
json_t *client_note_json(uint64_t epoch, uint64_t version, const struct model_client *client);

#endif
