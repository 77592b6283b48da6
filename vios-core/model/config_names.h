/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_names.h - private to vios-core/model: names and numbers that are given out, the lowest
 * free one each time. Pure: both VIOS give out the same. Each is false when there is no memory.
 */
#ifndef VIOS_MODEL_CONFIG_NAMES_H
#define VIOS_MODEL_CONFIG_NAMES_H

#include "vios-core/model/config.h"

/* prefix and the lowest number that no object of the kind has. */
bool config_free_name(const struct config *config, enum config_kind kind, const char *prefix,
	char name[MODEL_NAME_MAX + 1]);
/* Of a client's adapters, of both kinds. */
bool config_free_adapter(const struct config *config, const char *client, const char *prefix,
	char name[MODEL_NAME_MAX + 1]);
/* "entN" among the physical adapters and bridges of a VIOS; but names in besides count as used. */
bool config_free_ent(const struct config *config, json_t *besides, const char *vios,
	char name[MODEL_NAME_MAX + 1]);

/* The lowest free LUN from 1 up; 0 when all are used. */
uint16_t config_free_lun(const struct config *config, const char *vhost);
/* The lowest free partition id of a client. */
uint32_t config_free_partition_id(const struct config *config);
/* 02:76:69 and the id, or the next that is free. */
void config_free_mac(const struct config *config, uint32_t id, uint8_t mac[6]);

#endif
