/* SPDX-License-Identifier: BSD-3-Clause */
/* status.h - an adapter as ARCHITECTURE.md's adapter_status has it. */
#ifndef VIOS_MUX_STATUS_H
#define VIOS_MUX_STATUS_H

#include "ha/mux/state.h"

#include <jansson.h>

/* What is told to others; equal bytes: nothing new. */
struct status {
	int live;
	uint64_t start, incarnation;
	bool client_connected, profile_pending;
	struct {
		enum select_phase phase;
		enum model_path_state state;
		uint64_t generation;
		char reason[PATH_REASON_BYTES];
	} path[SELECT_PATHS];
};

void status_take(struct status *out, const struct state *st, uint32_t adapter);
json_t *status_json(const struct status *s, const struct state *st, uint32_t adapter);
/* Note `live`. */
json_t *status_live_json(const struct status *s, const struct state *st, uint32_t adapter);

#endif
