/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_config.c - the schema of frame.json as tables, and the frame made from it. Pure; any
 * thread; the caller owns the frame. Each member's default and limits stand in its row; what
 * concerns several members at once (names used twice, features that need others) is in
 * frame_check.c.
 */
#include "vios-core/model/frame_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"
#include "vios-core/model/client_note.h"
#include "vios-core/model/frame_check.h"

static void read_type(struct schema *s, void *object, json_t *value)
{
	struct model_adapter *adapter = object;
	const char *text = json_string_value(value);

	if (value == NULL || (text != NULL && strcmp(text, "ethernet") == 0))
		adapter->type = MODEL_ETHERNET;
	else if (text != NULL && strcmp(text, "scsi") == 0)
		adapter->type = MODEL_SCSI;
	else
		schema_fault(s, "%s is no type of adapter; use \"ethernet\" or \"scsi\"",
			schema_show(value).text);
}

static void write_type(struct schema_out *out, const void *object)
{
	const struct model_adapter *adapter = object;

	schema_put_string(out, adapter->type == MODEL_SCSI ? "scsi" : "ethernet");
}

/* clang-format off */
/* type stands before mac and profile, which depend on it. */
static const struct schema_field adapter_fields[] = {
	{"name",      NAME, MUST, AT(model_adapter, name)},
	{"type",      CUSTOM(read_type, write_type)},
	{"id",        UINT(1, UINT32_MAX, 0), MUST, AT(model_adapter, id)},
	{"mac",       CUSTOM(adapter_read_mac, adapter_write_mac)},
	{"preferred", NAME, AT(model_adapter, preferred)},
	{"profile",   .kind = SCHEMA_OBJECT, .fields = adapter_profile_fields},
	{NULL},
};

const struct schema_field model_client_fields[] = {
	{"name",           NAME, MUST, AT(model_client, name)},
	{"allow_unsealed", .kind = SCHEMA_BOOL, .def = false, AT(model_client, allow_unsealed)},
	{"adapters",       .kind = SCHEMA_ARRAY, MUST, .max = MODEL_ADAPTERS_MAX,
	                   .offset = offsetof(struct model_client, adapters),
	                   .size = sizeof(struct model_adapter),
	                   .count_offset = offsetof(struct model_client, n_adapters),
	                   .fields = adapter_fields},
	{NULL},
};

static const struct schema_field uplink_fields[] = {
	{"name",    NAME, MUST, AT(model_vios, uplink_name)},
	{"devargs", .kind = SCHEMA_TEXT, .max = MODEL_DEVARGS_MAX, MUST, AT(model_vios, uplink_devargs)},
	{NULL},
};

static const struct schema_field vios_fields[] = {
	{"name",      NAME, MUST, AT(model_vios, name)},
	{"node_id",   UINT(1, UINT32_MAX, 0), MUST, AT(model_vios, node_id)},
	{"memory_mb", UINT(32, 65536, 64), AT(model_vios, memory_mb)},
	{"hugepages", .kind = SCHEMA_BOOL, .def = true, AT(model_vios, hugepages)},
	{"workers",   UINT(1, 16, 1), AT(model_vios, workers)},
	{"uplink",    .kind = SCHEMA_OBJECT, MUST, .fields = uplink_fields},
	{NULL},
};

static const struct schema_field frame_fields[] = {
	{"frame",           NAME, MUST, AT(model_frame, name)},
	{"hang_ms",         UINT(1, 60000, 50), AT(model_frame, hang_ms)},
	{"last_resort_ms",  UINT(1, 3600000, 10000), AT(model_frame, last_resort_ms)},
	{"kill_holdoff_ms", UINT(0, 86400000, 60000), AT(model_frame, kill_holdoff_ms)},
	{"vios",            .kind = SCHEMA_ARRAY, MUST, .min = 1, .max = MODEL_VIOS_MAX,
	                    .offset = offsetof(struct model_frame, vios),
	                    .size = sizeof(struct model_vios),
	                    .count_offset = offsetof(struct model_frame, n_vios),
	                    .fields = vios_fields},
	{"clients",         .kind = SCHEMA_ARRAY, .max = MODEL_CLIENTS_MAX, .allocated = true,
	                    .offset = offsetof(struct model_frame, clients),
	                    .size = sizeof(struct model_client),
	                    .count_offset = offsetof(struct model_frame, n_clients),
	                    .fields = model_client_fields},
	{NULL},
};
/* clang-format on */

bool model_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len > MODEL_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (char)(name[i] | 0x20);
		bool letter = c >= 'a' && c <= 'z' && name[i] != '\0';
		bool digit = name[i] >= '0' && name[i] <= '9';

		if (!letter && (i == 0 || !(digit || name[i] == '_' || name[i] == '-')))
			return false;
	}
	return true;
}

static int build(json_t *root, struct model_frame *frame, struct model_faults *faults)
{
	struct schema s = {.faults = faults};
	int rc;

	schema_object(&s, frame_fields, frame, root);
	if (s.no_memory)
		return -ENOMEM;
	rc = frame_check(frame, &s);
	if (rc < 0)
		return rc;
	return faults->n > 0 ? -EINVAL : 0;
}

int model_frame_parse(
	const char *text, size_t len_bytes, struct model_frame **out, struct model_faults *faults)
{
	struct model_frame *frame = calloc(1, sizeof(*frame));
	struct schema s = {.faults = faults};
	json_error_t error;
	json_t *root;
	int rc = -EINVAL;

	faults->n = 0;
	if (frame == NULL)
		return -ENOMEM;
	root = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		schema_fault(&s, "line %d, column %d: %s; mend the JSON there", error.line,
			error.column, error.text);
	else
		rc = build(root, frame, faults);
	json_decref(root);
	if (rc < 0) {
		model_frame_free(frame);
		return rc;
	}
	*out = frame;
	return 0;
}

int model_client_parse(json_t *value, const struct model_frame *frame, struct model_client *out,
	struct model_faults *faults)
{
	struct model_frame alone = {.n_vios = frame->n_vios, .n_clients = 1, .clients = out};
	struct schema s = {.faults = faults, .lenient = true};
	int rc;

	memcpy(alone.vios, frame->vios, sizeof(alone.vios));
	memset(out, 0, sizeof(*out));
	faults->n = 0;
	schema_push(&s, "client", 0);
	if (value == NULL)
		schema_fault(&s, "is missing; add it");
	else
		schema_object(&s, model_client_fields, out, value);
	schema_pop(&s, 0);
	rc = frame_check(&alone, &s);
	if (rc < 0)
		return rc;
	return faults->n > 0 ? -EINVAL : 0;
}

void model_frame_free(struct model_frame *frame)
{
	if (frame == NULL)
		return;
	free(frame->clients);
	free(frame);
}

const struct model_vios *model_frame_vios(const struct model_frame *frame, const char *name)
{
	for (size_t i = 0; i < frame->n_vios; i++) {
		if (strcmp(frame->vios[i].name, name) == 0)
			return &frame->vios[i];
	}
	return NULL;
}

const struct model_client *model_frame_client(const struct model_frame *frame, const char *name)
{
	for (size_t i = 0; i < frame->n_clients; i++) {
		if (strcmp(frame->clients[i].name, name) == 0)
			return &frame->clients[i];
	}
	return NULL;
}

const struct model_adapter *model_client_adapter(
	const struct model_client *client, const char *name)
{
	for (size_t i = 0; i < client->n_adapters; i++) {
		if (strcmp(client->adapters[i].name, name) == 0)
			return &client->adapters[i];
	}
	return NULL;
}
