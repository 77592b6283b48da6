/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_status.h - what a mux says about one of its adapters: the note `adapter_status` to viosd,
 * with both ends, and the note `live` to vios-framed. Pure; jansson on memory only.
 */
#ifndef VIOS_MODEL_ADAPTER_STATUS_H
#define VIOS_MODEL_ADAPTER_STATUS_H

#include "vios-core/model/frame_config.h"
#include "vios-core/model/path_state.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ADAPTER_STATUS_NAME_BYTES (2 * MODEL_NAME_MAX + 2)
#define ADAPTER_STATUS_REASON_BYTES 200

enum adapter_phase {
	ADAPTER_PHASE_ABSENT,
	ADAPTER_PHASE_CONNECTING,
	ADAPTER_PHASE_PRIMING,
	ADAPTER_PHASE_READY,
	ADAPTER_PHASE_LIVE,
	ADAPTER_PHASE_RELEASING,
	ADAPTER_PHASE_REFUSED,
	ADAPTER_PHASE_N
};

struct adapter_status_path {
	bool known; /* the mux has told us of this path */
	enum adapter_phase phase;
	enum model_path_state state;
	uint64_t generation;
	char reason[ADAPTER_STATUS_REASON_BYTES]; /* "": none */
};

struct adapter_status {
	bool known;
	char adapter[ADAPTER_STATUS_NAME_BYTES]; /* "CLIENT/ADAPTER" */
	int live;				 /* index into the frame's VIOS, -1: none */
	uint64_t id, start;			 /* id 0: it did not say */
	uint64_t incarnation;			 /* of the live one, if any; only in `live` */
	bool client_connected;
	bool profile_pending; /* its profile counts from the client's next connection on */
	struct adapter_status_path paths[MODEL_VIOS_MAX]; /* as the frame orders its VIOS */
};

/* The notes. frame: whose VIOS; only their names are used. NULL without memory. */
json_t *adapter_status_json(const struct model_frame *frame, const struct adapter_status *s);
json_t *adapter_live_json(const struct model_frame *frame, const struct adapter_status *s);

/* params: hostile; unprintable characters are replaced, long text is cut. Members that are missing
 * count as unknown; one of the wrong kind, or a VIOS that the frame does not have, makes the whole
 * report invalid: NULL, or what is wrong (string constant). */
const char *adapter_status_parse(
	const struct model_frame *frame, const json_t *params, struct adapter_status *out);
/* The `paths` object of `status`; a path that is not known is left out. NULL without memory. */
json_t *adapter_status_paths_json(const struct model_frame *frame, const struct adapter_status *s);
const char *adapter_phase_name(enum adapter_phase phase);

#endif
