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

#include "vios-core/model/client_note.h"
#include "vios-core/model/features.h"
#include "vios-core/model/frame_check.h"
#include "vios-core/model/schema.h"

static enum feature_space space_of(const struct model_adapter *adapter)
{
	return adapter->type == MODEL_SCSI ? FEATURE_VIRTIO_SCSI : FEATURE_VIRTIO_NET;
}

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

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "02:76:69:00:00:01" */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		int high = hex(text[3 * i]), low = hex(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

static void read_mac(struct schema *s, void *object, json_t *value)
{
	static const uint8_t zero[6];
	struct model_adapter *adapter = object;
	const char *text = json_string_value(value);
	uint8_t mac[6];

	if (value == NULL && adapter->type == MODEL_ETHERNET)
		schema_fault(s, "is missing; give the adapter a MAC address of its own");
	else if (value != NULL && adapter->type == MODEL_SCSI)
		schema_fault(s, "a scsi adapter has none; remove it");
	if (value == NULL || adapter->type == MODEL_SCSI)
		return;
	if (text == NULL || !mac_parse(text, mac))
		schema_fault(s, "%s is not a MAC address; write it as \"02:76:69:00:00:01\"",
			schema_show(value).text);
	else if (mac[0] & 1)
		schema_fault(s, "%s is a multicast address; the first byte must be even", text);
	else if (memcmp(mac, zero, sizeof(mac)) == 0)
		schema_fault(s, "%s is no address; give the adapter one of its own", text);
	else
		memcpy(adapter->mac, mac, sizeof(mac));
}

static void read_ring_size(struct schema *s, void *object, json_t *value)
{
	struct model_profile *profile = &((struct model_adapter *)object)->profile;
	json_int_t n = value != NULL ? json_integer_value(value) : 256;

	if (n < 64 || n > 1024 || (n & (n - 1)) != 0)
		schema_fault(s, "%s is no ring size; use 64, 128, 256, 512 or 1024",
			schema_show(value).text);
	else
		profile->ring_size = (uint16_t)n;
}

static const char *feature_suggest(enum feature_space space, const char *name)
{
	const char *found = NULL, *candidate;
	size_t best = SIZE_MAX;

	for (size_t i = 0; (candidate = features_nth(space, i)) != NULL; i++) {
		if (features_bit(space, candidate) >= 0 && suggest_nearer(name, candidate, &best))
			found = candidate;
	}
	return found;
}

static uint64_t read_feature(struct schema *s, enum feature_space space, json_t *value)
{
	const char *name = json_string_value(value);
	int bit = name != NULL ? features_bit(space, name) : -EINVAL;
	const char *meant = bit == -ENOENT ? feature_suggest(space, name) : NULL;

	if (bit >= 0)
		return UINT64_C(1) << bit;
	if (bit == -EPERM)
		schema_fault(s, "%s does not survive a switch between two VIOS; remove it",
			schema_show(value).text);
	else if (meant != NULL)
		schema_fault(s, "%s is no feature; did you mean \"%s\"?", schema_show(value).text,
			meant);
	else
		schema_fault(s, "%s is no feature of this kind of adapter; remove it",
			schema_show(value).text);
	return 0;
}

static uint64_t read_features(struct schema *s, enum feature_space space, json_t *value)
{
	uint64_t mask = 0;

	if (value == NULL)
		return features_default(space);
	if (!json_is_array(value)) {
		schema_fault(s, "%s is not a list; write the features' names in [ ... ]",
			schema_show(value).text);
		return 0;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		size_t was = schema_push(s, NULL, i);

		mask |= read_feature(s, space, json_array_get(value, i));
		schema_pop(s, was);
	}
	return mask;
}

/* virtio 1.2, 6.1: without VERSION_1 the guest's rings would be legacy ones. */
static void read_virtio_features(struct schema *s, void *object, json_t *value)
{
	struct model_adapter *adapter = object;
	enum feature_space space = space_of(adapter);

	adapter->profile.virtio_features = read_features(s, space, value) |
					   UINT64_C(1) << features_bit(space, "VIRTIO_F_VERSION_1");
}

static void read_protocol_features(struct schema *s, void *object, json_t *value)
{
	struct model_adapter *adapter = object;

	adapter->profile.protocol_features = read_features(s, FEATURE_PROTOCOL, value);
}

#define AT(type, member)                                                                           \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define UINT(least, most, otherwise)                                                               \
	.kind = SCHEMA_UINT, .min = least, .max = most, .def = otherwise
#define NAME .kind = SCHEMA_NAME
#define MUST .required = true
#define CUSTOM(f) .kind = SCHEMA_CUSTOM, .fn = f

/* clang-format off */
static const struct schema_field profile_fields[] = {
	{"version",           UINT(1, UINT32_MAX, 1), AT(model_adapter, profile.version)},
	{"queue_pairs",       UINT(1, MODEL_QUEUE_PAIRS_MAX, 1), AT(model_adapter, profile.queue_pairs)},
	{"ring_size",         CUSTOM(read_ring_size)},
	{"mtu",               UINT(576, 9000, 1500), AT(model_adapter, profile.mtu)},
	{"features",          CUSTOM(read_virtio_features)},
	{"protocol_features", CUSTOM(read_protocol_features)},
	{NULL},
};

/* type stands before mac and profile, which depend on it. */
static const struct schema_field adapter_fields[] = {
	{"name",      NAME, MUST, AT(model_adapter, name)},
	{"type",      CUSTOM(read_type)},
	{"id",        UINT(1, UINT32_MAX, 0), MUST, AT(model_adapter, id)},
	{"mac",       CUSTOM(read_mac)},
	{"preferred", NAME, AT(model_adapter, preferred)},
	{"profile",   .kind = SCHEMA_OBJECT, .fields = profile_fields},
	{NULL},
};

static const struct schema_field client_fields[] = {
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
	{"clients",         .kind = SCHEMA_ARRAY, MUST, .max = MODEL_CLIENTS_MAX, .allocated = true,
	                    .offset = offsetof(struct model_frame, clients),
	                    .size = sizeof(struct model_client),
	                    .count_offset = offsetof(struct model_frame, n_clients),
	                    .fields = client_fields},
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
	struct schema s = {.faults = faults};
	int rc;

	memcpy(alone.vios, frame->vios, sizeof(alone.vios));
	memset(out, 0, sizeof(*out));
	faults->n = 0;
	schema_push(&s, "client", 0);
	if (value == NULL)
		schema_fault(&s, "is missing; add it");
	else
		schema_object(&s, client_fields, out, value);
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
