/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_note.c - a client as JSON, and the note that carries it from a viosd to a mux. Pure; any
 * thread; the caller owns what is returned.
 */
#include "vios-core/model/client_note.h"

#include <errno.h>
#include <string.h>

#include "vios-core/model/features.h"
#include "vios-core/model/schema.h"

static json_t *features_json(enum feature_space space, uint64_t mask)
{
	json_t *list = json_array();

	for (unsigned bit = 0; list != NULL && bit < 64; bit++) {
		if (mask >> bit & 1)
			json_array_append_new(list, json_string(features_name(space, bit)));
	}
	return list;
}

static json_t *profile_json(const struct model_adapter *a)
{
	const struct model_profile *p = &a->profile;
	enum feature_space space = a->type == MODEL_SCSI ? FEATURE_VIRTIO_SCSI : FEATURE_VIRTIO_NET;

	return json_pack("{s:I, s:i, s:i, s:i, s:o, s:o}", "version", (json_int_t)p->version,
		"queue_pairs", (int)p->queue_pairs, "ring_size", (int)p->ring_size, "mtu",
		(int)p->mtu, "features", features_json(space, p->virtio_features),
		"protocol_features", features_json(FEATURE_PROTOCOL, p->protocol_features));
}

static json_t *adapter_json(const struct model_adapter *a)
{
	const uint8_t *m = a->mac;
	json_t *mac = a->type == MODEL_ETHERNET ? json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x",
							  m[0], m[1], m[2], m[3], m[4], m[5])
						: NULL;

	return json_pack("{s:s, s:s, s:I, s:o*, s:s*, s:o}", "name", a->name, "type",
		a->type == MODEL_SCSI ? "scsi" : "ethernet", "id", (json_int_t)a->id, "mac", mac,
		"preferred", a->preferred[0] != '\0' ? a->preferred : NULL, "profile",
		profile_json(a));
}

json_t *model_client_json(const struct model_client *client)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < client->n_adapters; i++)
		json_array_append_new(list, adapter_json(&client->adapters[i]));
	return json_pack("{s:s, s:b, s:o}", "name", client->name, "allow_unsealed",
		(int)client->allow_unsealed, "adapters", list);
}

json_t *client_note_json(uint64_t epoch, uint64_t version, const struct model_client *client)
{
	return json_pack("{s:I, s:I, s:o}", "epoch", (json_int_t)epoch, "version",
		(json_int_t)version, "client",
		client != NULL ? model_client_json(client) : json_null());
}

static uint64_t read_count(struct schema *s, json_t *note, const char *member)
{
	json_t *value = json_object_get(note, member);
	size_t was = schema_push(s, member, 0);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		schema_fault(s, "%s is not a number from 0", schema_show(value).text);
	schema_pop(s, was);
	return (uint64_t)json_integer_value(value);
}

int client_note_parse(json_t *value, const struct model_frame *frame, const char *name,
	struct client_note *out, struct model_faults *faults)
{
	json_t *client = json_object_get(value, "client");
	struct schema s = {.faults = faults};
	int rc = 0;

	memset(out, 0, sizeof(*out));
	faults->n = 0;
	out->present = !json_is_null(client);
	if (out->present)
		rc = model_client_parse(client, frame, &out->client, faults);
	if (rc == -ENOMEM)
		return rc;
	out->epoch = read_count(&s, value, "epoch");
	out->version = read_count(&s, value, "version");
	if (out->present && rc == 0 && strcmp(out->client.name, name) != 0)
		schema_fault(&s, "client.name: \"%s\" is not %s", out->client.name, name);
	return faults->n > 0 ? -EINVAL : 0;
}
