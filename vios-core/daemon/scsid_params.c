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

/* Where each VIOS has a node of its own of one LUN, targets lock both. Without an identifier both
 * have one inode, by whatever names. */
static const char *other_path_of(const struct config_backing *backing, const char *vios)
{
	const char *own = path_of(backing, vios);

	for (size_t i = 0; i < backing->n_paths && (backing->wwid[0] || backing->unique_id[0]); i++)
		if (strcmp(backing->paths[i].vios, vios) != 0 &&
			strcmp(backing->paths[i].path, own) != 0)
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

static const struct config_vhost *own_vhost(
	const struct config *config, const struct config_vtd *vtd)
{
	return config_find(config, CONFIG_VHOST, vtd->vhost); /* luns() has found it by this */
}

static json_t *lun(const struct config *config, const struct config_vtd *vtd, const char *vios,
	char why[SCSID_WHY_BYTES])
{
	const struct config_backing *backing = config_find(config, CONFIG_BACKING, vtd->backing);
	const char *path = backing ? path_of(backing, vios) : "";
	struct identity id;
	json_t *one;

	if (!path[0]) {
		snprintf(why, SCSID_WHY_BYTES,
			"backing device %s of %s has no path in %s; give it one, or unmap it",
			vtd->backing, vtd->name, vios);
		return NULL;
	}
	id = disk_identity(config, backing);
	/* Of the size its target need not know, but it looks at its disks when that changes. */
	one = json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:I, s:o*}", "lun", (int)vtd->lun,
		"name", vtd->name, "path", path, "serial", id.serial, "naa", id.naa, "block_bytes",
		(int)backing->block_bytes, "read_only", backing->read_only, "shared",
		is_shared(config, vtd), "size_bytes", (json_int_t)backing->size_bytes, "groups",
		scsid_groups(config, vtd));
	if (own_vhost(config, vtd)->explicit_alua)
		json_object_set_new(one, "explicit_alua", json_true());
	if (other_path_of(backing, vios)[0])
		json_object_set_new(one, "other_path", json_string(other_path_of(backing, vios)));
	return one;
}

/* A drive is the drive, whatever is in it. */
static json_t *drive(const struct config *config, const struct config_vtd *vtd, const char *vios,
	char why[SCSID_WHY_BYTES])
{
	const struct config_backing *medium = config_find(config, CONFIG_BACKING, vtd->backing);
	const char *path = medium ? path_of(medium, vios) : "";
	char text[2 * MODEL_NAME_MAX + 16];
	struct identity id;

	if (medium && !path[0]) {
		snprintf(why, SCSID_WHY_BYTES,
			"medium %s of %s has no path in %s; give it one, or unload it",
			vtd->backing, vtd->name, vios);
		return NULL;
	}
	snprintf(text, sizeof(text), "drive:%s/%s", config->frame.name, vtd->name);
	id = identity(text);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "lun", (int)vtd->lun, "name", vtd->name,
		"type", "optical", "path", path, "serial", id.serial, "naa", id.naa);
}

/* A target without any of its LUNs would tell its client that the disk is gone: all or none. */
static json_t *luns(const struct config *config, const struct config_vhost *vhost, const char *vios,
	char why[SCSID_WHY_BYTES])
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_vtd && list; i++) {
		const struct config_vtd *vtd = &config->vtd[i];

		if (strcmp(vtd->vhost, vhost->name) != 0)
			continue;
		if (json_array_append_new(list, vtd->type == CONFIG_VTD_OPTICAL
							? drive(config, vtd, vios, why)
							: lun(config, vtd, vios, why)) < 0) {
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
	return json_pack("{s:o, s:I, s:i, s:i, s:I, s:b, s:I, s:I, s:o, s:o}", "adapter",
		json_sprintf("%s/%s", vhost->client, vhost->adapter.name), "id",
		(json_int_t)vhost->adapter.id, "request_queues", (int)profile->queue_pairs,
		"ring_size", (int)profile->ring_size, "virtio_features",
		(json_int_t)profile->virtio_features, "allow_unsealed",
		client && client->allow_unsealed, "hold_ms", (json_int_t)vhost->hold_time * 1000,
		"path_error_ms", (json_int_t)vhost->path_error_ms, "port", port(config, vhost),
		"luns", list);
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
	static const char *const free_to_change[] = {"luns", "hold_ms", "path_error_ms"};
	json_t *params = json_copy((json_t *)taken);

	for (size_t i = 0; i < sizeof(free_to_change) / sizeof(free_to_change[0]); i++)
		json_object_set(
			params, free_to_change[i], json_object_get(wanted, free_to_change[i]));
	return params;
}
