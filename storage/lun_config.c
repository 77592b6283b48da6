/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the parameters of `configure`. Pure; main thread; everything is the caller's. */
#include "storage/lun_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/vring.h"
#include "vios-core/model/features.h"
#include "vios-core/model/path_state.h"

#define QUEUES_MAX 16
#define F_INOUT 0
#define HOLD_MS 60000
#define HOLD_MS_MAX 3600000
#define PATH_ERROR_MS 2000
#define PATH_ERROR_MS_MAX 600000
#define MAX_TRANSFER_BYTES (4u << 20)
#define MEDIUM_BLOCK 2048

struct why {
	char *text;
	size_t bytes;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, why->bytes, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* A whole number within limits; one that is not there is def. */
static int get_number(struct why *why, json_t *object, const char *name, uint64_t min, uint64_t max,
	uint64_t def, uint64_t *out)
{
	json_t *value = json_object_get(object, name);

	*out = def;
	if (!value)
		return 0;
	*out = (uint64_t)json_integer_value(value);
	if (!json_is_integer(value) || json_integer_value(value) < 0 || *out < min || *out > max)
		return refuse(why, "%s: must be a whole number from %llu to %llu", name,
			(unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int get_text(struct why *why, json_t *object, const char *name, char *out, size_t bytes)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || !*text || strlen(text) >= bytes)
		return refuse(why, "%s: must be a text of 1 to %zu bytes", name, bytes - 1);
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			return refuse(why, "%s: may hold printable ASCII only", name);
	strcpy(out, text);
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 16 or 32 hex digits. */
static int get_naa(struct why *why, json_t *object, uint8_t *out, unsigned *n)
{
	const char *text = json_string_value(json_object_get(object, "naa"));
	size_t len = text ? strlen(text) : 0;

	if (len != 16 && len != 32)
		return refuse(why, "naa: must be 16 or 32 small hexadecimal digits");
	for (size_t i = 0; i < len; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);

		if (high < 0 || low < 0)
			return refuse(why, "naa: \"%s\" is not of small hexadecimal digits", text);
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	*n = (unsigned)len / 2;
	return 0;
}

/* A drive's path may be left out, and its blocks are those of media. */
static int get_type(struct why *why, json_t *object, struct lun_config *out)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	const char *path = json_string_value(json_object_get(object, "path"));

	out->optical = type && !strcmp(type, "optical");
	if (json_object_get(object, "type") && !out->optical && (!type || strcmp(type, "disk")))
		return refuse(why, "type: must be disk or optical");
	if (out->optical && (!json_object_get(object, "path") || (path && !*path)))
		return 0;
	return get_text(why, object, "path", out->path, sizeof(out->path));
}

static int get_block(struct why *why, json_t *object, struct lun_config *out)
{
	uint64_t block;
	int rc = get_number(why, object, "block_bytes", 0, 4096, 0, &block);

	if (rc)
		return rc;
	if (out->optical && block && block != MEDIUM_BLOCK)
		return refuse(why, "block_bytes: %llu is not 2048, as of a drive",
			(unsigned long long)block);
	if (!out->optical && block && block != 512 && block != 4096)
		return refuse(why, "block_bytes: %llu is neither 512 nor 4096",
			(unsigned long long)block);
	out->block_bytes = out->optical ? MEDIUM_BLOCK : (uint32_t)block;
	return 0;
}

static const uint8_t alua_states[MODEL_PATH_STATES] = {
	[MODEL_PATH_OPTIMIZED] = ALUA_OPTIMIZED,
	[MODEL_PATH_NON_OPTIMIZED] = ALUA_NON_OPTIMIZED,
	[MODEL_PATH_STANDBY] = ALUA_STANDBY,
	[MODEL_PATH_UNAVAILABLE] = ALUA_UNAVAILABLE,
	[MODEL_PATH_TRANSITIONING] = ALUA_TRANSITIONING,
};

static int get_group(struct why *why, json_t *object, struct alua_group *out)
{
	const char *name = json_string_value(json_object_get(object, "state"));
	enum model_path_state state;
	uint64_t id, port;
	int rc = get_number(why, object, "id", 0, 65535, UINT64_MAX, &id);

	if (!rc)
		rc = get_number(why, object, "port", 1, 65535, UINT64_MAX, &port);
	if (rc)
		return rc;
	if (id == UINT64_MAX || port == UINT64_MAX)
		return refuse(why, "groups: each has an id and a port");
	if (!name || model_path_state_parse(name, &state))
		return refuse(why, "groups: state: \"%.32s\" is none", name ? name : "");
	*out = (struct alua_group){.id = (uint16_t)id,
		.state = alua_states[state],
		.cause = json_is_true(json_object_get(object, "by_command")) ? ALUA_BY_COMMAND
									     : ALUA_IMPLICIT,
		.preferred = json_is_true(json_object_get(object, "preferred")),
		.ports = 1,
		.port = {(uint16_t)port}};
	return 0;
}

static int get_groups(struct why *why, json_t *list, struct alua *out)
{
	if (!list)
		return 0;
	if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > ALUA_GROUPS)
		return refuse(why, "groups: must be a list of 1 to %d", ALUA_GROUPS);
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct alua_group *group = &out->group[out->groups];
		int rc = get_group(why, json_array_get(list, i), group);

		if (rc)
			return rc;
		if (alua_find(out, group->id))
			return refuse(why, "groups: two have the id %u", group->id);
		out->groups++;
	}
	return 0;
}

static int get_lun(struct why *why, json_t *object, struct lun_config *out)
{
	uint64_t lun;
	int rc = json_is_object(object) ? 0 : refuse(why, "luns: must be a list of objects");

	*out = (struct lun_config){0};
	if (!rc)
		rc = get_number(why, object, "lun", 0, SCSI_LUNS - 1, UINT64_MAX, &lun);
	if (!rc && lun == UINT64_MAX)
		rc = refuse(why, "lun: is missing");
	if (!rc)
		rc = get_text(why, object, "name", out->name, sizeof(out->name));
	if (!rc)
		rc = get_type(why, object, out);
	if (!rc)
		rc = get_text(why, object, "serial", out->serial, sizeof(out->serial));
	if (!rc)
		rc = get_naa(why, object, out->naa, &out->naa_bytes);
	if (!rc && json_object_get(object, "other_path"))
		rc = get_text(why, object, "other_path", out->other_path, sizeof(out->other_path));
	if (!rc && json_object_get(object, "reservations"))
		rc = get_text(
			why, object, "reservations", out->reservations, sizeof(out->reservations));
	if (!rc)
		rc = get_block(why, object, out);
	if (!rc)
		rc = get_groups(why, json_object_get(object, "groups"), &out->alua);
	if (rc)
		return rc;
	out->lun = (unsigned)lun;
	out->read_only = out->optical || json_is_true(json_object_get(object, "read_only"));
	out->shared = json_is_true(json_object_get(object, "shared"));
	out->alua.by_command = json_is_true(json_object_get(object, "explicit_alua"));
	return 0;
}

static int get_luns(struct why *why, json_t *list, struct lun_config *luns, unsigned *n)
{
	*n = 0;
	if (!json_is_array(list) || json_array_size(list) > SCSI_LUNS)
		return refuse(why, "luns: must be a list of at most %d", SCSI_LUNS);
	for (size_t i = 0; i < json_array_size(list); i++) {
		int rc = get_lun(why, json_array_get(list, i), &luns[*n]);

		if (rc)
			return rc;
		for (unsigned k = 0; k < *n; k++)
			if (luns[k].lun == luns[*n].lun || !strcmp(luns[k].name, luns[*n].name))
				return refuse(why, "luns: %s and %s are both LUN %u or of one name",
					luns[k].name, luns[*n].name, luns[*n].lun);
		(*n)++;
	}
	return 0;
}

static int get_port(struct why *why, json_t *params, struct adapter_config *out)
{
	uint64_t port, group;
	uint8_t naa[16];
	unsigned n = 0;
	json_t *object = json_object_get(params, "port");
	int rc = get_number(why, object, "relative", 1, 65535, 1, &port);

	if (!rc)
		rc = get_number(why, object, "group", 0, 65535, 1, &group);
	if (!rc)
		rc = get_naa(why, object, naa, &n);
	if (!rc && n != 8)
		rc = refuse(why, "port: naa: must be 16 hexadecimal digits");
	if (rc)
		return rc;
	out->port = (struct scsi_port){
		.initiator = out->id, .relative_port = (uint16_t)port, .group = (uint16_t)group};
	memcpy(out->port.naa, naa, 8);
	return 0;
}

static int get_path_times(struct why *why, json_t *params, struct adapter_config *out)
{
	uint64_t hold, error;
	int rc = get_number(why, params, "hold_ms", 0, HOLD_MS_MAX, HOLD_MS, &hold);

	if (!rc)
		rc = get_number(
			why, params, "path_error_ms", 1, PATH_ERROR_MS_MAX, PATH_ERROR_MS, &error);
	if (rc)
		return rc;
	out->hold_ms = (uint32_t)hold;
	out->path_error_ms = (uint32_t)error;
	return 0;
}

static int get_adapter(
	struct why *why, json_t *params, const char *adapter, struct adapter_config *out)
{
	const char *name = json_string_value(json_object_get(params, "adapter"));
	uint64_t allowed = features_allowed(FEATURE_VIRTIO_SCSI) & ~(UINT64_C(1) << F_INOUT);
	uint64_t id, queues, size;
	int rc;

	if (!name || strcmp(name, adapter))
		return refuse(why, "adapter: \"%.64s\" is not %s, which this target is for",
			name ? name : "", adapter);
	rc = get_number(why, params, "id", 1, UINT32_MAX, 0, &id);
	if (!rc && !id)
		rc = refuse(why, "id: is missing");
	if (!rc)
		rc = get_number(why, params, "request_queues", 1, QUEUES_MAX, 1, &queues);
	if (!rc)
		rc = get_number(why, params, "ring_size", 2, VRING_SIZE_MAX, 128, &size);
	if (!rc && (size & (size - 1)))
		rc = refuse(why, "ring_size: %llu is no power of two", (unsigned long long)size);
	if (!rc)
		rc = get_number(why, params, "virtio_features", 0, INT64_MAX,
			features_default(FEATURE_VIRTIO_SCSI), &out->virtio_features);
	if (!rc && (out->virtio_features & ~allowed))
		rc = refuse(why, "virtio_features: 0x%llx are not offered by this target",
			(unsigned long long)(out->virtio_features & ~allowed));
	if (rc)
		return rc;
	out->id = (uint32_t)id;
	out->request_queues = (unsigned)queues;
	out->ring_size = (unsigned)size;
	out->allow_unsealed = json_is_true(json_object_get(params, "allow_unsealed"));
	rc = get_path_times(why, params, out);
	return rc ? rc : get_port(why, params, out);
}

int lun_config_parse(json_t *params, const char *adapter, struct adapter_config *out,
	struct lun_config *luns, unsigned *n_luns, char *why_text, size_t why_bytes)
{
	struct why why = {why_text, why_bytes};
	int rc;

	*out = (struct adapter_config){0};
	rc = get_adapter(&why, params, adapter, out);
	return rc ? rc : get_luns(&why, json_object_get(params, "luns"), luns, n_luns);
}

void lun_config_scsi(const struct lun_config *lun, uint64_t size_bytes, uint32_t block_bytes,
	bool is_file, struct scsi_lun_config *out)
{
	*out = (struct scsi_lun_config){
		.type = SCSI_DISK,
		.vendor = "VIOS",
		.product = "VDASD",
		.revision = "0001",
		.naa_len = (uint8_t)lun->naa_bytes,
		.block_len = block_bytes,
		.blocks = size_bytes / block_bytes,
		.read_only = lun->read_only,
		.unmap = true,
		.unmap_zeroes = is_file,
		.thin = is_file,
		.max_transfer_blocks = MAX_TRANSFER_BYTES / block_bytes,
		.max_unmap_blocks = 1u << 20,
		.unmap_granularity = 4096 / block_bytes,
		.max_write_same_blocks = (64u << 20) / block_bytes,
		.max_compare_and_write_blocks = 128,
		.explicit_alua = !lun->optical && lun->alua.by_command,
	};
	if (lun->optical) {
		memcpy(out->product, "VOPTA", sizeof("VOPTA"));
		out->type = SCSI_OPTICAL;
		out->unmap = out->unmap_zeroes = out->thin = false;
		out->max_unmap_blocks = out->unmap_granularity = 0;
		out->max_write_same_blocks = 0;
		out->max_compare_and_write_blocks = 0;
	}
	memcpy(out->serial, lun->serial, sizeof(out->serial));
	memcpy(out->naa, lun->naa, sizeof(out->naa));
}

void lun_config_alua(const struct lun_config *lun, const struct scsi_port *port, struct alua *out)
{
	*out = lun->alua;
	if (lun->alua.groups)
		return;
	out->groups = 1;
	out->group[0] = (struct alua_group){.id = port->group,
		.state = ALUA_OPTIMIZED,
		.preferred = true,
		.ports = 1,
		.port = {port->relative_port}};
}

bool lun_config_same(const struct lun_config *a, const struct lun_config *b)
{
	return a->lun == b->lun && !strcmp(a->name, b->name) && !strcmp(a->path, b->path) &&
	       !strcmp(a->serial, b->serial) && !memcmp(a->naa, b->naa, sizeof(a->naa)) &&
	       a->naa_bytes == b->naa_bytes && a->block_bytes == b->block_bytes &&
	       a->optical == b->optical && a->read_only == b->read_only &&
	       !strcmp(a->other_path, b->other_path) && !strcmp(a->reservations, b->reservations);
}

bool lun_config_same_drive(const struct lun_config *a, const struct lun_config *b)
{
	struct lun_config other = *b;

	memcpy(other.path, a->path, sizeof(other.path));
	return a->optical && lun_config_same(a, &other);
}
