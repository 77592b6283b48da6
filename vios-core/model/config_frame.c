/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_frame.c - the state from frame.json, and frame.json's objects from the state. Pure; any
 * thread; the caller owns what it gets.
 */
#include "vios-core/model/config_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"
#include "vios-core/model/config_names.h"
#include "vios-core/model/config_priv.h"
#include "vios-core/model/frame_check.h"

#define FIRST_PARTITION_ID (MODEL_VIOS_MAX + 1) /* the VIOS come first */

static void name_copy(char to[MODEL_NAME_MAX + 1], const char from[MODEL_NAME_MAX + 1])
{
	memcpy(to, from, MODEL_NAME_MAX + 1);
}

static int add_vios(struct config *config, const struct model_vios *vios)
{
	struct config_vios object = {.node_id = vios->node_id,
		.memory_mb = vios->memory_mb,
		.workers = vios->workers,
		.hugepages = vios->hugepages};
	struct config_physical physical = {.type = CONFIG_PHYSICAL_ETHERNET};
	int rc;

	name_copy(object.name, vios->name);
	name_copy(physical.vios, vios->name);
	name_copy(physical.name, vios->uplink_name);
	memcpy(physical.devargs, vios->uplink_devargs, sizeof(physical.devargs));
	rc = config_insert(config, CONFIG_VIOS, &object);
	return rc < 0 ? rc : config_insert(config, CONFIG_PHYSICAL, &physical);
}

static int add_sea(struct config *config, const struct model_frame *frame)
{
	struct config_sea sea = {.name = "sea0",
		.pvid = 1,
		.mtu = 1500,
		.health_time = 60,
		.multicast_snooping = true};

	for (size_t i = 0; i < config->n_vios; i++) {
		struct config_side *side = &sea.sides[sea.n_sides++];
		const struct model_vios *vios = model_frame_vios(frame, config->vios[i].name);

		name_copy(side->vios, vios->name);
		name_copy(side->real_adapter, vios->uplink_name);
		side->priority = (uint32_t)i + 1;
		side->netaddr_interval = CONFIG_NETADDR_MS;
		side->netaddr_misses = CONFIG_NETADDR_MISSES;
		if (!config_free_ent(config, NULL, vios->name, side->ent))
			return -ENOMEM;
	}
	return config_insert(config, CONFIG_SEA, &sea);
}

static int add_adapter(
	struct config *config, const char *client, const struct model_adapter *adapter)
{
	struct config_veth veth = {
		.pvid = 1, .storm_per_s = CONFIG_VETH_STORM, .uplink_weight = CONFIG_WEIGHT};
	struct config_vhost vhost = {.hold_time = CONFIG_HOLD_TIME,
		.path_error_ms = CONFIG_PATH_ERROR_MS,
		.path_priority = CONFIG_PATH_PRIORITY};

	if (adapter->id >= config->next_id)
		config->next_id = (uint64_t)adapter->id + 1;
	if (adapter->type == MODEL_ETHERNET) {
		name_copy(veth.client, client);
		memcpy(&veth.adapter, adapter, sizeof(veth.adapter));
		return config_insert(config, CONFIG_VETH, &veth);
	}
	name_copy(vhost.client, client);
	memcpy(&vhost.adapter, adapter, sizeof(vhost.adapter));
	if (!config_free_name(config, CONFIG_VHOST, "vhost", vhost.name))
		return -ENOMEM;
	return config_insert(config, CONFIG_VHOST, &vhost);
}

static int add_client(struct config *config, const struct model_client *client, uint32_t id)
{
	struct config_client object = {.id = id, .allow_unsealed = client->allow_unsealed};
	int rc;

	name_copy(object.name, client->name);
	rc = config_insert(config, CONFIG_CLIENT, &object);
	for (size_t i = 0; i < client->n_adapters && rc == 0; i++)
		rc = add_adapter(config, client->name, &client->adapters[i]);
	return rc;
}

int config_from_frame(const struct model_frame *frame, struct config **out)
{
	struct config *config = calloc(1, sizeof(*config));
	int rc = 0;

	if (config == NULL)
		return -ENOMEM;
	config->format = CONFIG_FORMAT_FIRST;
	config->next_id = 1;
	name_copy(config->frame.name, frame->name);
	config->frame.hang_ms = frame->hang_ms;
	config->frame.last_resort_ms = frame->last_resort_ms;
	config->frame.kill_holdoff_ms = frame->kill_holdoff_ms;
	for (size_t i = 0; i < frame->n_vios && rc == 0; i++)
		rc = add_vios(config, &frame->vios[i]);
	if (rc == 0)
		rc = add_sea(config, frame);
	for (size_t i = 0; i < frame->n_clients && rc == 0; i++)
		rc = add_client(config, &frame->clients[i], FIRST_PARTITION_ID + (uint32_t)i);
	if (rc < 0) {
		config_free(config);
		return rc;
	}
	*out = config;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct model_adapter *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void fill_client(
	const struct config *config, const struct config_client *client, struct model_client *out)
{
	size_t n, first = config_owned(config, CONFIG_VETH, client->name, &n);

	memset(out, 0, sizeof(*out));
	name_copy(out->name, client->name);
	out->allow_unsealed = client->allow_unsealed;
	for (size_t i = first; i < first + n && out->n_adapters < MODEL_ADAPTERS_MAX; i++)
		memcpy(&out->adapters[out->n_adapters++], &config->veth[i].adapter,
			sizeof(out->adapters[0]));
}

static void fill_scsi(const struct config_vhost *vhost, struct model_client *out)
{
	if (out->n_adapters < MODEL_ADAPTERS_MAX)
		memcpy(&out->adapters[out->n_adapters++], &vhost->adapter,
			sizeof(out->adapters[0]));
}

static void sort_adapters(struct model_client *client)
{
	qsort(client->adapters, client->n_adapters, sizeof(client->adapters[0]), compare_ids);
}

int config_client(const struct config *config, const char *name, struct model_client *out)
{
	const struct config_client *client = config_find(config, CONFIG_CLIENT, name);

	if (client == NULL)
		return -ENOENT;
	fill_client(config, client, out);
	for (size_t i = 0; i < config->n_vhost; i++) {
		if (strcmp(config->vhost[i].client, name) == 0)
			fill_scsi(&config->vhost[i], out);
	}
	sort_adapters(out);
	return 0;
}

static void fill_uplink(const struct config *config, struct model_vios *vios)
{
	for (size_t i = 0; i < config->n_sea; i++) {
		const struct config_sea *sea = &config->sea[i];

		for (size_t j = 0; j < sea->n_sides; j++) {
			ptrdiff_t at = config_index(config, CONFIG_PHYSICAL, sea->sides[j].vios,
				sea->sides[j].real_adapter);

			if (at < 0 || strcmp(sea->sides[j].vios, vios->name) != 0)
				continue;
			name_copy(vios->uplink_name, config->physical[at].name);
			if (config->physical[at].type == CONFIG_PHYSICAL_AGGREGATION)
				strcpy(vios->uplink_devargs, CONFIG_AGGREGATION_DEVARGS);
			else
				memcpy(vios->uplink_devargs, config->physical[at].devargs,
					sizeof(vios->uplink_devargs));
			return;
		}
	}
}

static void fill_vios(const struct config *config, size_t i, struct model_vios *out)
{
	const struct config_vios *vios = &config->vios[i];

	name_copy(out->name, vios->name);
	out->node_id = vios->node_id;
	out->memory_mb = vios->memory_mb;
	out->hugepages = vios->hugepages;
	out->workers = vios->workers;
	fill_uplink(config, out);
}

int config_to_frame(const struct config *config, struct model_frame **out)
{
	struct model_frame *frame = calloc(1, sizeof(*frame));

	if (frame == NULL)
		return -ENOMEM;
	frame->clients = calloc(config->n_client + 1, sizeof(*frame->clients));
	if (frame->clients == NULL) {
		model_frame_free(frame);
		return -ENOMEM;
	}
	name_copy(frame->name, config->frame.name);
	frame->hang_ms = config->frame.hang_ms;
	frame->last_resort_ms = config->frame.last_resort_ms;
	frame->kill_holdoff_ms = config->frame.kill_holdoff_ms;
	for (; frame->n_vios < config->n_vios; frame->n_vios++)
		fill_vios(config, frame->n_vios, &frame->vios[frame->n_vios]);
	for (; frame->n_clients < config->n_client; frame->n_clients++)
		fill_client(config, &config->client[frame->n_clients],
			&frame->clients[frame->n_clients]);
	for (size_t i = 0; i < config->n_vhost; i++) {
		ptrdiff_t at = config_index(config, CONFIG_CLIENT, "", config->vhost[i].client);

		if (at >= 0)
			fill_scsi(&config->vhost[i], &frame->clients[at]);
	}
	for (size_t i = 0; i < frame->n_clients; i++)
		sort_adapters(&frame->clients[i]);
	*out = frame;
	return 0;
}

json_t *config_client_json(const struct config *config, const char *name)
{
	struct model_client client;

	if (config_client(config, name, &client) < 0)
		return NULL;
	return schema_json(model_client_fields, &client);
}

int config_client_parse(json_t *json, struct model_client *out, struct model_faults *faults)
{
	struct schema s = {.faults = faults};

	memset(out, 0, sizeof(*out));
	faults->n = 0;
	if (!json_is_object(json))
		schema_fault(&s, "%s is not a client; write { ... }", schema_show(json).text);
	else
		schema_object(&s, model_client_fields, out, json);
	frame_check_client(out, &s);
	return faults->n > 0 ? -EINVAL : 0;
}
