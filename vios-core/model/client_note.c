/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_note.c - a client as JSON, and the note that carries it from a viosd to a mux. Pure; any
 * thread; the caller owns what is returned.
 */
#include "vios-core/model/client_note.h"

#include <errno.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"
#include "vios-core/model/schema_write.h"

void model_profile_raise(struct model_profile *profile, const struct model_profile *to)
{
	if (profile->mtu < to->mtu)
		profile->mtu = to->mtu;
	if (profile->ring_size < to->ring_size)
		profile->ring_size = to->ring_size;
}

bool client_note_newer(const struct client_note *note, uint64_t epoch, uint64_t version)
{
	return note->epoch > epoch || (note->epoch == epoch && note->version > version);
}

bool model_profile_same(const struct model_profile *a, const struct model_profile *b)
{
	return a->virtio_features == b->virtio_features &&
	       a->protocol_features == b->protocol_features && a->queue_pairs == b->queue_pairs &&
	       a->ring_size == b->ring_size && a->mtu == b->mtu;
}

json_t *model_client_json(const struct model_client *client)
{
	return schema_json(model_client_fields, client);
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
