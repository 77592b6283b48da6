/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_seas.c - rules between the SEAs of one VIOS: how many there may be, and that each bridges
 * VLANs of its own. Two that bridged one VLAN would be a loop, over both networks. Pure; any
 * thread; owns nothing.
 */
#include "vios-core/model/config_check.h"

#include <string.h>

struct seen { /* on one VIOS */
	size_t n;
	const struct config_sea *of[CONFIG_VIOS_SEAS_MAX];
};

static bool has_vlan(const struct config_sea *sea, uint16_t vlan)
{
	bool has = sea->pvid == vlan;

	for (size_t i = 0; i < sea->n_vlans && !has; i++)
		has = sea->vlans[i] == vlan;
	return has;
}

static void check_vlan(const struct config_sea *sea, const char *member, uint16_t vlan,
	const struct config_sea *other, const char *vios, struct schema *s)
{
	const size_t was = config_push(s, CONFIG_SEA, sea, member);

	if (has_vlan(other, vlan))
		schema_fault(s,
			"VLAN %u is bridged by sea %s on %s, too; two SEAs of one VIOS would make "
			"a loop of it; give each VLAN to one of them",
			(unsigned)vlan, other->name, vios);
	schema_pop(s, was);
}

static void check_pair(const struct config_sea *sea, const struct config_sea *other,
	const char *vios, struct schema *s)
{
	check_vlan(sea, "pvid", sea->pvid, other, vios, s);
	for (size_t i = 0; i < sea->n_vlans; i++)
		check_vlan(sea, "vlans", sea->vlans[i], other, vios, s);
}

/* Once, where both sides of the two meet. */
static bool meet_before(const struct config_sea *sea, size_t side, const struct config_sea *other)
{
	for (size_t i = 0; i < side; i++)
		for (size_t j = 0; j < other->n_sides; j++)
			if (strcmp(sea->sides[i].vios, other->sides[j].vios) == 0)
				return true;
	return false;
}

static void add_side(struct seen *seen, const struct config_sea *sea, size_t side, struct schema *s)
{
	const char *vios = sea->sides[side].vios;

	for (size_t i = 0; i < seen->n; i++)
		if (!meet_before(sea, side, seen->of[i]))
			check_pair(sea, seen->of[i], vios, s);
	if (seen->n < CONFIG_VIOS_SEAS_MAX) {
		seen->of[seen->n++] = sea;
		return;
	}
	const size_t was = config_push(s, CONFIG_SEA, sea, "sides");
	schema_fault(s, "%s has %d SEAs already, and can have no more", vios, CONFIG_VIOS_SEAS_MAX);
	schema_pop(s, was);
}

void config_check_seas(const struct config *config, struct schema *s)
{
	for (size_t v = 0; v < config->n_vios; v++) {
		struct seen seen = {0};

		for (size_t i = 0; i < config->n_sea; i++)
			for (size_t j = 0; j < config->sea[i].n_sides; j++)
				if (strcmp(config->sea[i].sides[j].vios, config->vios[v].name) == 0)
					add_side(&seen, &config->sea[i], j, s);
	}
}
