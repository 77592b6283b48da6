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

#include <stdint.h>
#include <stdio.h>
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
			list, json_pack("{s:o, s:i, s:i, s:i}", "adapter",
				      json_sprintf("%s/%s", way->client, way->adapter.name), "id",
				      scsid_port_number(way), "port", scsid_port_number(way),
				      "priority", (int)way->path_priority));
	if (json_array_size(list) > 1)
		return list;
	json_decref(list);
	return NULL;
}

static json_int_t priority_of(const json_t *groups, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(groups, i), "priority"));
}

static const char *adapter_of(const json_t *groups, size_t i)
{
	return json_string_value(json_object_get(json_array_get(groups, i), "adapter"));
}

/* At home before away, then the lowest number. */
static size_t best_of(
	const json_t *groups, bool (*away)(const char *adapter, void *user), void *user)
{
	size_t best = 0;
	bool best_away = true;

	for (size_t i = 0; i < json_array_size(groups); i++) {
		bool is_away = away(adapter_of(groups, i), user);

		if (i > 0 && (is_away > best_away ||
				     (is_away == best_away &&
					     priority_of(groups, i) >= priority_of(groups, best))))
			continue;
		best = i;
		best_away = is_away;
	}
	return best;
}

/* Is it the best one because somebody has said so? */
static bool was_chosen(const json_t *groups, size_t best)
{
	for (size_t i = 0; i < json_array_size(groups); i++)
		if (i != best && priority_of(groups, i) <= priority_of(groups, best))
			return false;
	return true;
}

static bool set_group(json_t *group, bool best, bool by_command)
{
	const char *state =
		model_path_state_name(best ? MODEL_PATH_OPTIMIZED : MODEL_PATH_NON_OPTIMIZED);
	const char *was = json_string_value(json_object_get(group, "state"));

	if (was && strcmp(was, state) == 0 &&
		json_is_true(json_object_get(group, "by_command")) == by_command)
		return false;
	json_object_set_new(group, "state", json_string(state));
	json_object_set_new(group, "preferred", json_boolean(best));
	json_object_set_new(group, "by_command", json_boolean(by_command));
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
		const bool by_command = json_is_true(json_object_get(lun, "explicit_alua")) &&
					was_chosen(groups, best);

		json_array_foreach(groups, k, group) changed |=
			set_group(group, k == best, by_command);
	}
	return changed;
}

static const struct config_vhost *vhost_of(const struct config *config, const char *adapter)
{
	for (size_t i = 0; i < config->n_vhost; i++) {
		const struct config_vhost *vhost = &config->vhost[i];
		const size_t length = strlen(vhost->client);

		if (strncmp(adapter, vhost->client, length) == 0 && adapter[length] == '/' &&
			strcmp(adapter + length + 1, vhost->adapter.name) == 0)
			return vhost;
	}
	return NULL;
}

static const struct config_vtd *vtd_of(
	const struct config *config, const struct config_vhost *vhost, json_int_t lun)
{
	for (size_t i = 0; i < config->n_vtd; i++)
		if (config->vtd[i].type == CONFIG_VTD_DISK && config->vtd[i].lun == lun &&
			strcmp(config->vtd[i].vhost, vhost->name) == 0)
			return &config->vtd[i];
	return NULL;
}

/* The one that was chosen gets number 1, and nobody else has it. */
static json_t *new_priorities(const struct config *config, json_t *groups, size_t chosen)
{
	json_t *ops = json_array();

	for (size_t i = 0; i < json_array_size(groups); i++) {
		const struct config_vhost *vhost = vhost_of(config, adapter_of(groups, i));
		const json_int_t was = priority_of(groups, i);
		const json_int_t next = i == chosen ? 1 : was > 1 ? was : 2;

		if (was == next || !vhost)
			continue;
		json_object_set_new(json_array_get(groups, i), "priority", json_integer(next));
		json_array_append_new(
			ops, json_pack("{s:s, s:s, s:s, s:{s:I}}", "op", "set", "kind", "vhost",
				     "name", vhost->name, "attrs", "path_priority", next));
	}
	return ops;
}

/* Of the disk's groups; SIZE_MAX: it has no such one. */
static size_t find_group(const json_t *groups, json_int_t group)
{
	for (size_t i = 0; i < json_array_size(groups); i++)
		if (json_integer_value(json_object_get(json_array_get(groups, i), "id")) == group)
			return i;
	return SIZE_MAX;
}

json_t *scsid_groups_set(const struct config *config, const char *adapter, json_int_t lun,
	json_int_t group, bool (*away)(const char *adapter, void *user), void *user,
	char why[SCSID_WHY_BYTES])
{
	const struct config_vhost *own = vhost_of(config, adapter);
	const struct config_vtd *vtd = own ? vtd_of(config, own, lun) : NULL;
	json_t *groups = vtd ? scsid_groups(config, vtd) : NULL, *ops = NULL;
	size_t chosen = find_group(groups, group);

	why[0] = '\0';
	if (!vtd)
		snprintf(why, SCSID_WHY_BYTES, "adapter %.64s has no disk as LUN %lld", adapter,
			(long long)lun);
	else if (!own->explicit_alua)
		snprintf(why, SCSID_WHY_BYTES,
			"%s is not to be asked by its client; set its explicit_alua to yes",
			own->name);
	else if (!groups && group == scsid_port_number(own))
		ops = json_array(); /* its only way */
	else if (chosen == SIZE_MAX)
		snprintf(why, SCSID_WHY_BYTES, "LUN %lld has no target port group %lld",
			(long long)lun, (long long)group);
	else
		ops = new_priorities(config, groups, chosen);
	if (chosen != SIZE_MAX && ops && best_of(groups, away, user) != chosen) {
		snprintf(why, SCSID_WHY_BYTES,
			"adapter %.64s is away from the VIOS that it prefers; move it there first",
			adapter_of(groups, chosen));
		json_decref(ops);
		ops = NULL;
	}
	json_decref(groups);
	return ops;
}
