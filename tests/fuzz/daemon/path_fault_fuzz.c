/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_fault_fuzz.c - any JSON as a target's note of a path, and as what a peer says of one. What
 * is taken is within its limits, can be printed, and is said again as it was.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "vios-core/daemon/path_fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const char *error)
{
	assert(error[0] && strlen(error) < PATH_FAULT_ERROR);
	for (const char *c = error; *c; c++)
		assert(*c > ' ' && *c < 0x7f);
}

static void check_note(const struct path_fault_note *note)
{
	struct path_faults faults = {0};

	assert(note->lun < PATH_FAULT_LUNS && note->state < PATH_FAULT_STATES);
	check_error(note->error);
	assert(path_faults_take(&faults, note) == (note->state != PATH_FAULT_NONE));
	assert(path_faults_state(&faults) == note->state);
	assert(!path_faults_take(&faults, note));
}

static void check_faults(const struct path_faults *faults)
{
	struct path_faults again;
	json_t *json = path_faults_json(faults);

	assert(faults->n <= PATH_FAULT_TOLD);
	assert((path_faults_state(faults) != PATH_FAULT_NONE) == (faults->n > 0));
	assert(path_faults_read(json, &again) == 0);
	assert(memcmp(&again, faults, sizeof(again)) == 0);
	if (faults->n > 0)
		check_error(faults->error);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *value = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	struct path_fault_note note;
	struct path_faults faults;

	if (path_fault_parse(value, &note) == 0)
		check_note(&note);
	if (path_faults_read(value, &faults) == 0)
		check_faults(&faults);
	json_decref(value);
	return 0;
}
