/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_frame.h - between the replicated state and frame.json's objects, which the daemons work
 * with. Pure.
 */
#ifndef VIOS_MODEL_CONFIG_FRAME_H
#define VIOS_MODEL_CONFIG_FRAME_H

#include "vios-core/model/config.h"

/* The state at version 0: alike on both VIOS for one frame.json. The uplinks become physical
 * adapters and sides of sea0. 0 and *out (config_free), or -ENOMEM. */
int config_from_frame(const struct model_frame *frame, struct config **out);
/* The state as the daemons know a frame; adapters of a client by id. The uplink of a VIOS is the
 * real adapter of its first SEA; without one uplink_name is "". 0 and *out (model_frame_free), or
 * -ENOMEM. */
int config_to_frame(const struct config *config, struct model_frame **out);

/* One client with its adapters by id; -ENOENT. */
int config_client(const struct config *config, const char *name, struct model_client *out);
/* The same in frame.json's form, as a new value; NULL: there is no such client, or no memory. */
json_t *config_client_json(const struct config *config, const char *name);
/* Back again, at a mux: 0, or -EINVAL with faults. json is borrowed. */
int config_client_parse(json_t *json, struct model_client *out, struct model_faults *faults);

#endif
