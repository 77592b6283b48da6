/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * params.c - checks what comes over framed.sock. Pure; main thread. Nothing is kept: the caller's
 * JSON owns the strings.
 */
#include "ha/frame/params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ha/frame/judge_types.h"
#include "vios-core/model/frame_config.h"

#define FENCE_ACTIONS "\"off\", \"on\", \"reboot\" or \"status\""
#define PLANE_NAME_MAX (sizeof("scsid:/") - 1 + 2 * MODEL_NAME_MAX)

_Static_assert(PLANE_NAME_MAX < JUDGE_NAME, "the judge keeps whole names");

static int fault(char *why, const char *member, const char *wanted)
{
	snprintf(why, PARAMS_WHY, "parameter \"%s\" is missing or wrong; it must be %s", member,
		wanted);
	return -EINVAL;
}

/* The string, or NULL; one with a NUL inside is not one. */
static const char *text_of(json_t *params, const char *member)
{
	json_t *v = json_object_get(params, member);
	const char *s = json_string_value(v);

	return s && strlen(s) == json_string_length(v) ? s : NULL;
}

bool params_plane_name_valid(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:/.";
	size_t len = strlen(name);

	return len > 0 && len <= PLANE_NAME_MAX && strspn(name, allowed) == len;
}

static int vios_of(json_t *params, const char **out, char *why)
{
	*out = text_of(params, "vios");
	if (!*out || !model_name_valid(*out))
		return fault(why, "vios", "the name of a VIOS");
	return 0;
}

int params_plane(json_t *params, struct params_plane *out, char *why)
{
	int r = vios_of(params, &out->vios, why);

	if (r < 0)
		return r;
	out->plane = text_of(params, "plane");
	if (!out->plane || !params_plane_name_valid(out->plane))
		return fault(why, "plane", "\"netd\", or \"scsid:lpar1/scsi0\"");
	if (incarnation_parse(text_of(params, "incarnation"), &out->incarnation) < 0)
		return fault(why, "incarnation", "16 lower-case hex digits, not all 0");
	return 0;
}

static bool adapter_valid(const char *adapter, size_t *client_len)
{
	char client[MODEL_NAME_MAX + 1];
	const char *slash = adapter ? strchr(adapter, '/') : NULL;

	if (!slash || (size_t)(slash - adapter) > MODEL_NAME_MAX)
		return false;
	*client_len = (size_t)(slash - adapter);
	memcpy(client, adapter, *client_len);
	client[*client_len] = 0;
	return model_name_valid(client) && model_name_valid(slash + 1);
}

int params_adapter(json_t *params, const char **adapter, char *why)
{
	size_t client_len;

	*adapter = text_of(params, "adapter");
	if (!adapter_valid(*adapter, &client_len))
		return fault(why, "adapter", "CLIENT/ADAPTER, such as \"lpar1/eth0\"");
	return 0;
}

static int adapter_id(json_t *value, uint32_t *id, char *why)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
		json_integer_value(value) > UINT32_MAX)
		return fault(why, "id", "the adapter's number, 1 and up");
	*id = (uint32_t)json_integer_value(value);
	return 0;
}

int params_adapter_id(json_t *params, const char **adapter, uint32_t *id, char *why)
{
	int r = params_adapter(params, adapter, why);

	return r < 0 ? r : adapter_id(json_object_get(params, "id"), id, why);
}

int params_release(json_t *params, const char **adapter, uint32_t *id, char *why)
{
	json_t *value = json_object_get(params, "id");

	*adapter = NULL;
	*id = 0;
	if (!value)
		return params_adapter(params, adapter, why);
	return adapter_id(value, id, why);
}

int params_adapters(json_t *params, size_t *n, char *why)
{
	json_t *list = json_object_get(params, "adapters");
	const char *adapter;
	uint32_t id;
	int r = 0;

	*n = json_array_size(list);
	if (!json_is_array(list) || *n > PARAMS_ADAPTERS)
		return fault(why, "adapters", "a list of {adapter, id}");
	for (size_t i = 0; r == 0 && i < *n; i++)
		r = params_adapter_id(json_array_get(list, i), &adapter, &id, why);
	return r;
}

int params_live(json_t *params, struct params_live *out, char *why)
{
	json_t *vios = json_object_get(params, "vios");
	int r = params_adapter_id(params, &out->adapter, &out->id, why);

	if (r < 0)
		return r;
	out->client_len = (size_t)(strchr(out->adapter, '/') - out->adapter);
	out->incarnation = 0;
	if (!vios || json_is_null(vios))
		return 0;
	if (incarnation_parse(text_of(params, "incarnation"), &out->incarnation) < 0)
		return fault(why, "incarnation", "16 lower-case hex digits, not all 0");
	return 0;
}

int params_fence(json_t *params, struct params_fence *out, char *why)
{
	const char *action = text_of(params, "action");
	int r = vios_of(params, &out->vios, why);

	if (r < 0)
		return r;
	if (!action)
		return fault(why, "action", FENCE_ACTIONS);
	out->start = strcmp(action, "on") == 0 || strcmp(action, "reboot") == 0;
	out->kill = strcmp(action, "off") == 0 || strcmp(action, "reboot") == 0;
	if (!out->kill && !out->start && strcmp(action, "status") != 0 &&
		strcmp(action, "monitor") != 0)
		return fault(why, "action", FENCE_ACTIONS);
	return 0;
}

int params_client(json_t *params, const char **client, char *why)
{
	*client = text_of(params, "client");
	if (!*client || !model_name_valid(*client))
		return fault(why, "client", "the name of a client");
	return 0;
}

static int mark_of(json_t *v, const char *member, struct witness_mark *out, char *why)
{
	json_t *epoch = json_object_get(v, "epoch");
	json_t *version = json_object_get(v, "version");
	const char *digest = text_of(v, "digest");

	if (!json_is_integer(epoch) || !json_is_integer(version) || !digest ||
		json_integer_value(epoch) < 0 || json_integer_value(version) < 0 ||
		!witness_digest_valid(digest))
		return fault(why, member, "{epoch, version, digest}: two numbers and hex digits");
	out->epoch = (uint64_t)json_integer_value(epoch);
	out->version = (uint64_t)json_integer_value(version);
	memcpy(out->digest, digest, strlen(digest) + 1);
	return 0;
}

static int changed_of(json_t *list, struct witness_ids *out, char *why)
{
	size_t n = json_array_size(list);

	memset(out, 0, sizeof(*out));
	if (json_is_string(list) && strcmp(json_string_value(list), "all") == 0) {
		out->all = true;
		return 0;
	}
	if (!json_is_array(list))
		return fault(why, "changed", "a list of adapter ids, or \"all\"");
	for (size_t i = 0; i < n; i++) {
		json_int_t id = json_integer_value(json_array_get(list, i));

		if (id < 1 || id > UINT32_MAX)
			return fault(why, "changed", "a list of adapter ids, or \"all\"");
		witness_ids_add(out, (uint32_t)id);
	}
	return 0;
}

int params_raise(json_t *params, struct params_raise *out, char *why)
{
	int r = vios_of(params, &out->vios, why);

	if (r == 0)
		r = mark_of(json_object_get(params, "expect"), "expect", &out->expect, why);
	if (r == 0)
		r = mark_of(params, "epoch, version, digest", &out->wanted, why);
	if (r == 0)
		r = changed_of(json_object_get(params, "changed"), &out->changed, why);
	out->in_step = json_is_true(json_object_get(params, "in_step"));
	return r;
}

void params_reason(json_t *params, char *out, size_t size)
{
	const char *s = text_of(params, "reason");
	size_t n = 0;

	for (; s && *s && n + 1 < size; s++)
		out[n++] = *s < ' ' || *s == '"' || *s > '~' ? '.' : *s;
	out[n] = 0;
}
