/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsid_params.c - server adapter, virtual targets and backing devices to the params of
 * `configure`. Pure; viosd's one thread; the caller owns what it gets.
 *
 * Identities must not change while a client has the disk, and must be equal in both VIOS: they are
 * made of what the state says only, by SHA-256. Of a disk with an identifier of its own that is
 * taken; of any other the frame's and the backing device's names.
 */
#include "vios-core/daemon/scsid_params.h"

#include "vios-core/daemon/scsid_groups.h"

#include <stdio.h>
#include <string.h>

#define NAA_DIGITS 16	 /* SPC-5 7.6.6.3.4.4, NAA 3h: locally assigned, 60 bits */
#define SERIAL_DIGITS 32 /* what fits the unit serial number of the original's disks */

struct identity {
	char naa[NAA_DIGITS + 1], serial[SERIAL_DIGITS + 1];
};

static struct identity identity(const char *text)
{
	char digest[CONFIG_DIGEST_LEN + 1];
	struct identity id;

	config_digest_text(text, strlen(text), digest);
	snprintf(id.naa, sizeof(id.naa), "3%.*s", NAA_DIGITS - 1, digest);
	snprintf(id.serial, sizeof(id.serial), "%.*s", SERIAL_DIGITS, digest);
	return id;
}

static struct identity disk_identity(
	const struct config *config, const struct config_backing *backing)
{
	char text[CONFIG_IDENTITY_MAX + 2 * MODEL_NAME_MAX + 16];

	if (backing->wwid[0])
		snprintf(text, sizeof(text), "wwid:%s", backing->wwid);
	else if (backing->unique_id[0])
		snprintf(text, sizeof(text), "unique:%s", backing->unique_id);
	else
		snprintf(text, sizeof(text), "name:%s/%s", config->frame.name, backing->name);
	return identity(text);
}

static const char *path_of(const struct config_backing *backing, const char *vios)
{
	for (size_t i = 0; i < backing->n_paths; i++)
		if (strcmp(backing->paths[i].vios, vios) == 0)
			return backing->paths[i].path;
	return "";
}

/* Another adapter, or another LUN, has the device, too: targets then lock what they write. */
static bool is_shared(const struct config *config, const struct config_vtd *vtd)
{
	for (size_t i = 0; i < config->n_vtd; i++)
		if (&config->vtd[i] != vtd && strcmp(config->vtd[i].backing, vtd->backing) == 0)
			return true;
	return false;
}

static json_t *lun(const struct config *config, const struct config_vtd *vtd, const char *vios,
	char why[SCSID_WHY_BYTES])
{
	const struct config_backing *backing = config_find(config, CONFIG_BACKING, vtd->backing);
	const char *path = backing ? path_of(backing, vios) : "";
	struct identity id;
	json_t *groups;

	if (!path[0]) {
		snprintf(why, SCSID_WHY_BYTES,
			"backing device %s of %s has no path in %s; give it one, or unmap it",
			vtd->backing, vtd->name, vios);
		return NULL;
	}
	id = disk_identity(config, backing);
	groups = scsid_groups(config, vtd);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:o*}", "lun", (int)vtd->lun,
		"name", vtd->name, "path", path, "serial", id.serial, "naa", id.naa, "block_bytes",
		(int)backing->block_bytes, "read_only", backing->read_only, "shared",
		is_shared(config, vtd), "groups", groups);
}

/* A target without any of its LUNs would tell its client that the disk is gone: all or none. */
static json_t *luns(const struct config *config, const struct config_vhost *vhost, const char *vios,
	char why[SCSID_WHY_BYTES])
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_vtd && list; i++) {
		const struct config_vtd *vtd = &config->vtd[i];

		/* Drives with media are not served by the target yet. */
		if (strcmp(vtd->vhost, vhost->name) != 0 || vtd->type != CONFIG_VTD_DISK)
			continue;
		if (json_array_append_new(list, lun(config, vtd, vios, why)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *port(const struct config *config, const struct config_vhost *vhost)
{
	const int number = scsid_port_number(vhost);
	char text[MODEL_NAME_MAX + 32];

	snprintf(text, sizeof(text), "port:%s/%u", config->frame.name, (unsigned)vhost->adapter.id);
	return json_pack(
		"{s:i, s:i, s:s}", "relative", number, "group", number, "naa", identity(text).naa);
}

json_t *scsid_params(const struct config *config, const struct config_vhost *vhost,
	const char *vios, char why[SCSID_WHY_BYTES])
{
	const struct model_profile *profile = &vhost->adapter.profile;
	const struct config_client *client = config_find(config, CONFIG_CLIENT, vhost->client);
	json_t *list;

	why[0] = '\0';
	list = luns(config, vhost, vios, why);
	if (!list)
		return NULL;
	return json_pack("{s:o, s:I, s:i, s:i, s:I, s:b, s:o, s:o}", "adapter",
		json_sprintf("%s/%s", vhost->client, vhost->adapter.name), "id",
		(json_int_t)vhost->adapter.id, "request_queues", (int)profile->queue_pairs,
		"ring_size", (int)profile->ring_size, "virtio_features",
		(json_int_t)profile->virtio_features, "allow_unsealed",
		client && client->allow_unsealed, "port", port(config, vhost), "luns", list);
}

bool scsid_params_fit(const json_t *a, const json_t *b)
{
	static const char *const fixed[] = {
		"adapter", "id", "request_queues", "ring_size", "virtio_features"};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!json_equal(json_object_get(a, fixed[i]), json_object_get(b, fixed[i])))
			return false;
	return true;
}

json_t *scsid_params_luns(const json_t *taken, const json_t *wanted)
{
	json_t *params = json_copy((json_t *)taken);

	json_object_set(params, "luns", json_object_get(wanted, "luns"));
	return params;
}
