/* SPDX-License-Identifier: BSD-3-Clause */
/* mux_report.h - the last `adapter_status` of a mux, checked and bounded. Pure; jansson on memory
 * only. */
#ifndef VIOS_DAEMON_MUX_REPORT_H
#define VIOS_DAEMON_MUX_REPORT_H

#include "vios-core/daemon/path_state.h"
#include "vios-core/model/frame_config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define MUX_REPORT_REASON_BYTES 200

enum mux_phase {
	PHASE_ABSENT,
	PHASE_CONNECTING,
	PHASE_PRIMING,
	PHASE_READY,
	PHASE_LIVE,
	PHASE_RELEASING,
	PHASE_REFUSED,
	PHASE_N
};

struct mux_path {
	bool known; /* the mux has told us of this path */
	enum mux_phase phase;
	enum path_state state;
	uint64_t generation;
	char reason[MUX_REPORT_REASON_BYTES]; /* "": none; unprintable characters are replaced */
};

struct mux_report {
	bool known;
	int live;	    /* index into the frame's VIOS, -1: none */
	uint64_t id, start; /* id 0: it did not say */
	bool client_connected;
	bool profile_pending; /* its profile counts from the client's next connection on */
	struct mux_path paths[MODEL_VIOS_MAX]; /* as the frame orders its VIOS */
};

/* params: hostile. Members that are missing count as unknown; one of the wrong kind, or a VIOS that
 * the frame does not have, makes the whole report invalid: NULL, or what is wrong (string
 * constant). */
const char *mux_report_parse(
	const struct model_frame *frame, const json_t *params, struct mux_report *out);
/* The `paths` object of `status`; a path that is not known is left out. NULL without memory. */
json_t *mux_report_paths_json(const struct model_frame *frame, const struct mux_report *report);
const char *mux_phase_name(enum mux_phase phase);

#endif
