/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_list.c - lists of objects of any kind: sorted, searched by halving, changed by moving
 * bytes, which is right because objects hold no pointers. Pure; any thread; the config owns them.
 */
#include "vios-core/model/config_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void *config_items(const struct config *config, enum config_kind kind)
{
	void *items;

	if (kind == CONFIG_FRAME)
		return (void *)&config->frame;
	memcpy(&items, (const char *)config + config_kind_rows[kind].list, sizeof(items));
	return items;
}

size_t config_count(const struct config *config, enum config_kind kind)
{
	size_t n;

	if (kind == CONFIG_FRAME)
		return 1;
	memcpy(&n, (const char *)config + config_kind_rows[kind].count, sizeof(n));
	return n;
}

void *config_item(const struct config *config, enum config_kind kind, size_t index)
{
	return (char *)config_items(config, kind) + index * config_kind_rows[kind].size;
}

static void list_set(struct config *config, enum config_kind kind, void *items, size_t n)
{
	memcpy((char *)config + config_kind_rows[kind].list, &items, sizeof(items));
	memcpy((char *)config + config_kind_rows[kind].count, &n, sizeof(n));
}

static const char *owner_of(const struct config_kind_row *row, const void *object)
{
	return row->owned ? (const char *)object + row->owner : "";
}

static int compare_key(
	const struct config_kind_row *row, const void *object, const char *owner, const char *key)
{
	int order = strcmp(owner_of(row, object), owner);

	return order != 0 ? order : strcmp((const char *)object + row->key, key);
}

int config_compare(enum config_kind kind, const void *a, const void *b)
{
	const struct config_kind_row *row = &config_kind_rows[kind];

	return compare_key(row, a, owner_of(row, b), (const char *)b + row->key);
}

#define COMPARE(kind, name)                                                                        \
	static int compare_##name(const void *a, const void *b)                                    \
	{                                                                                          \
		return config_compare(kind, a, b);                                                 \
	}
COMPARE(CONFIG_BACKING, backing)
COMPARE(CONFIG_CLIENT, client)
COMPARE(CONFIG_PHYSICAL, physical)
COMPARE(CONFIG_REPOSITORY, repository)
COMPARE(CONFIG_SEA, sea)
COMPARE(CONFIG_VETH, veth)
COMPARE(CONFIG_VHOST, vhost)
COMPARE(CONFIG_VIOS, vios)
COMPARE(CONFIG_VTD, vtd)

void config_sort(struct config *config, enum config_kind kind)
{
	static int (*const compare[])(const void *, const void *) = {
		[CONFIG_BACKING] = compare_backing,
		[CONFIG_CLIENT] = compare_client,
		[CONFIG_PHYSICAL] = compare_physical,
		[CONFIG_REPOSITORY] = compare_repository,
		[CONFIG_SEA] = compare_sea,
		[CONFIG_VETH] = compare_veth,
		[CONFIG_VHOST] = compare_vhost,
		[CONFIG_VIOS] = compare_vios,
		[CONFIG_VTD] = compare_vtd,
	};
	size_t n = config_count(config, kind);

	for (size_t i = 1; i < n; i++) {
		/* Canonical texts are sorted already. */
		if (config_compare(kind, config_item(config, kind, i - 1),
			    config_item(config, kind, i)) <= 0)
			continue;
		qsort(config_items(config, kind), n, config_kind_rows[kind].size, compare[kind]);
		return;
	}
}

/* The first object that is not below owner and key. */
static size_t lower_bound(
	const struct config *config, enum config_kind kind, const char *owner, const char *key)
{
	size_t low = 0, high = config_count(config, kind);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_key(&config_kind_rows[kind], config_item(config, kind, middle), owner,
			    key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

ptrdiff_t config_index(
	const struct config *config, enum config_kind kind, const char *owner, const char *key)
{
	size_t at = lower_bound(config, kind, owner, key);

	if (at == config_count(config, kind) ||
		compare_key(&config_kind_rows[kind], config_item(config, kind, at), owner, key) !=
			0)
		return -1;
	return (ptrdiff_t)at;
}

size_t config_owned(
	const struct config *config, enum config_kind kind, const char *owner, size_t *n)
{
	const struct config_kind_row *row = &config_kind_rows[kind];
	size_t first = lower_bound(config, kind, owner, ""), end = first;

	while (end < config_count(config, kind) &&
		strcmp(owner_of(row, config_item(config, kind, end)), owner) == 0)
		end++;
	*n = end - first;
	return first;
}

int config_insert(struct config *config, enum config_kind kind, const void *object)
{
	const struct config_kind_row *row = &config_kind_rows[kind];
	const char *key = (const char *)object + row->key;
	size_t n = config_count(config, kind);
	size_t at = lower_bound(config, kind, owner_of(row, object), key);
	char *items = realloc(config_items(config, kind), (n + 1) * row->size);

	if (items == NULL)
		return -ENOMEM;
	memmove(items + (at + 1) * row->size, items + at * row->size, (n - at) * row->size);
	memcpy(items + at * row->size, object, row->size);
	list_set(config, kind, items, n + 1);
	return 0;
}

void config_delete(struct config *config, enum config_kind kind, size_t index)
{
	const struct config_kind_row *row = &config_kind_rows[kind];
	size_t n = config_count(config, kind) - 1;
	char *at = config_item(config, kind, index);

	memmove(at, at + row->size, (n - index) * row->size);
	list_set(config, kind, config_items(config, kind), n);
}

static bool has_rates(const struct config_veth *veth)
{
	return veth->send_kbit_s || veth->send_burst_kib || veth->recv_kbit_s ||
	       veth->recv_burst_kib || veth->uplink_weight != CONFIG_WEIGHT;
}

/* More than what older versions read. */
static bool has_probes(const struct config_sea *sea)
{
	for (size_t i = 0; i < sea->n_sides; i++)
		if (strchr(sea->sides[i].netaddr, ',') ||
			sea->sides[i].netaddr_interval != CONFIG_NETADDR_MS ||
			sea->sides[i].netaddr_misses != CONFIG_NETADDR_MISSES)
			return true;
	return false;
}

static bool has_rules(const struct config *config)
{
	for (size_t i = 0; i < config->n_physical; i++)
		if (config->physical[i].type == CONFIG_PHYSICAL_AGGREGATION)
			return true;
	for (size_t i = 0; i < config->n_veth; i++)
		if (config->veth[i].own_mac_only || config->veth[i].allowed_ips.n > 0 ||
			config->veth[i].storm_per_s != CONFIG_VETH_STORM ||
			has_rates(&config->veth[i]))
			return true;
	for (size_t i = 0; i < config->n_sea; i++)
		if (config->sea[i].storm_per_s || config->sea[i].send_kbit_s ||
			config->sea[i].send_burst_kib || !config->sea[i].multicast_snooping ||
			config->sea[i].noauto_failback || config->sea[i].fb_delay ||
			config->sea[i].trunk || config->sea[i].large_receive ||
			has_probes(&config->sea[i]))
			return true;
	return false;
}

uint32_t config_format(const struct config *config)
{
	bool media = config->n_repository > 0;

	for (size_t i = 0; i < config->n_vhost; i++) {
		const struct config_vhost *vhost = &config->vhost[i];

		if (vhost->failback != CONFIG_FAILBACK_AUTO ||
			vhost->hold_time != CONFIG_HOLD_TIME ||
			vhost->path_error_ms != CONFIG_PATH_ERROR_MS || vhost->explicit_alua ||
			vhost->path_priority != CONFIG_PATH_PRIORITY)
			return CONFIG_FORMAT;
	}
	for (size_t i = 0; i < config->n_backing && !media; i++)
		media = config->backing[i].repository[0] != '\0';
	if (has_rules(config))
		return CONFIG_FORMAT;
	return media ? CONFIG_FORMAT_MEDIA : CONFIG_FORMAT_FIRST;
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (enum config_kind kind = 0; kind < CONFIG_LISTS; kind++)
		free(config_items(config, kind));
	free(config);
}

struct config *config_copy(const struct config *config)
{
	struct config *copy = calloc(1, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	copy->format = config->format;
	copy->next_id = config->next_id;
	memcpy(&copy->frame, &config->frame, sizeof(copy->frame));
	for (enum config_kind kind = 0; kind < CONFIG_LISTS; kind++) {
		size_t n = config_count(config, kind), size = config_kind_rows[kind].size;
		void *items = malloc(n > 0 ? n * size : 1);

		if (items == NULL) {
			config_free(copy);
			return NULL;
		}
		if (n > 0)
			memcpy(items, config_items(config, kind), n * size);
		list_set(copy, kind, items, n);
	}
	return copy;
}
