/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_ids.c - which adapters a change concerns: those that a VIOS with the old state must not
 * serve. Pure; any thread. What an adapter rests on counts: its client, its targets and backing
 * devices, and for Ethernet every SEA, because which of them bridges it is the data plane's affair.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/config_ops.h"

struct ids {
	const struct config *a, *b;
	bool no_memory, all_veth;
	size_t n, room;
	uint32_t *id;
};

static void note(struct ids *ids, uint32_t id)
{
	size_t room = ids->room > 0 ? 2 * ids->room : 64;
	uint32_t *more;

	if (ids->n == ids->room) {
		more = realloc(ids->id, room * sizeof(*more));
		if (more == NULL) {
			ids->no_memory = true;
			return;
		}
		ids->id = more;
		ids->room = room;
	}
	ids->id[ids->n++] = id;
}

static void note_vhost(struct ids *ids, const struct config *config, const char *name)
{
	ptrdiff_t at = config_index(config, CONFIG_VHOST, "", name);

	if (at >= 0)
		note(ids, config->vhost[at].adapter.id);
}

static void veth_changed(void *arg, enum config_kind kind, const void *before, const void *after)
{
	const struct config_veth *old = before, *now = after;

	(void)kind;
	if (old != NULL)
		note(arg, old->adapter.id);
	if (now != NULL)
		note(arg, now->adapter.id);
}

static void vhost_changed(void *arg, enum config_kind kind, const void *before, const void *after)
{
	const struct config_vhost *old = before, *now = after;

	(void)kind;
	if (old != NULL)
		note(arg, old->adapter.id);
	if (now != NULL)
		note(arg, now->adapter.id);
}

static void vtd_changed(void *arg, enum config_kind kind, const void *before, const void *after)
{
	const struct config_vtd *old = before, *now = after;
	struct ids *ids = arg;

	(void)kind;
	if (old != NULL)
		note_vhost(ids, ids->a, old->vhost);
	if (now != NULL)
		note_vhost(ids, ids->b, now->vhost);
}

static void note_mapped(struct ids *ids, const struct config *config, const char *backing)
{
	for (size_t i = 0; i < config->n_vtd; i++) {
		if (strcmp(config->vtd[i].backing, backing) == 0)
			note_vhost(ids, config, config->vtd[i].vhost);
	}
}

/* Who maps it now and did not, or the reverse, changes by itself; so does one that comes or goes.
 */
static void backing_changed(void *arg, enum config_kind kind, const void *before, const void *after)
{
	const struct config_backing *old = before;
	struct ids *ids = arg;

	(void)kind;
	if (before == NULL || after == NULL)
		return;
	note_mapped(ids, ids->a, old->name);
}

static void note_client(struct ids *ids, const struct config *config, const char *client)
{
	size_t n, first = config_owned(config, CONFIG_VETH, client, &n);

	for (size_t i = first; i < first + n; i++)
		note(ids, config->veth[i].adapter.id);
	for (size_t i = 0; i < config->n_vhost; i++) {
		if (strcmp(config->vhost[i].client, client) == 0)
			note(ids, config->vhost[i].adapter.id);
	}
}

static void client_changed(void *arg, enum config_kind kind, const void *before, const void *after)
{
	const struct config_client *old = before;
	struct ids *ids = arg;

	(void)kind;
	if (before == NULL || after == NULL)
		return;
	note_client(ids, ids->a, old->name);
}

static void bridge_changed(void *arg, enum config_kind kind, const void *before, const void *after)
{
	struct ids *ids = arg;

	/* A physical adapter that no SEA has concerns nobody; one that comes or goes changes a SEA.
	 */
	if (kind == CONFIG_SEA || (before != NULL && after != NULL))
		ids->all_veth = true;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void sort_unique(struct ids *ids)
{
	size_t kept = 0;

	if (ids->n > 0)
		qsort(ids->id, ids->n, sizeof(*ids->id), compare);
	for (size_t i = 0; i < ids->n; i++) {
		if (kept == 0 || ids->id[kept - 1] != ids->id[i])
			ids->id[kept++] = ids->id[i];
	}
	ids->n = kept;
}

int config_changed_ids(
	const struct config *a, const struct config *b, uint32_t **ids, size_t *n_ids)
{
	struct ids all = {.a = a, .b = b};

	config_walk(a, b, CONFIG_VETH, veth_changed, &all);
	config_walk(a, b, CONFIG_VHOST, vhost_changed, &all);
	config_walk(a, b, CONFIG_VTD, vtd_changed, &all);
	config_walk(a, b, CONFIG_BACKING, backing_changed, &all);
	config_walk(a, b, CONFIG_CLIENT, client_changed, &all);
	config_walk(a, b, CONFIG_SEA, bridge_changed, &all);
	config_walk(a, b, CONFIG_PHYSICAL, bridge_changed, &all);
	for (size_t i = 0; i < b->n_veth && all.all_veth; i++)
		note(&all, b->veth[i].adapter.id);
	if (all.no_memory) {
		free(all.id);
		return -ENOMEM;
	}
	sort_unique(&all);
	*ids = all.id;
	*n_ids = all.n;
	return 0;
}
