// SPDX-License-Identifier: BSD-3-Clause
/*
 * backup_fuzz.c - any bytes as a file of viosbr: what is taken has a state, is listed in printable
 * lines, and is the same when it is written again.
 */
#include "vios-core/cli/backup.h"
#include "vios-core/cli/jx.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(json_t *file)
{
	char fault[BACKUP_FAULT_BYTES] = "", *view = backup_view(file, "F", NULL);

	for (const char *at = view; *at; at++)
		assert(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
	free(view);
	char *text = backup_write(file, "today");
	json_t *again = text ? backup_read(text, strlen(text), fault) : NULL;
	assert(again);
	assert(json_equal(json_object_get(again, "state"), json_object_get(file, "state")));
	json_decref(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char fault[BACKUP_FAULT_BYTES] = "";
	json_t *file = backup_read((const char *)data, size, fault);

	assert(file || fault[0]);
	if (file) {
		assert(json_is_object(json_object_get(file, "state")));
		check(file);
		json_decref(file);
	}
	/* and with the checksum put right, so that what is behind it is seen, too */
	json_t *state = json_loadb((const char *)data, size, 0, NULL);
	if (json_is_object(state)) {
		json_t *config = json_pack("{s:O}", "state", state);
		check(config);
		json_decref(config);
	}
	json_decref(state);
	return 0;
}
