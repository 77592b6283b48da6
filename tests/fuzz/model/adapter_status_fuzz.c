/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_status_fuzz.c - any bytes as what a mux tells viosd of an adapter. What is accepted is
 * within its bounds and printable, and is read again as the same from what the other end would
 * write. One thread.
 */
#include "vios-core/model/adapter_status.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct model_frame frame = {
	.n_vios = 2, .vios = {{.name = "vios1"}, {.name = "vios2"}}};

static void check_text(const char *text, size_t size)
{
	assert(memchr(text, '\0', size));
	for (; *text; text++)
		assert((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f);
}

static void check(const struct adapter_status *s)
{
	struct adapter_status again;
	json_t *note = adapter_status_json(&frame, s);

	check_text(s->adapter, sizeof(s->adapter));
	assert(s->live >= -1 && s->live < 2);
	for (int i = 0; i < 2; i++) {
		check_text(s->paths[i].reason, sizeof(s->paths[i].reason));
		assert(s->paths[i].phase < ADAPTER_PHASE_N);
		assert(s->paths[i].state < MODEL_PATH_STATES);
	}
	assert(note && !adapter_status_parse(&frame, note, &again));
	assert(memcmp(s, &again, sizeof(again)) == 0);
	json_decref(note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *params = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	struct adapter_status status;

	if (params && !adapter_status_parse(&frame, params, &status))
		check(&status);
	json_decref(params);
	return 0;
}
