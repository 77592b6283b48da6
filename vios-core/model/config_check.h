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

#endif
