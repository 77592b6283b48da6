/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_paths.c - see sea_paths.h. Pure; viosd's one thread; the caller owns everything. */
#include "vios-core/daemon/sea_paths.h"

static bool is_in(const json_t *rules, const char *name, const struct vlan_set *set)
{
	const json_t *pvid = json_object_get(json_object_get(rules, name), "pvid");
	const json_int_t vlan = json_integer_value(pvid);

	return vlan > 0 && vlan < VLAN_SET_IDS && vlan_set_has(set, (uint16_t)vlan);
}

void sea_paths_mark(struct inventory *inventory, const json_t *rules, const struct vlan_set *leaves)
{
	const bool any = !vlan_set_empty(leaves);

	for (size_t i = 0; i < inventory->n; i++) {
		struct inventory_adapter *entry = &inventory->list[i];

		entry->leaves = any && entry->model->type == MODEL_ETHERNET &&
				is_in(rules, entry->name, leaves);
	}
}

void sea_paths_assign(struct inventory *inventory, const json_t *rules,
	const struct vlan_set *const *vlans, size_t n)
{
	for (size_t i = 0; i < inventory->n; i++) {
		struct inventory_adapter *entry = &inventory->list[i];

		entry->sea = 0;
		for (size_t s = 1; s < n && entry->model->type == MODEL_ETHERNET; s++)
			if (is_in(rules, entry->name, vlans[s]))
				entry->sea = s;
	}
}
