/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_names.c - gives out names, LUNs, ids and MAC addresses. Pure; any thread; the same for the
 * same state on both VIOS. The lowest free number of n objects is at most n, so a table of n + 1
 * marks is enough.
 */
#include "vios-core/model/config_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/config_priv.h"

struct marks {
	const char *prefix;
	size_t n;
	bool *used;
};

static bool marks_init(struct marks *marks, const char *prefix, size_t n)
{
	marks->prefix = prefix;
	marks->n = n + 1;
	marks->used = calloc(marks->n, sizeof(*marks->used));
	return marks->used != NULL;
}

/* "vhost7": 7. Not "vhost07", which is another name. */
static void mark(struct marks *marks, const char *name)
{
	size_t len = strlen(marks->prefix), number = 0;
	const char *digit = name + len;

	if (strncmp(name, marks->prefix, len) != 0 || (digit[0] == '0' && digit[1] != '\0'))
		return;
	do {
		if (*digit < '0' || *digit > '9' || number >= marks->n)
			return;
		number = number * 10 + (size_t)(*digit - '0');
	} while (*++digit != '\0');
	if (number < marks->n)
		marks->used[number] = true;
}

static void marks_take(struct marks *marks, char name[MODEL_NAME_MAX + 1])
{
	size_t number = 0;

	while (number < marks->n - 1 && marks->used[number])
		number++;
	snprintf(name, MODEL_NAME_MAX + 1, "%s%zu", marks->prefix, number);
	free(marks->used);
}

bool config_free_name(const struct config *config, enum config_kind kind, const char *prefix,
	char name[MODEL_NAME_MAX + 1])
{
	size_t n = config_count(config, kind);
	struct marks marks;

	if (!marks_init(&marks, prefix, n))
		return false;
	for (size_t i = 0; i < n; i++)
		mark(&marks,
			(const char *)config_item(config, kind, i) + config_kind_rows[kind].key);
	marks_take(&marks, name);
	return true;
}

bool config_free_adapter(const struct config *config, const char *client, const char *prefix,
	char name[MODEL_NAME_MAX + 1])
{
	size_t n, first = config_owned(config, CONFIG_VETH, client, &n);
	struct marks marks;

	if (!marks_init(&marks, prefix, n + config->n_vhost))
		return false;
	for (size_t i = first; i < first + n; i++)
		mark(&marks, config->veth[i].adapter.name);
	for (size_t i = 0; i < config->n_vhost; i++) {
		if (strcmp(config->vhost[i].client, client) == 0)
			mark(&marks, config->vhost[i].adapter.name);
	}
	marks_take(&marks, name);
	return true;
}

static void mark_sea(struct marks *marks, const struct config_sea *sea, const char *vios)
{
	for (size_t i = 0; i < sea->n_sides; i++) {
		if (strcmp(sea->sides[i].vios, vios) == 0)
			mark(marks, sea->sides[i].ent);
	}
	for (size_t i = 0; i < sea->n_virt_adapters; i++)
		mark(marks, sea->virt_adapters[i]);
}

bool config_free_ent(const struct config *config, json_t *besides, const char *vios,
	char name[MODEL_NAME_MAX + 1])
{
	size_t n, first = config_owned(config, CONFIG_PHYSICAL, vios, &n);
	size_t most = n + config->n_sea * (1 + CONFIG_SEA_ADAPTERS_MAX) + json_array_size(besides);
	struct marks marks;

	if (!marks_init(&marks, "ent", most))
		return false;
	for (size_t i = first; i < first + n; i++)
		mark(&marks, config->physical[i].name);
	for (size_t i = 0; i < config->n_sea; i++)
		mark_sea(&marks, &config->sea[i], vios);
	for (size_t i = 0; i < json_array_size(besides); i++) {
		const char *word = json_string_value(json_array_get(besides, i));

		mark(&marks, word != NULL ? word : "");
	}
	marks_take(&marks, name);
	return true;
}

uint16_t config_free_lun(const struct config *config, const char *vhost)
{
	bool used[CONFIG_LUN_MAX + 1] = {false};

	for (size_t i = 0; i < config->n_vtd; i++) {
		if (strcmp(config->vtd[i].vhost, vhost) == 0)
			used[config->vtd[i].lun] = true;
	}
	for (uint16_t lun = 1; lun <= CONFIG_LUN_MAX; lun++) {
		if (!used[lun])
			return lun;
	}
	return 0;
}

uint32_t config_free_partition_id(const struct config *config)
{
	bool used[MODEL_CLIENTS_MAX + 1] = {false};
	uint32_t id = 0;

	for (size_t i = 0; i < config->n_client; i++) {
		uint32_t from = config->client[i].id - (MODEL_VIOS_MAX + 1);

		if (from <= MODEL_CLIENTS_MAX)
			used[from] = true;
	}
	while (id < MODEL_CLIENTS_MAX && used[id])
		id++;
	return id + MODEL_VIOS_MAX + 1;
}

static bool mac_used(const struct config *config, const uint8_t mac[6])
{
	for (size_t i = 0; i < config->n_veth; i++) {
		if (memcmp(config->veth[i].adapter.mac, mac, 6) == 0)
			return true;
	}
	return false;
}

void config_free_mac(const struct config *config, uint32_t id, uint8_t mac[6])
{
	/* Ends: there are more addresses than adapters. */
	do {
		const uint8_t next[6] = {
			0x02, 0x76, 0x69, (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};

		memcpy(mac, next, sizeof(next));
		id++;
	} while (mac_used(config, mac));
}
