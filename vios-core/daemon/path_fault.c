/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_fault.c - what a failed path to a disk means for its adapter. Pure; viosd's one thread.
 *
 *   the other path        the adapter          requests that failed here
 *   could take it         moves (the mux)      held; the other target does them
 *   fails as well         stays                answered: it is the medium
 *   its VIOS is offline,
 *   and it is absent      stays                answered
 *   is away for now       stays                held, as long as the target waits (path_error_ms)
 *
 * The mux is there for both: a VIOS that the cluster calls offline, and that the mux has a path to,
 * is only cut off from this one.
 */
#include "vios-core/daemon/path_fault.h"

#include <errno.h>
#include <string.h>

static const char *const names[PATH_FAULT_STATES] = {
	[PATH_FAULT_NONE] = "enabled",
	[PATH_FAULT_RECOVERING] = "recovering",
	[PATH_FAULT_FAILED] = "failed",
};

static int state_parse(const char *name, enum path_fault_state *out)
{
	for (unsigned i = 0; name && i < PATH_FAULT_STATES; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum path_fault_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Letters and digits: it is printed. */
static int error_parse(const json_t *value, char out[PATH_FAULT_ERROR])
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);

	if (!text || length == 0 || length >= PATH_FAULT_ERROR || strlen(text) != length)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?", text[i]))
			return -EINVAL;
	memcpy(out, text, length + 1);
	return 0;
}

static int lun_parse(const json_t *value, unsigned *out)
{
	json_int_t lun = json_integer_value(value);

	if (!json_is_integer(value) || lun < 0 || lun >= PATH_FAULT_LUNS)
		return -EINVAL;
	*out = (unsigned)lun;
	return 0;
}

int path_fault_parse(const json_t *params, struct path_fault_note *out)
{
	*out = (struct path_fault_note){0};
	if (lun_parse(json_object_get(params, "lun"), &out->lun) < 0 ||
		state_parse(json_string_value(json_object_get(params, "state")), &out->state) < 0 ||
		error_parse(json_object_get(params, "error"), out->error) < 0)
		return -EINVAL;
	out->healed = json_is_true(json_object_get(params, "healed"));
	return 0;
}

bool path_faults_take(struct path_faults *faults, const struct path_fault_note *note)
{
	uint8_t *state = &faults->state[note->lun];

	if (*state == note->state)
		return false;
	faults->n += (note->state != PATH_FAULT_NONE) - (*state != PATH_FAULT_NONE);
	*state = (uint8_t)note->state;
	memcpy(faults->error, note->error, sizeof(faults->error));
	return true;
}

enum path_fault_state path_faults_state(const struct path_faults *faults)
{
	enum path_fault_state worst = PATH_FAULT_NONE;

	for (size_t i = 0; faults->n > 0 && i < PATH_FAULT_LUNS; i++)
		if (faults->state[i] > worst)
			worst = (enum path_fault_state)faults->state[i];
	return worst;
}

json_t *path_faults_json(const struct path_faults *faults)
{
	json_t *luns;

	if (faults->n == 0)
		return json_null();
	luns = json_array();
	for (int i = 0; i < PATH_FAULT_LUNS && json_array_size(luns) < PATH_FAULT_TOLD; i++)
		if (faults->state[i] != PATH_FAULT_NONE)
			json_array_append_new(luns, json_integer(i));
	return json_pack("{s:s, s:s, s:o}", "state", names[path_faults_state(faults)], "error",
		faults->error, "luns", luns);
}

int path_faults_read(const json_t *value, struct path_faults *out)
{
	const json_t *luns = json_object_get(value, "luns");
	struct path_fault_note note = {0};

	*out = (struct path_faults){0};
	if (!value || json_is_null(value))
		return 0;
	if (state_parse(json_string_value(json_object_get(value, "state")), &note.state) < 0 ||
		note.state == PATH_FAULT_NONE ||
		error_parse(json_object_get(value, "error"), note.error) < 0 ||
		json_array_size(luns) == 0 || json_array_size(luns) > PATH_FAULT_TOLD)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(luns); i++) {
		if (lun_parse(json_array_get(luns, i), &note.lun) < 0)
			return -EINVAL;
		path_faults_take(out, &note);
	}
	return 0;
}

static const struct adapter_status_path *peer_path(const struct path_fault_facts *facts)
{
	const struct adapter_status_path *path = &facts->report->paths[facts->peer];

	return facts->peer != facts->self && facts->report->known && path->known ? path : NULL;
}

static bool is_there(const struct adapter_status_path *path)
{
	return path && path->phase != ADAPTER_PHASE_ABSENT && path->phase != ADAPTER_PHASE_REFUSED;
}

bool path_fault_peer_better(const struct path_fault_facts *facts)
{
	const struct adapter_status_path *path = peer_path(facts);
	/* One that recovers is a standby, and better than one that fails. */
	const enum model_path_state worst =
		facts->peers == PATH_FAULT_NONE ? MODEL_PATH_NON_OPTIMIZED : MODEL_PATH_STANDBY;

	return is_there(path) && facts->peers < facts->own && path->state <= worst;
}

bool path_fault_answer(const struct path_fault_facts *facts)
{
	return facts->own != PATH_FAULT_NONE &&
	       (facts->peer == facts->self || facts->peers == PATH_FAULT_FAILED ||
		       (facts->peer_offline && !is_there(peer_path(facts))));
}

bool path_fault_may_return(const struct path_fault_facts *facts)
{
	const struct adapter_status *report = facts->report;

	return report->known && facts->peer != facts->self && report->live == (int)facts->peer &&
	       report->paths[facts->self].phase == ADAPTER_PHASE_READY &&
	       report->paths[facts->self].state == MODEL_PATH_OPTIMIZED;
}
