/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_check.h - private to vios-core/model: the rules between the objects of a state. Pure. Each
 * adds a fault for each rule that is broken; members that were refused (empty, zero) are passed
 * over.
 */
#ifndef VIOS_MODEL_CONFIG_CHECK_H
#define VIOS_MODEL_CONFIG_CHECK_H

#include "vios-core/model/config_priv.h"

/* 0 or -ENOMEM. */
int config_check_unique(const struct config *config, struct schema *s);

/* config_physical.c: all but its VIOS. */
void config_check_physical(
	const struct config *config, const struct config_physical *physical, struct schema *s);
/* config_seas.c: between the SEAs of each VIOS. */
void config_check_seas(const struct config *config, struct schema *s);
/* The aggregation whose member it is, other than but; or NULL. */
const struct config_physical *config_aggregation_of(const struct config *config,
	const struct config_physical *member, const struct config_physical *but);

#endif
