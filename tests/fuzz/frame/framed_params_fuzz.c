/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed_params_fuzz.c - any bytes as the params of each method of framed.sock: the first byte
 * picks the method, the rest is the JSON. What is accepted must keep the promises that its users
 * rely on.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ha/frame/params.h"
#include "vios-core/model/frame_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void plane(json_t *params, char *why)
{
	char text[INCARNATION_BYTES];
	struct params_plane out;
	uint64_t again;

	if (params_plane(params, &out, why) < 0)
		return;
	assert(model_name_valid(out.vios) && params_plane_name_valid(out.plane));
	assert(strlen(out.plane) < 64 && !strpbrk(out.plane, "\n\" "));
	incarnation_text(out.incarnation, text);
	assert(incarnation_parse(text, &again) == 0 && again == out.incarnation);
}

static void live(json_t *params, char *why)
{
	struct params_live out;

	if (params_live(params, &out, why) < 0)
		return;
	assert(out.id != 0 && out.adapter[out.client_len] == '/');
	assert(strlen(out.adapter) <= 2 * MODEL_NAME_MAX + 1);
}

static void raise(json_t *params, char *why)
{
	struct witness w = {0}, again;
	char text[WITNESS_TEXT];
	struct params_raise out;
	const char *fault;

	if (params_raise(params, &out, why) < 0)
		return;
	assert(out.changed.n <= WITNESS_IDS && (!out.changed.all || out.changed.n == 0));
	w.mark = out.wanted;
	w.changed = out.changed;
	assert(witness_parse(text, witness_format(&w, text), &again, &fault) == 0);
	assert(memcmp(&w.mark, &again.mark, sizeof(w.mark.epoch) + sizeof(w.mark.version)) == 0);
	assert(strcmp(w.mark.digest, again.mark.digest) == 0 && w.changed.n == again.changed.n);
	w.mark = out.expect;
	witness_raise(&w, out.vios, &out.expect, &out.wanted, &out.changed, out.in_step);
	assert(w.mark.epoch >= out.expect.epoch && w.mark.version >= out.expect.version);
}

static void others(uint8_t method, json_t *params, char *why)
{
	struct params_fence fence;
	const char *text;
	uint32_t id;
	char reason[16];
	size_t n;

	if (method == 3 && params_fence(params, &fence, why) == 0)
		assert(model_name_valid(fence.vios));
	else if (method == 4 && params_client(params, &text, why) == 0)
		assert(model_name_valid(text));
	else if (method == 5 && params_release(params, &text, &id, why) == 0)
		assert(text ? strchr(text, '/') && id == 0 : id > 0);
	else if (method == 7 && params_adapters(params, &n, why) == 0)
		assert(n <= PARAMS_ADAPTERS &&
			n == json_array_size(json_object_get(params, "adapters")));
	else if (method == 6) {
		params_reason(params, reason, sizeof(reason));
		assert(strlen(reason) < sizeof(reason) && !strpbrk(reason, "\n\""));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[PARAMS_WHY] = "";
	json_t *params;

	if (size == 0)
		return 0;
	params = json_loadb((const char *)data + 1, size - 1, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(params)) {
		json_decref(params);
		params = NULL; /* what the methods get then */
	}
	switch (data[0] % 8) {
	case 0:
		plane(params, why);
		break;
	case 1:
		live(params, why);
		break;
	case 2:
		raise(params, why);
		break;
	default:
		others(data[0] % 8, params, why);
	}
	json_decref(params);
	return 0;
}
