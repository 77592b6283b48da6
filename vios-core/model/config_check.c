/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_check.c - rules between the objects of a state: what refers to what, what goes together.
 * Pure; any thread; owns nothing. What must be unique is in config_unique.c. All faults are found
 * at once; each names the object and the member.
 */
#include "vios-core/model/config_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"

struct check {
	const struct config *config;
	struct schema *s;
	enum config_kind kind;
	const void *object;
};

#define FAULT(check, member, ...)                                                                  \
	do {                                                                                       \
		size_t was_ = config_push((check)->s, (check)->kind, (check)->object, member);     \
		schema_fault((check)->s, __VA_ARGS__);                                             \
		schema_pop((check)->s, was_);                                                      \
	} while (0)

static bool known(const struct check *c, enum config_kind kind, const char *owner, const char *key)
{
	return key[0] == '\0' || config_index(c->config, kind, owner, key) >= 0;
}

static bool is(const struct check *c, enum config_kind kind, const char *name)
{
	return config_index(c->config, kind, "", name) >= 0;
}

static void check_format(const struct check *c)
{
	uint32_t is = c->config->format, wanted = config_format(c->config);
	size_t was = schema_push(c->s, "format", 0);

	if (is != 0 && is != wanted)
		schema_fault(c->s, "%u is not the format of what is here; write %u", (unsigned)is,
			(unsigned)wanted);
	schema_pop(c->s, was);
}

static void check_names(struct check *c)
{
	for (c->kind = 0; c->kind < CONFIG_LISTS; c->kind++) {
		const struct config_kind_row *row = &config_kind_rows[c->kind];

		for (size_t i = 1; i < config_count(c->config, c->kind); i++) {
			const char *object = config_item(c->config, c->kind, i);

			c->object = object;
			if (object[row->key] != '\0' &&
				config_compare(c->kind, object - row->size, object) == 0)
				FAULT(c, "name", "\"%s\" is there already; names must differ",
					object + row->key);
		}
	}
}

static void check_vios_name(const struct check *c, const char *member, const char *name)
{
	if (known(c, CONFIG_VIOS, "", name))
		return;
	if (is(c, CONFIG_CLIENT, name))
		FAULT(c, member, "%s is a client; only a partition of type vios can do this", name);
	else
		FAULT(c, member, "there is no VIOS \"%s\"; name one of this frame", name);
}

static void check_client_name(const struct check *c, const char *name)
{
	if (known(c, CONFIG_CLIENT, "", name))
		return;
	if (is(c, CONFIG_VIOS, name))
		FAULT(c, "client", "%s is a VIOS; it serves adapters and has none", name);
	else
		FAULT(c, "client", "there is no client \"%s\"; add it first", name);
}

static void check_vios(struct check *c, const struct config_vios *vios)
{
	if (strcmp(vios->name, "frame") == 0 || strcmp(vios->name, "clients") == 0)
		FAULT(c, "name", "\"%s\" is a folder of the run directory; choose another name",
			vios->name);
	if (is(c, CONFIG_CLIENT, vios->name))
		FAULT(c, "name", "%s is a client; give each partition a name of its own",
			vios->name);
}

static void check_adapter(const struct check *c, const struct model_adapter *adapter)
{
	size_t was;

	check_vios_name(c, "preferred", adapter->preferred);
	if (adapter->id >= c->config->next_id)
		FAULT(c, "id", "%u is not below next_id (%llu); raise next_id",
			(unsigned)adapter->id, (unsigned long long)c->config->next_id);
	was = config_push(c->s, c->kind, c->object, "profile");
	adapter_check_features(adapter, c->s);
	schema_pop(c->s, was);
}

static void check_vlans(const struct check *c, uint16_t pvid, const uint16_t *vlans, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (vlans[i] == pvid)
			FAULT(c, "vlans", "%u is the pvid, too; leave it out here", (unsigned)pvid);
	}
}

static void check_veth(struct check *c, const struct config_veth *veth)
{
	check_client_name(c, veth->client);
	check_adapter(c, &veth->adapter);
	check_vlans(c, veth->pvid, veth->vlans, veth->n_vlans);
}

static void check_vhost(struct check *c, const struct config_vhost *vhost)
{
	check_client_name(c, vhost->client);
	check_adapter(c, &vhost->adapter);
}

static bool shares_alone(const struct config_sea *sea, size_t i)
{
	enum config_ha_mode other = sea->sides[1 - i].ha_mode;

	if (sea->sides[i].ha_mode != CONFIG_HA_SHARING)
		return false;
	return sea->n_sides < 2 || (other != CONFIG_HA_SHARING && other != CONFIG_HA_STANDBY);
}

static void check_side(struct check *c, const struct config_sea *sea, size_t i)
{
	const struct config_side *side = &sea->sides[i];
	char member[MODEL_NAME_MAX + 32];

	check_vios_name(c, "sides", side->vios);
	snprintf(member, sizeof(member), "sides.%s.real_adapter", side->vios);
	if (is(c, CONFIG_VIOS, side->vios) &&
		!known(c, CONFIG_PHYSICAL, side->vios, side->real_adapter))
		FAULT(c, member, "%s has no physical adapter \"%s\"; add it or name another one",
			side->vios, side->real_adapter);
	snprintf(member, sizeof(member), "sides.%s.ha_mode", side->vios);
	if (shares_alone(sea, i))
		FAULT(c, member,
			"sharing needs a second side that is sharing (or standby); set both in one "
			"change");
}

static void check_sea(struct check *c, const struct config_sea *sea)
{
	check_vlans(c, sea->pvid, sea->vlans, sea->n_vlans);
	if (sea->n_sides == 0)
		FAULT(c, "sides", "it has no side; name a VIOS and its real_adapter");
	for (size_t i = 0; i < sea->n_sides; i++)
		check_side(c, sea, i);
}

static void check_block(const struct check *c, const struct config_backing *backing)
{
	uint32_t bytes = backing->block_bytes;
	bool optical = backing->type == CONFIG_OPTICAL;

	if (bytes != 0 && bytes != 512 && bytes != 4096 && !(optical && bytes == 2048))
		FAULT(c, "block_bytes", "%u is no size of a block; use 512 or 4096%s",
			(unsigned)bytes, optical ? ", or 2048" : "");
	else if (bytes != 0 && backing->size_bytes % bytes != 0)
		FAULT(c, "size_bytes", "%llu is not a multiple of block_bytes (%u); mend one",
			(unsigned long long)backing->size_bytes, (unsigned)bytes);
}

static void check_paths(const struct check *c, const struct config_path *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct config_path *path = &paths[i];

		check_vios_name(c, "path", path->vios);
		if (path->path[0] != '\0' && path->path[0] != '/')
			FAULT(c, "path", "\"%.64s\" on %s is not an absolute path; begin it with /",
				path->path, path->vios);
	}
}

/* The way to path leads through folder, and stays there. */
static bool inside(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	while (len > 0 && folder[len - 1] == '/')
		len--;
	if (strncmp(path, folder, len) != 0 || path[len] != '/' || path[len + 1] == '\0')
		return false;
	for (const char *at = strstr(path + len, "/.."); at != NULL; at = strstr(at + 1, "/..")) {
		if (at[3] == '/' || at[3] == '\0')
			return false;
	}
	return true;
}

static void check_folder(const struct check *c, const struct config_repository *repository,
	const struct config_path *path)
{
	for (size_t i = 0; i < repository->n_paths; i++) {
		const char *folder = repository->paths[i].path;

		if (strcmp(repository->paths[i].vios, path->vios) != 0)
			continue;
		if (folder[0] != '\0' && path->path[0] != '\0' && !inside(folder, path->path))
			FAULT(c, "path", "%.64s is not below %.64s of %s; put the file there",
				path->path, folder, path->vios);
		return;
	}
	FAULT(c, "path", "%s has no folder on %s; give it one first", repository->name, path->vios);
}

static void check_member(const struct check *c, const struct config_backing *medium)
{
	ptrdiff_t at = config_index(c->config, CONFIG_REPOSITORY, "", medium->repository);

	if (at < 0) {
		FAULT(c, "repository", "there is no media repository \"%s\"; make it first",
			medium->repository);
		return;
	}
	if (medium->type != CONFIG_OPTICAL)
		FAULT(c, "type",
			"a repository holds optical media; use optical, or leave out "
			"repository");
	if (!medium->read_only)
		FAULT(c, "read_only", "clients cannot write on a medium; set true");
	for (size_t i = 0; i < medium->n_paths; i++)
		check_folder(c, &c->config->repository[at], &medium->paths[i]);
}

static void check_backing(struct check *c, const struct config_backing *backing)
{
	if (backing->n_paths == 0)
		FAULT(c, "path", "it has none; name its device or file on each VIOS");
	check_paths(c, backing->paths, backing->n_paths);
	check_block(c, backing);
	if (backing->repository[0] != '\0')
		check_member(c, backing);
}

static void check_repository(struct check *c, const struct config_repository *repository)
{
	const struct config *config = c->config;
	uint64_t used =
		0; /* no medium has more than INT64_MAX: the sum stops before it overflows */

	if (repository->n_paths == 0)
		FAULT(c, "path", "it has none; name its folder on each VIOS");
	check_paths(c, repository->paths, repository->n_paths);
	for (size_t i = 0; i < config->n_backing && used <= INT64_MAX; i++) {
		if (strcmp(config->backing[i].repository, repository->name) == 0)
			used += config->backing[i].size_bytes;
	}
	if (repository->size_bytes != 0 && used > repository->size_bytes)
		FAULT(c, "size_bytes",
			"its media have %llu bytes, and it may have %llu; enlarge it or remove one",
			(unsigned long long)used, (unsigned long long)repository->size_bytes);
}

static void check_medium(struct check *c, const struct config_vtd *vtd)
{
	ptrdiff_t at = config_index(c->config, CONFIG_BACKING, "", vtd->backing);
	bool optical = vtd->type == CONFIG_VTD_OPTICAL;

	if (vtd->backing[0] == '\0') {
		if (!optical)
			FAULT(c, "backing", "a disk needs one; name a backing device");
	} else if (at < 0) {
		FAULT(c, "backing", "there is no backing device \"%s\"; add it first",
			vtd->backing);
	} else if ((c->config->backing[at].type == CONFIG_OPTICAL) != optical) {
		FAULT(c, "backing", "%s is %s; choose another one, or make the target %s",
			vtd->backing, optical ? "no optical medium" : "an optical medium",
			optical ? "a disk" : "optical");
	}
}

static void check_vtd(struct check *c, const struct config_vtd *vtd)
{
	if (!known(c, CONFIG_VHOST, "", vtd->vhost))
		FAULT(c, "vhost", "there is no server adapter \"%s\"; add it first", vtd->vhost);
	check_medium(c, vtd);
}

static void count_adapter(const struct config *config, const char *client, size_t *counts)
{
	ptrdiff_t at = config_index(config, CONFIG_CLIENT, "", client);

	if (at >= 0)
		counts[at]++;
}

static int check_adapter_counts(struct check *c)
{
	const struct config *config = c->config;
	size_t *counts = calloc(config->n_client + 1, sizeof(*counts));

	if (counts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_veth; i++)
		count_adapter(config, config->veth[i].client, counts);
	for (size_t i = 0; i < config->n_vhost; i++)
		count_adapter(config, config->vhost[i].client, counts);
	c->kind = CONFIG_CLIENT;
	for (size_t i = 0; i < config->n_client; i++) {
		c->object = &config->client[i];
		if (counts[i] > MODEL_ADAPTERS_MAX)
			FAULT(c, NULL, "it has %zu adapters; a client may have %d", counts[i],
				MODEL_ADAPTERS_MAX);
	}
	free(counts);
	return 0;
}

#define EACH(list, kind_, body)                                                                    \
	do {                                                                                       \
		check.kind = kind_;                                                                \
		for (size_t i = 0; i < config->n_##list; i++) {                                    \
			check.object = &config->list[i];                                           \
			body(&check, &config->list[i]);                                            \
		}                                                                                  \
	} while (0)

int config_check(const struct config *config, struct schema *s)
{
	struct check check = {.config = config, .s = s};
	int rc;

	if (config->n_vios == 0)
		schema_fault(s, "there is no VIOS; a frame has one or two");
	check_format(&check);
	check_names(&check);
	EACH(vios, CONFIG_VIOS, check_vios);
	EACH(veth, CONFIG_VETH, check_veth);
	EACH(vhost, CONFIG_VHOST, check_vhost);
	EACH(sea, CONFIG_SEA, check_sea);
	EACH(backing, CONFIG_BACKING, check_backing);
	EACH(repository, CONFIG_REPOSITORY, check_repository);
	EACH(vtd, CONFIG_VTD, check_vtd);
	for (size_t i = 0; i < config->n_physical; i++) {
		check.kind = CONFIG_PHYSICAL;
		check.object = &config->physical[i];
		check_vios_name(&check, "vios", config->physical[i].vios);
		config_check_physical(config, &config->physical[i], s);
	}
	config_check_seas(config, s);
	rc = check_adapter_counts(&check);
	return rc < 0 ? rc : config_check_unique(config, s);
}
