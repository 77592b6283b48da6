/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_check.c - rules between members of frame.json: what must be unique, what names something,
 * which feature needs which. Pure; any thread; owns nothing beyond a call. Work is bounded by n log
 * n in the adapters: a file may hold 16,384 of them.
 */
#include "vios-core/model/frame_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"

/* A number that must be unique among the adapters, and where it stands. */
struct key {
	uint64_t value;
	size_t client, adapter;
};

static int key_compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	return x->adapter < y->adapter ? -1 : x->adapter > y->adapter;
}

static uint64_t key_of_id(const struct model_adapter *adapter)
{
	return adapter->id;
}

static uint64_t key_of_mac(const struct model_adapter *adapter)
{
	uint64_t value = 0;

	for (size_t i = 0; i < sizeof(adapter->mac); i++)
		value = value << 8 | adapter->mac[i];
	return value;
}

static size_t keys_collect(const struct model_frame *frame,
	uint64_t (*key_of)(const struct model_adapter *), struct key *keys)
{
	size_t n = 0;

	for (size_t c = 0; c < frame->n_clients; c++) {
		for (size_t a = 0; a < frame->clients[c].n_adapters; a++) {
			uint64_t value = key_of(&frame->clients[c].adapters[a]);

			if (value != 0)
				keys[n++] = (struct key){value, c, a};
		}
	}
	return n;
}

static size_t push_adapter(struct schema *s, size_t client, size_t adapter, const char *member)
{
	size_t was = schema_push(s, "clients", 0);

	schema_push(s, NULL, client);
	schema_push(s, "adapters", 0);
	schema_push(s, NULL, adapter);
	if (member != NULL)
		schema_push(s, member, 0);
	return was;
}

static void fault_key_twice(
	struct schema *s, const char *member, const struct key *first, const struct key *again)
{
	size_t was = push_adapter(s, again->client, again->adapter, member);
	unsigned long long v = again->value;

	if (strcmp(member, "mac") == 0)
		schema_fault(s,
			"%02llx:%02llx:%02llx:%02llx:%02llx:%02llx is used by "
			"clients[%zu].adapters[%zu], too; "
			"give every adapter a MAC of its own",
			v >> 40 & 255, v >> 32 & 255, v >> 24 & 255, v >> 16 & 255, v >> 8 & 255,
			v & 255, first->client, first->adapter);
	else
		schema_fault(s,
			"%llu is used by clients[%zu].adapters[%zu], too; give every adapter an id "
			"of its own",
			v, first->client, first->adapter);
	schema_pop(s, was);
}

static int check_keys(const struct model_frame *frame, struct schema *s, const char *member,
	uint64_t (*key_of)(const struct model_adapter *))
{
	size_t room = 1, n, first = 0;
	struct key *keys;

	for (size_t c = 0; c < frame->n_clients; c++)
		room += frame->clients[c].n_adapters;
	keys = calloc(room, sizeof(*keys));
	if (keys == NULL)
		return -ENOMEM;
	n = keys_collect(frame, key_of, keys);
	qsort(keys, n, sizeof(*keys), key_compare);
	for (size_t i = 1; i < n; i++) {
		if (keys[i].value != keys[first].value)
			first = i;
		else
			fault_key_twice(s, member, &keys[first], &keys[i]);
	}
	free(keys);
	return 0;
}

static void fault_name_twice(
	struct schema *s, const char *list, size_t again, size_t first, const char *name)
{
	size_t was = schema_push(s, list, 0);

	schema_push(s, NULL, again);
	schema_push(s, "name", 0);
	schema_fault(s, "\"%s\" is the name of %s[%zu], too; names must differ", name, list, first);
	schema_pop(s, was);
}

static void check_vios(const struct model_frame *frame, struct schema *s)
{
	const struct model_vios *v = frame->vios;
	size_t was;

	if (frame->n_vios < 2)
		return;
	if (v[0].name[0] != '\0' && strcmp(v[0].name, v[1].name) == 0)
		fault_name_twice(s, "vios", 1, 0, v[0].name);
	if (v[0].node_id != 0 && v[0].node_id == v[1].node_id) {
		was = schema_push(s, "vios[1].node_id", 0);
		schema_fault(s,
			"%u is used by vios[0], too; take the nodeid of each from corosync.conf",
			(unsigned)v[1].node_id);
		schema_pop(s, was);
	}
}

/* The run directory has folders of its own beside those of the VIOS. */
static void check_reserved(const struct model_frame *frame, struct schema *s)
{
	for (size_t i = 0; i < frame->n_vios; i++) {
		const char *name = frame->vios[i].name;

		if (strcmp(name, "frame") != 0 && strcmp(name, "clients") != 0)
			continue;
		size_t was = schema_push(s, "vios", 0);

		schema_push(s, NULL, i);
		schema_push(s, "name", 0);
		schema_fault(
			s, "\"%s\" is a folder of the run directory; choose another name", name);
		schema_pop(s, was);
	}
}

static void check_client_names(const struct model_frame *frame, struct schema *s)
{
	for (size_t i = 1; i < frame->n_clients; i++) {
		const char *name = frame->clients[i].name;

		for (size_t j = 0; j < i && name[0] != '\0'; j++) {
			if (strcmp(name, frame->clients[j].name) != 0)
				continue;
			fault_name_twice(s, "clients", i, j, name);
			break;
		}
	}
}

static void check_adapter_names(const struct model_client *client, struct schema *s)
{
	for (size_t i = 1; i < client->n_adapters; i++) {
		const char *name = client->adapters[i].name;

		for (size_t j = 0; j < i && name[0] != '\0'; j++) {
			if (strcmp(name, client->adapters[j].name) != 0)
				continue;
			fault_name_twice(s, "adapters", i, j, name);
			break;
		}
	}
}

static void check_features(const struct model_adapter *adapter, struct schema *s)
{
	size_t was = schema_push(s, "profile", 0);

	adapter_check_features(adapter, s);
	schema_pop(s, was);
}

void frame_check_client(const struct model_client *client, struct schema *s)
{
	check_adapter_names(client, s);
	for (size_t a = 0; a < client->n_adapters; a++) {
		size_t was = schema_push(s, "adapters", 0);

		schema_push(s, NULL, a);
		check_features(&client->adapters[a], s);
		schema_pop(s, was);
	}
}

static void check_preferred(
	const struct model_frame *frame, const struct model_adapter *adapter, struct schema *s)
{
	size_t was;

	if (adapter->preferred[0] == '\0' || model_frame_vios(frame, adapter->preferred) != NULL)
		return;
	was = schema_push(s, "preferred", 0);
	schema_fault(
		s, "\"%s\" is no VIOS of this frame; name one of its vios", adapter->preferred);
	schema_pop(s, was);
}

static void check_partition(
	const struct model_frame *frame, const struct model_client *client, struct schema *s)
{
	size_t was;

	if (client->name[0] == '\0' || model_frame_vios(frame, client->name) == NULL)
		return;
	was = schema_push(s, "name", 0);
	schema_fault(s, "\"%s\" is a VIOS; give each partition a name of its own", client->name);
	schema_pop(s, was);
}

static void check_clients(const struct model_frame *frame, struct schema *s)
{
	check_client_names(frame, s);
	for (size_t c = 0; c < frame->n_clients; c++) {
		const struct model_client *client = &frame->clients[c];
		size_t was = schema_push(s, "clients", 0);

		schema_push(s, NULL, c);
		check_partition(frame, client, s);
		frame_check_client(client, s);
		schema_pop(s, was);
		for (size_t a = 0; a < client->n_adapters; a++) {
			was = push_adapter(s, c, a, NULL);
			check_preferred(frame, &client->adapters[a], s);
			schema_pop(s, was);
		}
	}
}

int frame_check(const struct model_frame *frame, struct schema *s)
{
	int rc;

	check_vios(frame, s);
	check_reserved(frame, s);
	check_clients(frame, s);
	rc = check_keys(frame, s, "id", key_of_id);
	return rc < 0 ? rc : check_keys(frame, s, "mac", key_of_mac);
}
