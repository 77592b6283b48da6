// SPDX-License-Identifier: BSD-3-Clause
/*
 * adapter_status.c - writes and reads what a mux says about one of its adapters. Pure; owns
 * nothing. A mux serves a guest and may have been taken over by one: nothing of its text is stored
 * unchecked, and what it says concerns its own client only (the caller sees to that).
 */
#include "vios-core/model/adapter_status.h"

#include "vios-core/model/incarnation.h"

#include <string.h>

static const char *const phases[ADAPTER_PHASE_N] = {
	[ADAPTER_PHASE_ABSENT] = "absent",
	[ADAPTER_PHASE_CONNECTING] = "connecting",
	[ADAPTER_PHASE_PRIMING] = "priming",
	[ADAPTER_PHASE_READY] = "ready",
	[ADAPTER_PHASE_LIVE] = "live",
	[ADAPTER_PHASE_RELEASING] = "releasing",
	[ADAPTER_PHASE_REFUSED] = "refused",
};

const char *adapter_phase_name(enum adapter_phase phase)
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

static bool parse_phase(const char *name, enum adapter_phase *out)
{
	for (unsigned i = 0; name && i < ADAPTER_PHASE_N; i++) {
		if (strcmp(phases[i], name) == 0) {
			*out = (enum adapter_phase)i;
			return true;
		}
	}
	return false;
}

static void copy_text(const json_t *value, char *out, size_t size)
{
	const char *from = json_string_value(value);
	size_t i = 0;

	for (; from && from[i] && i < size - 1; i++)
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

static const char *parse_path(const json_t *from, struct adapter_status_path *out)
{
	const json_t *state = json_object_get(from, "state");
	const json_t *reason = json_object_get(from, "reason");

	if (!parse_phase(json_string_value(json_object_get(from, "phase")), &out->phase))
		return "a path has no phase that is known";
	out->state = MODEL_PATH_UNAVAILABLE;
	if (state && !json_is_null(state) &&
		model_path_state_parse(json_string_value(state), &out->state) < 0)
		return "a path's state is not one";
	if (!parse_count(json_object_get(from, "generation"), &out->generation))
		return "a path's generation is not a number";
	if (reason && !json_is_null(reason) && !json_is_string(reason))
		return "a path's reason is not a string";
	copy_text(reason, out->reason, sizeof(out->reason));
	out->known = true;
	return NULL;
}

static const char *parse_paths(
	const struct model_frame *frame, json_t *paths, struct adapter_status *out)
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

const char *adapter_status_parse(
	const struct model_frame *frame, const json_t *params, struct adapter_status *out)
{
	const json_t *live = json_object_get(params, "live");
	const json_t *connected = json_object_get(params, "client_connected");
	const json_t *pending = json_object_get(params, "profile_pending");

	memset(out, 0, sizeof(*out));
	copy_text(json_object_get(params, "adapter"), out->adapter, sizeof(out->adapter));
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

static json_t *path_json(const struct adapter_status_path *path)
{
	return json_pack("{s:s, s:s, s:I, s:s?}", "phase", phases[path->phase], "state",
		model_path_state_name(path->state), "generation", (json_int_t)path->generation,
		"reason", path->reason[0] ? path->reason : NULL);
}

json_t *adapter_status_paths_json(const struct model_frame *frame, const struct adapter_status *s)
{
	json_t *paths = json_object();

	for (size_t i = 0; paths && i < frame->n_vios; i++) {
		if (!s->paths[i].known)
			continue;
		json_t *path = path_json(&s->paths[i]);
		if (json_object_set_new(paths, frame->vios[i].name, path) < 0) {
			json_decref(paths);
			return NULL;
		}
	}
	return paths;
}

static json_t *live_json(const struct model_frame *frame, const struct adapter_status *s)
{
	return s->live < 0 ? json_null() : json_string(frame->vios[s->live].name);
}

json_t *adapter_status_json(const struct model_frame *frame, const struct adapter_status *s)
{
	return json_pack("{s:s, s:I, s:o, s:I, s:b, s:b, s:o}", "adapter", s->adapter, "id",
		(json_int_t)s->id, "live", live_json(frame, s), "start", (json_int_t)s->start,
		"client_connected", s->client_connected, "profile_pending", s->profile_pending,
		"paths", adapter_status_paths_json(frame, s));
}

json_t *adapter_live_json(const struct model_frame *frame, const struct adapter_status *s)
{
	char incarnation[INCARNATION_BYTES] = "";

	if (s->live >= 0)
		incarnation_text(s->incarnation, incarnation);
	return json_pack("{s:s, s:I, s:o, s:s}", "adapter", s->adapter, "id", (json_int_t)s->id,
		"vios", live_json(frame, s), "incarnation", incarnation);
}
