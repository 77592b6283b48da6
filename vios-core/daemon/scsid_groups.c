/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsid_groups.c - which of a client's ways to a disk is the best, so that its own multipathing
 * uses one of them and knows when another one has become better. Pure; viosd's one thread; the
 * caller owns what it gets.
 *
 * All ways are good at any time (each adapter fails over by itself), so two optimized ones would
 * only have two targets wait for each other's locks. An adapter that is away from the VIOS that it
 * prefers shares that VIOS with the others.
 */
#include "vios-core/daemon/scsid_groups.h"

#include "vios-core/model/path_state.h"

#include <string.h>

#define GROUPS_MAX 8 /* what a target takes */

int scsid_port_number(const struct config_vhost *vhost)
{
	return (int)((vhost->adapter.id - 1) % 65535 + 1);
}

static bool has_backing(
	const struct config *config, const struct config_vhost *vhost, const char *backing)
{
	for (size_t i = 0; i < config->n_vtd; i++)
		if (config->vtd[i].type == CONFIG_VTD_DISK &&
			strcmp(config->vtd[i].vhost, vhost->name) == 0 &&
			strcmp(config->vtd[i].backing, backing) == 0)
			return true;
	return false;
}

/* The one with the smallest id above that of `after` (NULL: of all). */
static const struct config_vhost *next_way(const struct config *config,
	const struct config_vhost *own, const char *backing, const struct config_vhost *after)
{
	const struct config_vhost *found = NULL;

	for (size_t i = 0; i < config->n_vhost; i++) {
		const struct config_vhost *vhost = &config->vhost[i];

		if (strcmp(vhost->client, own->client) != 0 ||
			(after && vhost->adapter.id <= after->adapter.id) ||
			(found && vhost->adapter.id >= found->adapter.id) ||
			!has_backing(config, vhost, backing))
			continue;
		found = vhost;
	}
	return found;
}

json_t *scsid_groups(const struct config *config, const struct config_vtd *vtd)
{
	const struct config_vhost *own = config_find(config, CONFIG_VHOST, vtd->vhost);
	const struct config_vhost *way = NULL;
	json_t *list = json_array();

	while (own && list && json_array_size(list) < GROUPS_MAX &&
		(way = next_way(config, own, vtd->backing, way)))
		json_array_append_new(
			list, json_pack("{s:o, s:i, s:i}", "adapter",
				      json_sprintf("%s/%s", way->client, way->adapter.name), "id",
				      scsid_port_number(way), "port", scsid_port_number(way)));
	if (json_array_size(list) > 1)
		return list;
	json_decref(list);
	return NULL;
}

static size_t best_of(
	const json_t *groups, bool (*away)(const char *adapter, void *user), void *user)
{
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *group = json_array_get(groups, i);

		if (!away(json_string_value(json_object_get(group, "adapter")), user))
			return i;
	}
	return 0;
}

static bool set_group(json_t *group, bool best)
{
	const char *state =
		model_path_state_name(best ? MODEL_PATH_OPTIMIZED : MODEL_PATH_NON_OPTIMIZED);
	const char *was = json_string_value(json_object_get(group, "state"));

	if (was && strcmp(was, state) == 0)
		return false;
	json_object_set_new(group, "state", json_string(state));
	json_object_set_new(group, "preferred", json_boolean(best));
	return true;
}

bool scsid_groups_choose(json_t *params, bool (*away)(const char *adapter, void *user), void *user)
{
	bool changed = false;
	json_t *lun, *group;
	size_t i, k;

	json_array_foreach(json_object_get(params, "luns"), i, lun)
	{
		json_t *groups = json_object_get(lun, "groups");
		const size_t best = best_of(groups, away, user);

		json_array_foreach(groups, k, group) changed |= set_group(group, k == best);
	}
	return changed;
}
