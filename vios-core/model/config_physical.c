/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_physical.c - rules of physical adapters and their aggregations. Pure; any thread; owns
 * nothing.
 */
#include "vios-core/model/config_check.h"

#include <string.h>

static bool has_member(const struct config_physical *aggregation, const char *name)
{
	for (size_t i = 0; i < aggregation->n_members; i++)
		if (strcmp(aggregation->members[i], name) == 0)
			return true;
	return false;
}

const struct config_physical *config_aggregation_of(const struct config *config,
	const struct config_physical *member, const struct config_physical *but)
{
	for (size_t i = 0; i < config->n_physical; i++) {
		const struct config_physical *one = &config->physical[i];

		if (one != but && strcmp(one->vios, member->vios) == 0 &&
			has_member(one, member->name))
			return one;
	}
	return NULL;
}

static const struct config_sea *sea_of(
	const struct config *config, const struct config_physical *physical)
{
	for (size_t i = 0; i < config->n_sea; i++)
		for (size_t j = 0; j < config->sea[i].n_sides; j++)
			if (strcmp(config->sea[i].sides[j].vios, physical->vios) == 0 &&
				strcmp(config->sea[i].sides[j].real_adapter, physical->name) == 0)
				return &config->sea[i];
	return NULL;
}

static void check_member(const struct config *config, const struct config_physical *of,
	const char *name, struct schema *s)
{
	ptrdiff_t at = config_index(config, CONFIG_PHYSICAL, of->vios, name);
	const struct config_physical *member = at >= 0 ? &config->physical[at] : NULL;
	const struct config_physical *other =
		member ? config_aggregation_of(config, member, of) : NULL;
	const struct config_sea *sea = member ? sea_of(config, member) : NULL;

	if (!member)
		schema_fault(s, "%s has no physical adapter \"%s\"; add it or name another one",
			of->vios, name);
	else if (member->type != CONFIG_PHYSICAL_ETHERNET)
		schema_fault(s, "%s is an aggregation itself; name its members", name);
	else if (other)
		schema_fault(s, "%s is a member of %s, too; choose another one", name, other->name);
	else if (sea)
		schema_fault(s,
			"%s is the real adapter of %s; give that the aggregation in the same "
			"change",
			name, sea->name);
}

static void check_aggregation(
	const struct config *config, const struct config_physical *physical, struct schema *s)
{
	size_t was = config_push(s, CONFIG_PHYSICAL, physical, "devargs");

	if (physical->devargs[0])
		schema_fault(s, "an aggregation has none; its members have");
	schema_pop(s, was);
	was = config_push(s, CONFIG_PHYSICAL, physical, "members");
	if (physical->n_members == 0)
		schema_fault(s, "it has none; name its physical adapters");
	for (size_t i = 0; i < physical->n_members; i++)
		check_member(config, physical, physical->members[i], s);
	schema_pop(s, was);
}

void config_check_physical(
	const struct config *config, const struct config_physical *physical, struct schema *s)
{
	size_t was;

	if (physical->type == CONFIG_PHYSICAL_AGGREGATION) {
		check_aggregation(config, physical, s);
		return;
	}
	was = config_push(s, CONFIG_PHYSICAL, physical, "devargs");
	if (!physical->devargs[0])
		schema_fault(s, "is missing; add it");
	schema_pop(s, was);
	was = config_push(s, CONFIG_PHYSICAL, physical, "type");
	if (physical->n_members > 0 || physical->mode != CONFIG_ACTIVE_BACKUP)
		schema_fault(s, "members and mode are of an aggregation; give type aggregation");
	schema_pop(s, was);
}
