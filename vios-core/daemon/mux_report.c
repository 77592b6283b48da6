// SPDX-License-Identifier: BSD-3-Clause
/*
 * mux_report.c - reads what a mux says about one of its adapters. Pure. A mux serves a guest and
 * may have been taken over by one: nothing of its text is stored unchecked, and what it says
 * concerns its own client only (the caller sees to that).
 */
#include "vios-core/daemon/mux_report.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const phases[PHASE_N] = {
	[PHASE_ABSENT] = "absent",
	[PHASE_CONNECTING] = "connecting",
	[PHASE_PRIMING] = "priming",
	[PHASE_READY] = "ready",
	[PHASE_LIVE] = "live",
	[PHASE_RELEASING] = "releasing",
	[PHASE_REFUSED] = "refused",
};

const char *mux_phase_name(enum mux_phase phase)
{
	return phases[phase];
}

static int vios_index(const struct model_frame *frame, const char *name)
{
	for (size_t i = 0; name && i < frame->n_vios; i++)
		if (strcmp(frame->vios[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool parse_phase(const char *name, enum mux_phase *out)
{
	for (unsigned i = 0; name && i < PHASE_N; i++) {
		if (strcmp(phases[i], name) == 0) {
			*out = (enum mux_phase)i;
			return true;
		}
	}
	return false;
}

static void copy_reason(const char *from, char out[MUX_REPORT_REASON_BYTES])
{
	size_t i = 0;

	for (; from && from[i] && i < MUX_REPORT_REASON_BYTES - 1; i++)
		out[i] = (unsigned char)from[i] < 0x20 || (unsigned char)from[i] >= 0x7f ? '?'
											 : from[i];
	out[i] = '\0';
}

static bool parse_count(const json_t *value, uint64_t *out)
{
	json_int_t n = json_integer_value(value);

	if (value && !json_is_null(value) && (!json_is_integer(value) || n < 0))
		return false;
	*out = (uint64_t)n;
	return true;
}

static const char *parse_path(const json_t *from, struct mux_path *out)
{
	const json_t *state = json_object_get(from, "state");
	const json_t *reason = json_object_get(from, "reason");

	if (!parse_phase(json_string_value(json_object_get(from, "phase")), &out->phase))
		return "a path has no phase that is known";
	out->state = PATH_UNAVAILABLE;
	if (state && !json_is_null(state) &&
		path_state_parse(json_string_value(state), &out->state) < 0)
		return "a path's state is not one";
	if (!parse_count(json_object_get(from, "generation"), &out->generation))
		return "a path's generation is not a number";
	if (reason && !json_is_null(reason) && !json_is_string(reason))
		return "a path's reason is not a string";
	copy_reason(json_string_value(reason), out->reason);
	out->known = true;
	return NULL;
}

static const char *parse_paths(
	const struct model_frame *frame, json_t *paths, struct mux_report *out)
{
	const char *name;
	json_t *path;

	if (paths && !json_is_object(paths))
		return "paths is not an object";
	json_object_foreach(paths, name, path)
	{
		int i = vios_index(frame, name);
		if (i < 0)
			return "paths names a VIOS that the frame does not have";
		const char *fault = parse_path(path, &out->paths[i]);
		if (fault)
			return fault;
	}
	return NULL;
}

const char *mux_report_parse(
	const struct model_frame *frame, const json_t *params, struct mux_report *out)
{
	const json_t *live = json_object_get(params, "live");
	const json_t *connected = json_object_get(params, "client_connected");
	const json_t *pending = json_object_get(params, "profile_pending");

	memset(out, 0, sizeof(*out));
	out->live = -1;
	if (live && !json_is_null(live)) {
		out->live = vios_index(frame, json_string_value(live));
		if (out->live < 0)
			return "live is not a VIOS of the frame";
	}
	if (!parse_count(json_object_get(params, "start"), &out->start))
		return "start is not a number";
	if (!parse_count(json_object_get(params, "id"), &out->id))
		return "id is not a number";
	if (pending && !json_is_boolean(pending))
		return "profile_pending is not a boolean";
	out->profile_pending = json_is_true(pending);
	if (connected && !json_is_boolean(connected))
		return "client_connected is not a boolean";
	out->client_connected = json_is_true(connected);
	const char *fault = parse_paths(frame, json_object_get(params, "paths"), out);
	out->known = !fault;
	return fault;
}

static json_t *path_json(const struct mux_path *path)
{
	return json_pack("{s:s, s:s, s:I, s:s?}", "phase", phases[path->phase], "state",
		path_state_name(path->state), "generation", (json_int_t)path->generation, "reason",
		path->reason[0] ? path->reason : NULL);
}

json_t *mux_report_paths_json(const struct model_frame *frame, const struct mux_report *report)
{
	json_t *paths = json_object();

	for (size_t i = 0; paths && i < frame->n_vios; i++) {
		if (!report->paths[i].known)
			continue;
		json_t *path = path_json(&report->paths[i]);
		if (json_object_set_new(paths, frame->vios[i].name, path) < 0) {
			json_decref(paths);
			return NULL;
		}
	}
	return paths;
}
